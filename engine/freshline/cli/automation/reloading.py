"""Reloading: files are noticed cheaply, and a project that changed is read again, elsewhere.

1. A look at the files takes its time. Where the system tells of what moves in their folders, it is
   looked soon after that, and seldom otherwise; elsewhere so much lies between two looks that all
   together stay below half a percent of a processor.
2. A child process compiles into the cache; then the graph is read from there, and takes the place
   of the one before at once. What needs the compiler never comes into this process.
3. Files that cannot be made a graph of leave the one before in force. Where only some definitions
   are broken these are set aside, as everywhere, but no schedule or sensor is lost by that.
4. A file that was touched while it was read is read once more when it has settled.
"""

import gc
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Protocol, TypeVar

from freshline.bell import Bell, Watch
from freshline.cli.automation.watched import folders
from freshline.cli.bringing import bring
from freshline.cli.catalogs.following import Following
from freshline.cli.compose import STATE, compiled
from freshline.cli.stamps import stamp
from freshline.declare.brought import WORD
from freshline.declare.catalogs import BROUGHT
from freshline.declare.files import ProjectFile, list_files
from freshline.errors import Diagnostic, FreshlineError, ResourceError
from freshline.lineage.cache import Whole, has_lost, is_settled, kept, looks_unchanged
from freshline.lineage.graph import Graph
from freshline.operate.world import Defined
from freshline.refresh import FilesArrived

_OFTEN = 0.25  # seconds between two looks at least
_SHARE = 200.0  # and so many times what a look takes
_SELDOM, _SHARE_TOLD = 10.0, 1000.0  # the same where the system tells of what moves
_SOON, _SHARE_SOON = 0.02, 20.0  # and where it told of something
_OFTEN_ELSEWHERE, _SHARE_ELSEWHERE = 0.5, 100.0  # the same for other catalogs
_SETTLED = 2.2
_LOST, _LOST_LONGEST = 1.0, 30.0  # seconds between two searches for files that are missing
_AGAIN = 5.0  # seconds after which a reading that failed without a reason is tried again


@dataclass(slots=True)
class _Reading:
    """A child that compiles, and what it says."""

    process: "subprocess.Popen[bytes]"
    said: IO[bytes]


