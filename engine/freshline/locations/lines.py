"""Bytes that user code writes become lines: cut, counted, freed of secrets, and told.

All text that comes from user code passes here or through `clean`, so this is where secrets are
taken out. A flood is cut down to what people can read: lines beyond the rate are counted, not
told, but the last ones before the end always are.
"""

from collections import deque
from collections.abc import Callable
from typing import cast

from freshline.calls import Line
from freshline.counted import counted
from freshline.secrets import known, redacted

MOST_BYTES = 64 << 10  # of one line
MOST_LINES_A_SECOND = 10_000
MOST_BYTES_A_SECOND = 8 << 20
_LAST = 20
_KEPT = 400  # lines that the search for a crash's place goes through
_KEPT_CHARACTERS = 1_000
_CUT = " [the line goes on]"


class Stream:
    """Bytes in, lines out: what comes after the last line feed waits for the rest of its line."""

    def __init__(self) -> None:
        self._rest = b""
        self._is_cut = False

    def feed(self, data: bytes) -> list[str]:
        """Return the lines that are whole with these bytes, each cut at the most that it may be."""
        *whole, rest = (self._rest + data).split(b"\n")
        if whole and self._is_cut:
            del whole[0]
            self._is_cut = False
        lines = [_text(line) for line in whole]
        self._rest = rest
        if len(rest) > MOST_BYTES:
            # What a carriage return overwrites is gone, as on a screen.
            self._rest = rest[rest.rfind(b"\r", -MOST_BYTES) :] if b"\r" in rest else rest
        if self._is_cut:
            self._rest = b""
        elif len(self._rest) > MOST_BYTES:
            lines.append(_text(self._rest))
            self._rest, self._is_cut = b"", True
        return lines

    def end(self) -> list[str]:
        """Return the last line, where it had no line feed."""
        rest, self._rest, self._is_cut = self._rest, b"", False
        return [_text(rest)] if rest else []

    def skip(self, data: bytes) -> tuple[int, list[str]]:
        """Return how many lines these bytes end, and the last of them: quick, for a flood."""
        count = data.count(b"\n")
        lines = self.feed(data[max(0, len(data) - MOST_BYTES // 4) :])
        return max(count, len(lines)), lines[-_LAST:]


class Lines:
    """What one call says, from all its sources, on its way to `tell`.

    `now` is unix seconds.
    """

    def __init__(self, tell: Callable[[Line], None], now: Callable[[], float]) -> None:
        self._tell = tell
        self._now = now
        self._streams: dict[str, Stream] = {}
        self._last: deque[str] = deque(maxlen=_KEPT)
        self._second = 0
        self._lines_left = self._bytes_left = 0
        self._dropped = 0
        self._unseen: deque[Line] = deque(maxlen=_LAST)

    @property
    def last(self) -> tuple[str, ...]:
        """The last lines, told or not, each cut at a bearable length."""
        return tuple(self._last)

    def output(self, source: str, data: bytes) -> None:
        """Take in bytes of standard output or standard error."""
        now = self._turned()
        stream = self._streams.setdefault(source, Stream())
        if self._has_room():
            for text in stream.feed(data):
                self._pass(Line(now, "info", clean(text), source))
            return
        count, texts = stream.skip(data)
        for text in texts:
            self._drop(Line(now, "info", clean(text), source))
        self._dropped += count - len(texts)

    def line(self, line: Line) -> None:
        """Take in a line that user code logged."""
        self._turned()
        text = line.text if len(line.text) <= MOST_BYTES else line.text[:MOST_BYTES] + _CUT
        self._pass(line._replace(text=clean(text)))

    def end(self) -> None:
        """Tell what is still to be told: the last lines, and how many were dropped."""
        now = self._now()
        for source, stream in self._streams.items():
            for text in stream.end():
                self._pass(Line(now, "info", clean(text), source))
        unseen = list(self._unseen)
        self._dropped -= len(unseen)
        self._tell_dropped(now)
        for line in unseen:
            self._tell(line)

    def _pass(self, line: Line) -> None:
        """Tell a line, or drop it where there were too many."""
        if not self._has_room():
            self._drop(line)
            return
        self._lines_left -= 1
        self._bytes_left -= len(line.text)
        self._last.append(line.text[:_KEPT_CHARACTERS])
        self._tell(line)

    def _drop(self, line: Line) -> None:
        self._dropped += 1
        self._last.append(line.text[:_KEPT_CHARACTERS])
        self._unseen.append(line)

    def _has_room(self) -> bool:
        return self._lines_left > 0 and self._bytes_left > 0

    def _turned(self) -> float:
        """Return the time; with a new second comes new room."""
        now = self._now()
        if int(now) != self._second:
            self._second = int(now)
            self._lines_left, self._bytes_left = MOST_LINES_A_SECOND, MOST_BYTES_A_SECOND
            self._tell_dropped(now)
        return now

    def _tell_dropped(self, now: float) -> None:
        if self._dropped > 0:
            lines = counted(self._dropped, "line")
            self._tell(Line(now, "warning", f"{lines} dropped: too many at once"))
        self._dropped = 0
        self._unseen.clear()


def clean(text: str) -> str:
    """Return a text of user code without the secrets that this process has put in somewhere."""
    return redacted(text) if known() else text


def cleaned(value: object) -> object:
    """Return plain data with every text in it, keys too, freed of secrets."""
    match value:
        case str():
            return clean(value)
        case list() | tuple():
            return [cleaned(item) for item in cast("list[object]", value)]
        case dict():
            mapping = cast("dict[str, object]", value)
            return {clean(key): cleaned(item) for key, item in mapping.items()}
        case _:
            return value


def _text(line: bytes) -> str:
    """Return a line as a screen shows it, whatever its bytes are."""
    line = line.removesuffix(b"\r")
    line = line[line.rfind(b"\r") + 1 :]
    if len(line) > MOST_BYTES:
        return line[:MOST_BYTES].decode(errors="replace") + _CUT
    return line.decode(errors="replace")
