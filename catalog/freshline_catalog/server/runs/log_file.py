"""The log of a run, read by pages: found safely, cut into pages, never held whole.

A run's id is the name of its file, so an id that is not one is refused before it is a path; and
what is opened is a plain file inside of the folder of logs, whatever links lie there.
"""

import os
import re
import stat
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec

from freshline.traces import Part, trace_of
from freshline_catalog.server.problems import AbsentError

PAGE = 500
LONGEST_LINE = 8_000  # what is longer is cut when it is shown, and whole in the file
_RUN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SUFFIX = ".jsonl"
_END = 256 * 1024  # of a log, in which whoever is at work has said how far they are
_PROGRESS = b'"code_progress"'
_LONGEST_TRACE = 32_000


class Level(StrEnum):
    """How bad a line is; a filter shows its own and what is worse."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: its number in the file from 1, when, how bad, about what, and what it says.

    `source` is where code said it (log, stdout, stderr, progress), empty of our own lines; a line
    of progress has `done`, from 0 to 1. `trace` is how code failed.
    """

    number: int
    time: str = ""
    level: str = "info"
    event: str = ""
    asset: str = ""
    message: str = ""
    code: str = ""
    error: str = ""
    help: str = ""
    place: str = ""
    source: str = ""
    done: float | None = None
    trace: tuple[Part, ...] = ()


class Source(StrEnum):
    """Who said a line; a filter shows these alone."""

    ANY = ""
    OURS = "freshline"
    LOG = "log"
    STDOUT = "stdout"
    STDERR = "stderr"
    PROGRESS = "progress"


class LogPage(NamedTuple):
    """A stretch of a log: its lines, and from which line the pages before and after it begin."""

    lines: tuple[Line, ...] = ()
    before: int | None = None
    after: int | None = None
    total: int = 0
    matching: int = 0


class _Written(msgspec.Struct):
    """A line as it is written; whatever else it says is for programs."""

    time: str = ""
    level: str = "info"
    event: str = ""
    asset: str = ""
    message: str = ""
    code: str = ""
    error: str = ""
    help: str = ""
    place: str = ""
    source: str = ""
    done: float | None = None
    trace: str = ""


_DECODER = msgspec.json.Decoder(_Written)


def is_run(text: str) -> bool:
    """Say whether a text is the id of a run."""
    return _RUN.fullmatch(text) is not None


def log_path(folder: Path, run: str) -> Path | None:
    """Return where the log of a run lies, None where there is none that may be read."""
    if not is_run(run):
        return None
    path = folder / f"{run}{_SUFFIX}"
    try:
        found = path.lstat()
        inside = path.resolve(strict=True).is_relative_to(folder.resolve(strict=True))
    except OSError:
        return None
    return path if stat.S_ISREG(found.st_mode) and inside else None


def opened(folder: Path, run: str) -> BinaryIO | None:
    """Open the log of a run to read it, None where there is none."""
    path = log_path(folder, run)
    if path is None:
        return None
    try:
        # A link put in its place since it was looked at is not followed.
        return os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)), "rb")
    except OSError:
        return None


def page_of(
    folder: Path,
    run: str,
    *,
    level: Level = Level.DEBUG,
    text: str = "",
    source: Source = Source.ANY,
    start: int = 1,
) -> LogPage:
    """Return the lines of a log from line `start` on that are at least this bad and hold a text.

    Of a `source` only what came from there is shown.

    AbsentError where the run has no log. A line that a killed process left half written is shown
    as it is.
    """
    file = opened(folder, run)
    if file is None:
        raise AbsentError(
            "there is no log of this run", help="the logs of the last 200 runs are kept"
        )
    first, lines, matching, total = max(start, 1), list[Line](), 0, 0
    earlier: deque[int] = deque(maxlen=PAGE)
    after: int | None = None
    is_all = level is Level.DEBUG and not text and source is Source.ANY
    with file:
        for total, raw in enumerate(file, 1):
            if not is_all:
                if not _may_match(raw, level):
                    continue
                if not _matches(read_line(total, raw), level, text, source):
                    continue
            matching += 1
            if total < first:
                earlier.append(total)
            elif len(lines) < PAGE:
                lines.append(read_line(total, raw))
            elif after is None:
                after = total
    before = earlier[0] if earlier else None
    return LogPage(tuple(lines), before, after, total, matching)


def problems_in(folder: Path, run: str, most: int = 200) -> tuple[Line, ...]:
    """Return our errors in a run's log, the first so many; none where it has no log."""
    file = opened(folder, run)
    if file is None:
        return ()
    found: list[Line] = []
    with file:
        for number, raw in enumerate(file, 1):
            line = read_line(number, raw) if b'"error"' in raw else None
            if line is not None and line.level == Level.ERROR and not line.source:
                found.append(line)
                if len(found) == most:
                    break
    return tuple(found)


def tail_of(folder: Path, run: str, count: int) -> tuple[Line, ...]:
    """Return the last lines of a run's log; none where it has no log."""
    file = opened(folder, run)
    if file is None:
        return ()
    with file:
        last = deque(enumerate(file, 1), maxlen=count)
    return tuple(read_line(number, raw) for number, raw in last)


def progress_in(folder: Path, run: str) -> Mapping[str, Line]:
    """Return by asset how far its code last said that it is; only the end of the log is read."""
    file = opened(folder, run)
    if file is None:
        return {}
    with file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - _END, 0))
        lines = file.readlines()[1 if size > _END else 0 :]
    found: dict[str, Line] = {}
    for raw in lines:
        if _PROGRESS in raw and (line := read_line(0, raw)).done is not None:
            found[line.asset] = line
    return found


def text_of(file: BinaryIO) -> Iterator[bytes]:
    """Yield a log as people read it, a line for each of its lines."""
    for number, raw in enumerate(file, 1):
        line = read_line(number, raw)
        words = [line.time, f"{line.level:<7}", line.asset or line.event]
        words += [f"{line.source:<8}"] if line.source else []
        words.append(line.message)
        rest = (f" [{line.place}]" if line.place else "") + (f" ({line.help})" if line.help else "")
        yield ("  ".join(words) + rest).replace("\r", " ").replace("\n", " ").encode() + b"\n"


def read_line(number: int, raw: bytes) -> Line:
    """Return a line as written; of one that is damaged its text as message."""
    try:
        found = _DECODER.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        text = raw.decode(errors="replace").rstrip("\n")
        return Line(number=number, message=text[:LONGEST_LINE])
    return Line(
        number=number,
        time=found.time,
        level=found.level,
        event=found.event,
        asset=found.asset,
        message=found.message[:LONGEST_LINE],
        code=found.code,
        error=found.error[:LONGEST_LINE],
        help=found.help,
        place=found.place,
        source=found.source,
        done=min(max(found.done, 0.0), 1.0) if found.done is not None else None,
        trace=trace_of(found.trace[:_LONGEST_TRACE]) if found.trace else (),
    )


def _may_match(raw: bytes, level: Level) -> bool:
    """Say cheaply whether a line can be as bad as that, so that others need not be read."""
    return level in (Level.DEBUG, Level.INFO) or b'"error"' in raw or b'"warning"' in raw


def _matches(line: Line, level: Level, text: str, source: Source) -> bool:
    levels = [*Level]
    known = Level(line.level) if line.level in levels else Level.INFO
    if levels.index(known) < levels.index(level):
        return False
    if source is not Source.ANY and (line.source or Source.OURS) != source:
        return False
    wanted = text.casefold()
    return not wanted or any(
        wanted in said.casefold()
        for said in (line.message, line.asset, line.code, line.place, line.event)
    )