class Reloading:
    """The definitions of the project below `root`; `environment` None means its first.

    The `bell` rings when a file moves, and when a reading has ended. What other catalogs serve is
    brought by who is `following` them.
    """

    def __init__(
        self, root: Path, environment: str | None, bell: Bell, following: Following | None = None
    ) -> None:
        self._root, self._environment = root, environment
        self._following = following
        self._bell, self._watch = bell, Watch()
        bell.hears(self._watch)
        self._has_stirred, self._has_moved = True, False  # nothing is watched yet
        self._defined: Defined | None = None
        self._whole: Whole | None = None
        self._reading: _Reading | None = None
        self._looked, self._took, self._confirm = 0.0, 0.0, float("inf")
        self._wanted = True
        self._files, self._watched = "", ""
        self._bring_next = float("inf")
        self._words: str = ""
        self._patience, self._lost_next = _LOST, 0.0

    @property
    def now(self) -> Defined | None:
        """The definitions in force; None as long as nothing could be read."""
        return self._defined

    def patience(self) -> float:
        """Return the seconds until the next look may notice something that nobody tells of."""
        if self._reading is not None:
            return float("inf")
        if self._wanted:
            return 0.0
        return max(0.0, self._due() - time.monotonic())

    def again(self) -> None:
        """Read the project again though no file changed."""
        self._wanted = True

    def look(self) -> bool:
        """Notice what changed, as cheaply as is due; say whether something else is in force."""
        if self._reading is not None:
            return self._read()
        now = time.monotonic()
        if self._watch.moved():
            self._has_stirred = self._has_moved = True
        if now < self._due() and not self._wanted:
            return False
        began = time.thread_time()
        # What moved in a folder before it was watched is seen by the look after that.
        has_stirred, self._has_stirred = self._has_stirred, False
        if has_stirred:
            self._has_stirred = self._watches_more()
            self._bring_next = min(self._bring_next, now)
        moved = self._look(now)
        self._looked, self._took = time.monotonic(), time.thread_time() - began
        return moved

    def close(self) -> None:
        """End the reading that is under way, and follow nobody."""
        if self._following is not None:
            self._following.close()
        if self._reading is not None:
            self._reading.process.kill()
            self._reading.process.wait()
            self._reading.said.close()
            self._reading = None
        self._watch.close()

    def _due(self) -> float:
        """Return when the files are to be looked at again, if nothing stirs before."""
        if self._has_stirred:
            pause = max(_SOON, _SHARE_SOON * self._took)
        elif self._watch.is_told:
            pause = max(_SELDOM, _SHARE_TOLD * self._took)
        else:
            pause = max(_OFTEN, _SHARE * self._took)
        return min(self._looked + pause, self._confirm, self._bring_next)

    def _watches_more(self) -> bool:
        """Watch the folders that there are now; say whether any of them was not watched before."""
        if self._defined is None:
            return self._watch.over(folders(self._root, (), has_code=False))
        graph = self._defined.graph
        catalogs = (
            f"{BROUGHT}/{each.name}/*/{WORD}" if each.is_remote else f"{each.path}/{STATE}/*"
            for each in graph.project.catalogs
        )
        sources = (s.definition.path for s in graph.sources.values() if s.definition.origin is None)
        made = any(asset.code is not None for asset in graph.assets.values())
        patterns = (*sources, *globs(graph), *catalogs)
        return self._watch.over(folders(self._root, patterns, has_code=made))

    def _look(self, now: float) -> bool:
        """Begin to read where something changed; say whether what sensors wait for has."""
        try:
            files = list_files(self._root)
        except FreshlineError as error:
            return self._failed(error)
        self._bring(now)
        whole = self._whole
        if whole is None:
            # Until a first graph is there, any other look of the files is worth another reading.
            look = stamp(self._root, files, ())
            self._wanted |= look != self._files
            self._files = look
        else:
            waits = self._is_patient(whole, files, now)
            self._wanted |= not (waits or looks_unchanged(self._root, whole, files))
        if self._wanted or now >= self._confirm:
            self._wanted, self._confirm = False, float("inf")
            self._begin()
        return self._arrived()

    def _is_patient(self, whole: Whole, files: tuple[ProjectFile, ...], now: float) -> bool:
        """Say whether what is missing may wait: nothing else moved, and it was looked for lately.

        Nobody can tell by a look at files that a lost one is back, so it is read again, ever more
        seldom; what other catalogs say now is told by their words.
        """
        words = stamp(self._root, (), (f"{BROUGHT}/*/*/{WORD}",))
        moved = self._has_moved or whole.files != files or words != self._words
        self._words, self._has_moved = words, False
        if moved or not has_lost(whole):
            self._patience, self._lost_next = _LOST, now + _LOST
            return False
        if now < self._lost_next:
            return True
        self._patience = min(_LOST_LONGEST, self._patience * 2)
        self._lost_next = now + self._patience
        return False

    def _bring(self, now: float) -> None:
        """Have brought what is current in other catalogs: then its files are other ones here."""
        if self._defined is None or now < self._bring_next:
            return
        self._bring_next = float("inf")
        graph = self._defined.graph
        if self._following is not None:
            self._following.follow(graph)
        served = {each.name for each in graph.project.catalogs if each.is_remote}
        definitions = (source.definition for source in graph.sources.values())
        # What is served elsewhere is brought by who follows it: nobody here waits for an answer.
        elsewhere = [s for s in definitions if s.origin and s.origin.catalog not in served]
        if not elsewhere:
            return
        began = time.thread_time()
        bring(self._root, graph.project, elsewhere)
        took = time.thread_time() - began
        often = _SELDOM if self._watch.is_told else _OFTEN_ELSEWHERE
        self._bring_next = time.monotonic() + max(often, _SHARE_ELSEWHERE * took)

    def _begin(self) -> None:
        said = tempfile.TemporaryFile()
        more = [self._environment] if self._environment is not None else []
        command = [
            sys.executable,
            "-m",
            "freshline.cli.automation.compiling",
            str(self._root),
            *more,
        ]
        null = subprocess.DEVNULL
        process = subprocess.Popen(command, stdin=null, stdout=null, stderr=said)
        self._reading = _Reading(process, said)
        self._bell.at_the_end_of(process.pid)

    def _read(self) -> bool:
        reading = self._reading
        if reading is None or (code := reading.process.poll()) is None:
            return False
        self._reading = None
        with reading.said as said:
            said.seek(0)
            words = said.read().decode(errors="replace").strip()
        if code != 0:
            why = (
                words if code == 1 else f"what reads it ended with exit code {code}: {words[-500:]}"
            )
            return self._failed(ResourceError(why))
        return self._taken()

    def _taken(self) -> bool:
        """Put the graph in force that was read; say whether that changes anything."""
        whole = kept(self._root, self._environment, self._root / STATE / "cache")
        if whole is None:  # there is no cache: a folder that cannot be written
            graph = compiled(self._root, self._environment)
        else:
            graph = whole.graph
            if not is_settled(whole):
                self._confirm = time.monotonic() + _SETTLED
        was, self._whole = self._whole, whole
        self._has_stirred, self._bring_next = True, 0.0
        before = self._defined
        if not graph.project.name:
            if before is None:
                return False
            self._defined = replace(before, problems=graph.diagnostics, is_old=True)
        else:
            self._defined = Defined(graph=_with_all(graph, before), problems=graph.diagnostics)
        if self._defined == before:
            self._defined = before
            return was is None or whole is None or whole.data != was.data
        gc.collect()
        gc.freeze()
        return True

    def _failed(self, error: FreshlineError) -> bool:
        """Keep what is in force, and say why; try again a little later."""
        self._confirm = time.monotonic() + _AGAIN
        before = self._defined
        if before is None:
            return False
        found = Diagnostic(code=error.code, message=error.message, fix=error.help)
        self._defined = replace(before, problems=(found,), is_old=True)
        return self._defined != before

    def _arrived(self) -> bool:
        """Say whether files that sensors wait for look otherwise than before."""
        if self._defined is None or not self._defined.graph.sensors:
            return False
        now = stamp(self._root, (), sorted({*globs(self._defined.graph)}))
        moved, self._watched = now != self._watched, now
        return moved


def globs(graph: Graph) -> Iterator[str]:
    """Yield the patterns of files that sensors wait for."""
    for sensor in graph.sensors:
        for condition in sensor.conditions:
            if isinstance(condition, FilesArrived):
                yield condition.path


class _Named(Protocol):
    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=_Named)


def _with_all(graph: Graph, before: Defined | None) -> Graph:
    """Return the graph; where it has errors, with the schedules and sensors that it lost."""
    if not graph.failed or before is None:
        return graph
    return replace(
        graph,
        schedules=_joined(graph.schedules, before.graph.schedules),
        sensors=_joined(graph.sensors, before.graph.sensors),
    )


def _joined(now: tuple[T, ...], before: tuple[T, ...]) -> tuple[T, ...]:
    names = {each.name for each in now}
    return (*now, *(each for each in before if each.name not in names))
