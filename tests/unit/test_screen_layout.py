"""Lines that fit: what goes on below stands under its text, and no word is broken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshline.cli.layout import folded

WORDS = st.lists(st.text("abcdef.:/", min_size=1, max_size=12), max_size=12)


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (None, ["  ! stg.orders  column a: expression changed  assets/stg/orders.sql:27:5"]),
        (80, ["  ! stg.orders  column a: expression changed  assets/stg/orders.sql:27:5"]),
        (
            60,
            [
                "  ! stg.orders  column a: expression changed",
                "                assets/stg/orders.sql:27:5",
            ],
        ),
        (
            40,
            [
                "  ! stg.orders",
                "      column a: expression changed",
                "      assets/stg/orders.sql:27:5",
            ],
        ),
    ],
    ids=["not on a terminal", "wide enough", "the place goes below", "a narrow one"],
)
def test_a_line_of_a_plan(width: int | None, expected: list[str]) -> None:
    head = "  ! stg.orders  "
    text = "column a: expression changed  assets/stg/orders.sql:27:5"
    assert folded(head, text, indent=len(head), width=width) == expected


@given(WORDS, st.integers(0, 60), st.integers(20, 200))
def test_nothing_is_lost_and_lines_fit_unless_one_word_does_not(
    words: list[str], indent: int, width: int
) -> None:
    head, text = "h" * indent, " ".join(words)
    lines = folded(head, text, indent=indent, width=width)
    assert "".join("".join(lines).split()) == f"{head}{''.join(words)}"
    longest = max(map(len, words), default=0)
    for line in lines[1:]:
        assert len(line) <= max(width, 30) or longest > min(width, 24) - 6
