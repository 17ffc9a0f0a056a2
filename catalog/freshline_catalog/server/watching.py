"""Watching: new events and changed files are noticed, and a survey follows, made elsewhere.

1. A bell rings when somebody writes to the catalog; those who wait for news are told at once.
2. Files are looked at when something in their folders moved, and seldom otherwise; about once a
   second, and more seldom where that takes long, where the system tells of no moves.
3. At most one survey is made at a time, and between two of them lies as long as one takes. What
   changes meanwhile is in the next one.
4. Column lineage is taken beside that, since it may take long: surveys do not wait for it.
5. Where no survey can be made, pages show the one before, and say why.
"""

import threading
import time
from contextlib import suppress

from freshline.bell import LONGEST, Bell, Watch
from freshline.catalog import Engine, Surveyed
from freshline.errors import DefinitionError, FreshlineError
from freshline_catalog.server.news import Hub, Trouble
from freshline_catalog.server.services import Services
from freshline_catalog.server.waiting import present

_SPACE = 0.05  # seconds between two looks at the catalog at least
_FILES, _SHARE = 1.0, 50.0  # between two at the files; and so many times what such a look takes
_SELDOM, _SHARE_TOLD = 20.0, 1000.0  # the same where the system tells of what moves
_SOON, _SHARE_SOON = 0.1, 20.0  # and where it told of something
_AGAIN = 600.0  # seconds after which a survey is made anew whatever happened: time passes too
_AFTER_TROUBLE = 30.0


class Watcher:
    """Watches one project for one server: `start` it, and `stop` it before the catalog closes."""

    def __init__(self, services: Services, hub: Hub) -> None:
        self._services, self._hub = services, hub
        self._engine: Engine = services.engine
        self._over = threading.Event()
        self._bell = Bell(_SPACE)
        self._catalog, self._files = Watch(), Watch()
        self._is_news = threading.Event()
        self._have_stirred = True  # nothing is watched yet
        self._looked, self._took = float("-inf"), 0.0
        self._threads = [
            threading.Thread(target=work, name=f"freshline {name}", daemon=True)
            for name, work in (("listening", self._listen), ("surveying", self._survey))
        ]
        self._tracing: threading.Thread | None = None

    def start(self) -> None:
        """Begin to watch."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Watch no longer. A survey that is being made is not waited for."""
        self._over.set()
        self._bell.ring()
        self._is_news.set()
        self._threads[0].join()
        self._bell.close()

    def _listen(self) -> None:
        self._catalog.over((self._services.log.path.parent,))
        for watch in (self._catalog, self._files):
            self._bell.hears(watch)
        while not self._over.is_set():
            with suppress(FreshlineError):  # a full disk, or a lock: look again
                now = present(self._services)
                if now != self._hub.moment:
                    self._hub.tell(now)
                    self._is_news.set()
            if self._files.moved():
                self._have_stirred = True
                self._is_news.set()
            self._bell.wait(LONGEST)
        self._catalog.close()
        self._files.close()

    def _survey(self) -> None:
        """Have surveys made for as long as there is somebody to look at them."""
        made, sequence, stamp = "", -1, ""
        ended, took = float("-inf"), 0.0
        while not self._over.is_set():
            self._is_news.clear()
            now = time.monotonic()
            if now >= self._due():
                stamp = self._looked_at()
            present_at = self._hub.moment.sequence
            is_news = stamp != made or present_at != sequence
            patience = _AFTER_TROUBLE if self._hub.trouble is not None else _AGAIN
            if (is_news and now - ended >= took) or now - ended >= patience:
                done = self._surveyed()
                made, sequence = done.stamp if done is not None else stamp, present_at
                ended = time.monotonic()
                took = ended - now
                if done is not None and done.is_untraced:
                    self._trace()
            is_news = stamp != made or self._hub.moment.sequence != sequence
            again = ended + (took if is_news else patience)
            self._is_news.wait(max(0.0, min(self._due(), again) - time.monotonic()))

    def _due(self) -> float:
        """Return when the files are to be looked at again, if nothing stirs before."""
        if self._have_stirred:
            return self._looked + max(_SOON, _SHARE_SOON * self._took)
        if self._files.is_told:
            return self._looked + max(_SELDOM, _SHARE_TOLD * self._took)
        return self._looked + max(_FILES, _SHARE * self._took)

    def _looked_at(self) -> str:
        """Watch the folders that there are now, and return what the files in them look like."""
        began = time.monotonic()
        if self._have_stirred:
            self._have_stirred = False
            with suppress(FreshlineError, OSError):
                self._have_stirred |= self._files.over(self._engine.folders())
        stamp = self._stamp()
        self._looked = time.monotonic()
        self._took = self._looked - began
        return stamp

    def _stamp(self) -> str:
        try:
            return self._engine.stamp()
        except FreshlineError as error:
            return error.message  # a survey will meet it too, and say so

    def _surveyed(self) -> Surveyed | None:
        """Have a survey made; None where that cannot be, and pages say why."""
        try:
            done = self._engine.survey()
        except FreshlineError as error:
            message, help = error.message, error.help
            if isinstance(error, DefinitionError) and error.diagnostics:
                first = error.diagnostics[0]
                message, help = f"{first.code} {first.message}", first.fix
            now = self._services.clock.now()
            since = self._hub.trouble.since if self._hub.trouble is not None else now
            self._hub.trouble = Trouble(message, help, since)
            return None
        self._hub.trouble = None
        return done

    def _trace(self) -> None:
        """Have column lineage taken, unless that is being done."""
        if self._tracing is not None and self._tracing.is_alive():
            return

        def work() -> None:
            # What cannot be traced now is asked for again by the next survey.
            with suppress(FreshlineError):
                self._engine.trace()

        self._tracing = threading.Thread(target=work, name="freshline tracing", daemon=True)
        self._tracing.start()
