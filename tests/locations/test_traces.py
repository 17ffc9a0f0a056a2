"""A stack trace for its author: own frames first, then packages, then causes; never too long."""

from pathlib import Path

from freshline.calls import Frame, Raised
from freshline.errors import Span
from freshline.locations.traces import headline, place, trace

CODE = "def weight(n):\n    return 1 / n\n"


def raised(root: Path) -> Raised:
    (root / "lib").mkdir()
    (root / "lib/churn.py").write_text(CODE)
    return Raised(
        type="builtins.ZeroDivisionError",
        message="division by zero",
        frames=(
            Frame("assets/m.py", 7, "score", "weight(0)", True),
            Frame("/usr/lib/python3/site-packages/pandas/core.py", 12, "apply", "f(x)", False),
            Frame(str(root / "lib/churn.py"), 2, "weight", "return 1 / n", True),
        ),
        cause=Raised(
            type="KeyError",
            message="'x'",
            frames=(Frame("/usr/lib/python3/site-packages/y.py", 1, "z", "", False),),
        ),
    )


def test_own_frames_come_first_then_packages_then_causes(tmp_path: Path) -> None:
    assert trace(raised(tmp_path), str(tmp_path)).splitlines() == [
        "ZeroDivisionError: division by zero",
        "  assets/m.py:7 in score",
        "    weight(0)",
        "  lib/churn.py:2 in weight",
        "    return 1 / n",
        "further down, in packages:",
        "  /usr/lib/python3/site-packages/pandas/core.py:12 in apply",
        "    f(x)",
        "caused by KeyError: 'x'",
        "in packages:",
        "  /usr/lib/python3/site-packages/y.py:1 in z",
    ]


def test_the_place_is_the_authors_innermost_line_of_code(tmp_path: Path) -> None:
    expected = Span(file="lib/churn.py", line=2, column=5, length=len("return 1 / n"))

    assert place(raised(tmp_path), str(tmp_path)) == expected


def test_an_exception_of_packages_alone_has_no_place(tmp_path: Path) -> None:
    cause = raised(tmp_path).cause

    assert cause is not None
    assert place(cause, str(tmp_path)) is None


def test_a_message_and_a_trace_have_a_bearable_length() -> None:
    frames = tuple(Frame(f"lib/{n}.py", n, "again", "x" * 1000, True) for n in range(1000))
    endless = Raised(type="ValueError", message="y" * 1_000_000, frames=frames)

    text = trace(endless, "/project")

    assert len(headline(endless)) < 2_100
    assert len(text.encode()) <= 16 << 10
    assert "... 960 more ..." in text
    assert text.endswith(f"lib/999.py:999 in again\n    {'x' * 200}")
