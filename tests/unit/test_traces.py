"""Stack traces: the author's frames first, short enough to keep, and read back as they were."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshline.calls import Frame, Raised
from freshline.traces import LONGEST, Part, first_frame, trace_of, trace_text

OWN = Frame("assets/marts/daily.py", 12, "mean", "    return total / count", is_user=True)
CALLER = Frame("assets/marts/daily.py", 30, "daily", "revenue = mean(orders)", is_user=True)
PACKAGE = Frame("/venv/site-packages/pandas/core/frame.py", 8, "apply", "return self.op()")
ZERO = Raised(
    type="ZeroDivisionError",
    message="division by zero\nin the second line",
    frames=(CALLER, PACKAGE, OWN),
    cause=Raised(type="KeyError", message="'count'", frames=(PACKAGE,)),
)
TEXT = """\
ZeroDivisionError: division by zero
  | in the second line
  assets/marts/daily.py:12 in mean
    return total / count
  assets/marts/daily.py:30 in daily
    revenue = mean(orders)
further down, in packages:
  /venv/site-packages/pandas/core/frame.py:8 in apply
    return self.op()
caused by KeyError: 'count'
further down, in packages:
  /venv/site-packages/pandas/core/frame.py:8 in apply
    return self.op()"""


def test_the_authors_frames_stand_first_and_the_innermost_above_all() -> None:
    assert trace_text(ZERO) == TEXT


def test_a_trace_is_read_back() -> None:
    assert trace_of(TEXT) == (
        Part(
            error="ZeroDivisionError: division by zero\nin the second line",
            own=(OWN._replace(text="return total / count"), CALLER),
            further=(PACKAGE,),
        ),
        Part(error="KeyError: 'count'", further=(PACKAGE,)),
    )


FIRST = {
    "of a trace of ours": (TEXT, ("assets/marts/daily.py", 12, "mean")),
    "where the function is not said": ("Error\n  lib/a.py:3", ("lib/a.py", 3, "")),
    "where the function stands behind a comma": ("E\n  lib/a.py:3, f", ("lib/a.py", 3, "f")),
    "as Python itself writes them": (
        'E\n  File "lib/a.py", line 3, in f\n    x',
        ("lib/a.py", 3, "f"),
    ),
    "where a path has blanks and a drive": (
        "E\n  C:\\my dir\\a.py:3 in f",
        ("C:\\my dir\\a.py", 3, "f"),
    ),
    "of packages only: none": ("E\nfurther down, in packages:\n  a.py:3 in f", None),
    "of no text: none": ("", None),
    "of text that is no trace: none": ("its process crashed\nlast it said:\nhello", None),
}


@pytest.mark.parametrize(("text", "expected"), FIRST.values(), ids=FIRST)
def test_the_first_frame(text: str, expected: tuple[str, int, str] | None) -> None:
    found = first_frame(text)
    assert (found and found[:3]) == expected


def test_lines_that_are_no_frames_are_kept() -> None:
    (part,) = trace_of("SIGSEGV\nthe last it said:\nhello\n  a world")
    assert part == Part(error="SIGSEGV", other="the last it said:\nhello\n  a world")


def test_a_long_trace_is_cut_at_a_line() -> None:
    text = trace_text(Raised(type="E", message="\n".join("line" * 10 for _ in range(1000))))
    assert len(text.encode()) <= LONGEST
    assert text.endswith("\n... shortened")
    assert text.split("\n")[-2] == f"  | {'line' * 10}"


WORDS = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=8)
FRAMES = st.lists(
    st.builds(
        Frame,
        WORDS.map(lambda word: f"assets/{word}.py"),
        st.integers(1, 9999),
        WORDS,
        WORDS,
        st.booleans(),
    ),
    max_size=5,
).map(tuple)


@given(WORDS, FRAMES)
def test_what_is_written_is_read_back(message: str, frames: tuple[Frame, ...]) -> None:
    (part,) = trace_of(trace_text(Raised(type="Error", message=message, frames=frames)))
    assert part.error == f"Error: {message}"
    assert (*part.own, *part.further) == tuple(
        sorted(reversed(frames), key=lambda frame: not frame.is_user)
    )


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    for part in trace_of(text):
        assert len(part.error) + len(part.other) <= len(text)
