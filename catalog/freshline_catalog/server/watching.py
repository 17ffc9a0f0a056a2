"""Watching: new events and changed files are noticed, and a survey follows, made elsewhere.

1. Events are noticed by a look at the catalog, ten times a second; those who wait are told at once.
2. Files are looked at about once a second, more seldom where that takes long.
3. At most one survey is made at a time, and between two of them lies as long as one takes. What
   changes meanwhile is in the next one.
4. Column lineage is taken beside that, since it may take long: surveys do not wait for it.
5. Where no survey can be made, pages show the one before, and say why.
"""

import threading
import time
from contextlib import suppress

from freshline.catalog import Engine, Surveyed
from freshline.errors import DefinitionError, FreshlineError
from freshline_catalog.server.news import Hub, Trouble
from freshline_catalog.server.services import Services
from freshline_catalog.server.waiting import present

_LOOK = 0.1  # seconds between two looks at the catalog
_FILES = 1.0  # and between two at the files
_SHARE = 50  # of the time that a look at the files takes, at least so much lies between two
_AGAIN = 600.0  # seconds after which a survey is made anew whatever happened: time passes too
_AFTER_TROUBLE = 30.0


class Watcher:
    """Watches one project for one server: `start` it, and `stop` it before the catalog closes."""

    def __init__(self, services: Services, hub: Hub) -> None:
        self._services, self._hub = services, hub
        self._engine: Engine = services.engine
        self._over = threading.Event()
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
        self._threads[0].join()

    def _listen(self) -> None:
        while not self._over.is_set():
            with suppress(FreshlineError):  # a full disk, or a lock: look again
                now = present(self._services)
                if now != self._hub.moment:
                    self._hub.tell(now)
            self._over.wait(_LOOK)

    def _survey(self) -> None:
        """Have surveys made for as long as there is somebody to look at them."""
        made, sequence, stamp = "", -1, ""
        ended, took, looked = float("-inf"), 0.0, float("-inf")
        between = _FILES
        while not self._over.is_set():
            now = time.monotonic()
            if now - looked >= between:
                stamp = self._stamp()
                looked = time.monotonic()
                between = max(_FILES, _SHARE * (looked - now))
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
            self._over.wait(_LOOK)

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
