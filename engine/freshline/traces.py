"""Stack traces as text that people read, and back: the author's own frames first.

    ZeroDivisionError: division by zero
      assets/marts/daily.py:12 in mean
        return total / count
      assets/marts/daily.py:30 in daily
        revenue = mean(orders)
    further down, in packages:
      /opt/venv/lib/python3.12/site-packages/pandas/core/frame.py:8 in apply
        return self.op()
    caused by KeyError: 'count'
      ...

Frames stand innermost first: where it broke is what is looked at first. Text that another hand
wrote is read as far as it looks like this, and kept as it is where it does not.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from freshline.calls import Frame, Raised

LONGEST = 16 * 1024
FURTHER = "further down, in packages:"
CAUSED = "caused by "
_MORE = "... shortened"
_FRAME = re.compile(
    r'^\s+(?:File ")?(?P<file>[^"|]+?)(?:", line |:)(?P<line>\d+)'
    r"(?:(?:,?\s+in\s+|,\s+|\s+)(?P<function>\S.*))?$"
)
_SOURCE = re.compile(r"^\s{4,}(?P<text>\S.*)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One exception of a trace: what it says, the author's frames, and those of packages.

    `other` are lines that are neither. Each frame has its file, line, function and source line.
    """

    error: str
    own: tuple[Frame, ...] = ()
    further: tuple[Frame, ...] = ()
    other: str = ""


def trace_text(raised: Raised) -> str:
    """Return the trace of an exception and of its causes, at most `LONGEST` bytes of it."""
    lines: list[str] = []
    told: Raised | None = raised
    while told is not None:
        said = f"{told.type}: {told.message}" if told.message.strip() else told.type
        first, *rest = said.split("\n")
        lines.append(f"{CAUSED if told is not raised else ''}{first}")
        lines += [f"  | {line}" for line in rest]
        frames = tuple(reversed(told.frames))
        lines += _written(frame for frame in frames if frame.is_user)
        further = [*_written(frame for frame in frames if not frame.is_user)]
        lines += [FURTHER, *further] if further else []
        told = told.cause
    return shortened("\n".join(lines))


def shortened(text: str) -> str:
    """Return a trace that is not longer than `LONGEST` bytes: its beginning, and that it is cut."""
    data = text.encode("utf-8", "replace")
    if len(data) <= LONGEST:
        return text
    kept = data[: LONGEST - len(_MORE) - 1].decode("utf-8", "ignore")
    return f"{kept.rpartition(chr(10))[0] or kept}\n{_MORE}"


def trace_of(text: str) -> tuple[Part, ...]:
    """Return the exceptions of a trace, the one that was raised last first; nothing of no text."""
    parts: list[_Open] = []
    for line in text.split("\n") if text.strip() else ():
        if not parts or line.lower().startswith(CAUSED):
            parts.append(_Open(line[len(CAUSED) :] if parts else line))
        else:
            parts[-1].take(line)
    return tuple(part.closed() for part in parts)


def first_frame(text: str) -> Frame | None:
    """Return the author's frame that a trace begins with, None where it has none."""
    return next((frame for part in trace_of(text) for frame in part.own), None)


@dataclass(slots=True)
class _Open:
    """An exception while its lines are read."""

    error: str
    frames: list[Frame] = field(default_factory=list[Frame])
    other: list[str] = field(default_factory=list[str])
    is_further: bool = False

    def take(self, line: str) -> None:
        """Take in the next line."""
        if line.strip().lower().rstrip(":").startswith(FURTHER.rstrip(":")):
            self.is_further = True
        elif found := _FRAME.match(line):
            self.frames.append(
                Frame(
                    found["file"],
                    int(found["line"]),
                    (found["function"] or "").strip(),
                    is_user=not self.is_further,
                )
            )
        elif self._lacks_source() and (source := _SOURCE.match(line)):
            self.frames[-1] = self.frames[-1]._replace(text=source["text"])
        elif not self.frames and line.startswith("  | "):
            self.error += f"\n{line[4:]}"
        elif line.strip():
            self.other.append(line)

    def closed(self) -> Part:
        """Return what the lines added up to."""
        return Part(
            error=self.error.strip(),
            own=tuple(frame for frame in self.frames if frame.is_user),
            further=tuple(frame for frame in self.frames if not frame.is_user),
            other="\n".join(self.other),
        )

    def _lacks_source(self) -> bool:
        return bool(self.frames) and not self.frames[-1].text and not self.other


def _written(frames: Iterable[Frame]) -> Iterator[str]:
    for frame in frames:
        yield f"  {frame.file}:{frame.line}" + (f" in {frame.function}" if frame.function else "")
        if frame.text.strip():
            yield f"    {frame.text.strip()}"
