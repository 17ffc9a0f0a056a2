"""Stack traces of code, read back from the text that is kept of them.

    ZeroDivisionError: division by zero
      assets/marts/daily.py:30 in daily
        revenue = mean(orders)
      assets/marts/daily.py:12 in mean
        return total / count
    further down, in packages:
      /opt/venv/lib/python3.12/site-packages/pandas/core/frame.py:8 in apply
        return self.op()
    caused by KeyError: 'count'
      ...

The author's own frames stand first, the innermost of them last, then those of packages; behind the
exception its causes, and where a process was lost the last lines that it wrote. What does not look
like this is kept as it is.
"""

import re
from dataclasses import dataclass, field

from freshline.calls import Frame

FURTHER = "further down, in packages:"
CAUSED = "caused by "
_HEADINGS = {FURTHER, "in packages:"}
_LAST = "the last lines it wrote:"
_FRAME = re.compile(
    r'^ +(?:File ")?(?P<file>[^"]+?)(?:", line |:)(?P<line>\d{1,9})'
    r"(?:,?\s+in\s+(?P<function>\S.*))?$"
)
_SOURCE = re.compile(r"^ {4,}(?P<text>\S.*)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One exception of a trace: what it says, the author's frames, and those of packages.

    `other` are lines that are neither. Each frame has its file, line, function and source line.
    """

    error: str
    own: tuple[Frame, ...] = ()
    further: tuple[Frame, ...] = ()
    other: str = ""


def trace_of(text: str) -> tuple[Part, ...]:
    """Return the exceptions of a trace, the one that was raised last first; nothing of no text."""
    parts: list[_Open] = []
    for line in text.split("\n") if text.strip() else ():
        if not parts or line.startswith(CAUSED):
            parts.append(_Open(line.removeprefix(CAUSED) if parts else line))
        else:
            parts[-1].take(line)
    return tuple(part.closed() for part in parts)


@dataclass(slots=True)
class _Open:
    """An exception while its lines are read."""

    error: str
    frames: list[Frame] = field(default_factory=list[Frame])
    other: list[str] = field(default_factory=list[str])
    heading: str = ""

    def take(self, line: str) -> None:
        """Take in the next line."""
        found = None if self.heading == _LAST else _FRAME.match(line)
        if line in _HEADINGS or line == _LAST:
            self.heading = line
            self.other += [line] if line == _LAST else []
        elif found is not None:
            function = (found["function"] or "").strip()
            is_own = not self.heading
            self.frames.append(Frame(found["file"], int(found["line"]), function, "", is_own))
        elif self._lacks_source() and (source := _SOURCE.match(line)):
            self.frames[-1] = self.frames[-1]._replace(text=source["text"])
        elif not self.frames and not self.heading:
            self.error += f"\n{line}"
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
        return bool(self.frames) and not self.frames[-1].text and self.heading != _LAST
