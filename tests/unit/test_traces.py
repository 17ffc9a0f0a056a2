"""Stack traces are read back from their text: the author's frames, those of packages, causes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshline.calls import Frame
from freshline.traces import Part, trace_of

CALLER = Frame("assets/marts/daily.py", 30, "daily", "revenue = mean(orders)", is_user=True)
INNER = Frame("assets/marts/daily.py", 12, "mean", "return total / count", is_user=True)
PACKAGE = Frame("/venv/site-packages/pandas/core/frame.py", 8, "apply", "return self.op()")
TEXT = """\
ZeroDivisionError: division by zero
in the second line
  assets/marts/daily.py:30 in daily
    revenue = mean(orders)
  assets/marts/daily.py:12 in mean
    return total / count
further down, in packages:
  /venv/site-packages/pandas/core/frame.py:8 in apply
    return self.op()
caused by KeyError: 'count'
in packages:
  /venv/site-packages/pandas/core/frame.py:8 in apply
    return self.op()"""


def test_a_trace_is_read() -> None:
    assert trace_of(TEXT) == (
        Part(
            error="ZeroDivisionError: division by zero\nin the second line",
            own=(CALLER, INNER),
            further=(PACKAGE,),
        ),
        Part(error="KeyError: 'count'", further=(PACKAGE,)),
    )


def own(file: str, line: int, function: str = "", text: str = "") -> Frame:
    return Frame(file, line, function, text, is_user=True)


PARTS = {
    "a frame without a function": ("E\n  lib/a.py:3", Part(error="E", own=(own("lib/a.py", 3),))),
    "frames as Python itself writes them": (
        'E\n  File "lib/a.py", line 3, in f\n    x = 1',
        Part(error="E", own=(own("lib/a.py", 3, "f", "x = 1"),)),
    ),
    "a path with blanks and a drive": (
        "E\n  C:\\my dir\\a.py:3 in f",
        Part(error="E", own=(own("C:\\my dir\\a.py", 3, "f"),)),
    ),
    "a function within a function": (
        "E\n  a.py:3 in f.<locals>.<lambda>",
        Part(error="E", own=(own("a.py", 3, "f.<locals>.<lambda>"),)),
    ),
    "a source line that looks like a frame": (
        "E\n  a.py:3 in f\n    print('at b.py:7')",
        Part(error="E", own=(own("a.py", 3, "f", "print('at b.py:7')"),)),
    ),
    "frames that were left out": (
        "E\n  a.py:3 in f\n  ... 900 more ...\n  a.py:4 in g\n    h()",
        Part(
            error="E",
            own=(own("a.py", 3, "f"), own("a.py", 4, "g", "h()")),
            other="  ... 900 more ...",
        ),
    ),
    "a process that was lost, with what it wrote": (
        "its process crashed (SIGSEGV)\nthe last lines it wrote:\n  a.py:3 in f\n    hello",
        Part(
            error="its process crashed (SIGSEGV)",
            other="the last lines it wrote:\n  a.py:3 in f\n    hello",
        ),
    ),
}


@pytest.mark.parametrize(("text", "expected"), PARTS.values(), ids=PARTS)
def test_a_trace_holds(text: str, expected: Part) -> None:
    assert trace_of(text) == (expected,)


def test_no_text_is_no_trace() -> None:
    assert trace_of("") == trace_of(" \n ") == ()


@given(st.text())
def test_any_text_is_read_and_nothing_made_up(text: str) -> None:
    for part in trace_of(text):
        frames = (*part.own, *part.further)
        assert all(frame.file in text and frame.text in text for frame in frames)
        assert len(part.error) + len(part.other) <= len(text)
