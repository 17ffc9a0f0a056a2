"""Bytes become lines: each once, in order, cut where they are too long, fewer where too many."""

from collections.abc import Callable
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshline import secrets
from freshline.calls import Line
from freshline.locations.lines import (
    MOST_BYTES,
    MOST_LINES_A_SECOND,
    Lines,
    Stream,
)

CHUNKS = st.lists(st.binary(max_size=40) | st.sampled_from([b"\n", b"a\r\n", b"\xc3", b"\xa9"]))


@given(CHUNKS)
def test_how_bytes_are_cut_into_pieces_does_not_matter(chunks: list[bytes]) -> None:
    one, many = Stream(), Stream()

    whole = one.feed(b"".join(chunks)) + one.end()
    pieces = [line for chunk in chunks for line in many.feed(chunk)] + many.end()

    assert whole == pieces


class Shown(NamedTuple):
    data: bytes
    lines: list[str]


SHOWN = {
    "lines": Shown(b"a\nb\n", ["a", "b"]),
    "a last line without an end": Shown(b"a\nb", ["a", "b"]),
    "empty lines": Shown(b"\n\n", ["", ""]),
    "line feeds of Windows": Shown(b"a\r\nb\r\n", ["a", "b"]),
    "a bar of progress as it ends": Shown(b" 1%\r50%\r100%\n", ["100%"]),
    "what is no UTF-8": Shown(b"caf\xc3\xa9 \xff\n", ["café \ufffd"]),
}


@pytest.mark.parametrize("shown", SHOWN.values(), ids=SHOWN)
def test_bytes_are_shown_as_a_screen_shows_them(shown: Shown) -> None:
    stream = Stream()

    assert stream.feed(shown.data) + stream.end() == shown.lines


def test_a_line_that_does_not_end_is_cut_once() -> None:
    stream = Stream()

    lines = [line for _ in range(10) for line in stream.feed(b"x" * MOST_BYTES)]
    after = stream.feed(b"tail\nnext\n")

    assert len(lines) == 1
    assert lines[0].startswith("x" * MOST_BYTES)
    assert lines[0].endswith("[the line goes on]")
    assert after == ["next"]


class Heard:
    """Lines with a clock that is turned by hand."""

    def __init__(self) -> None:
        self.told: list[Line] = []
        self.now = 1000.0
        self.lines = Lines(self.told.append, lambda: self.now)

    @property
    def texts(self) -> list[str]:
        return [line.text for line in self.told]


def as_output(heard: Heard, count: int) -> None:
    heard.lines.output("stdout", b"".join(b"line %d\n" % number for number in range(count)))


def as_one_by_one(heard: Heard, count: int) -> None:
    for number in range(count):
        heard.lines.output("stdout", b"line %d\n" % number)


def as_log(heard: Heard, count: int) -> None:
    for number in range(count):
        heard.lines.line(Line(heard.now, "info", f"line {number}"))


@pytest.mark.parametrize("write", [as_output, as_one_by_one, as_log])
def test_a_flood_is_counted_and_its_end_kept(write: Callable[[Heard, int], None]) -> None:
    heard = Heard()
    count = MOST_LINES_A_SECOND + 5_000

    write(heard, count)
    heard.lines.end()

    assert heard.texts[:2] == ["line 0", "line 1"]
    assert heard.texts[MOST_LINES_A_SECOND] == "4,980 lines dropped: too many at once"
    assert heard.texts[-20:] == [f"line {number}" for number in range(count - 20, count)]
    assert heard.lines.last[-1] == f"line {count - 1}"


def test_a_new_second_is_new_room() -> None:
    heard = Heard()
    as_output(heard, MOST_LINES_A_SECOND + 1)
    heard.now += 1
    heard.lines.output("stdout", b"later\n")

    assert heard.texts[-2:] == ["1 line dropped: too many at once", "later"]


def test_long_lines_are_a_flood_too() -> None:
    heard = Heard()
    for _ in range(1_000):
        heard.lines.output("stdout", b"y" * 60_000 + b"\n")

    assert sum(map(len, heard.texts)) < 10 << 20


def test_secrets_are_taken_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRESHLINE_SECRET_LINES", "opensesame41")
    secrets.resolved_text("${secret.lines}")
    heard = Heard()
    heard.lines.output("stderr", b"the door says openses")
    heard.lines.output("stderr", b"ame41\n")
    heard.lines.line(Line(1.0, "info", "again opensesame41"))

    assert heard.texts == ["the door says ***", "again ***"]
