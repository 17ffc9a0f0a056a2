"""Differences as people read them: aligned, short, harmless to a terminal."""

import click

from freshline.cli.differences import difference_lines
from freshline.execute.difference import Change, Difference, Row


def test_rows_are_aligned_below_their_columns_with_marks() -> None:
    found = Difference(
        columns=("day", "revenue"),
        missing=(("2024-01-02", "5"), ("2024-01-03", None)),
        unexpected=(("2024-01-04", ""),),
        changed=(Change(("2024-01-01", "1"), ("2024-01-01", "20"), (1,)),),
    )
    assert [click.unstyle(line) for line in difference_lines(found)] == [
        "  day        | revenue",
        "~ 2024-01-01 | 1 -> 20",
        "- 2024-01-02 | 5",
        "- 2024-01-03 | null",
        '+ 2024-01-04 | ""',
    ]


def test_only_what_changed_is_coloured_in_a_changed_row() -> None:
    found = Difference(columns=("a", "b"), changed=(Change(("x", "1"), ("x", "2"), (1,)),))
    yellow, end = "\x1b[33m", "\x1b[0m"
    assert difference_lines(found)[1] == f"{yellow}~{end} x | {yellow}1 -> 2{end}"


def test_twenty_rows_are_shown_and_the_others_counted() -> None:
    rows: tuple[Row, ...] = tuple((str(number),) for number in range(18))
    lines = difference_lines(Difference(columns=("n",), missing=rows, unexpected=rows))
    assert len(lines) == 22
    assert lines[-1] == "  and 16 more: 16 found"
    lines = difference_lines(Difference(columns=("n",), missing=rows + rows, unexpected=rows))
    assert lines[-1] == "  and 34 more: 16 expected, 18 found"


def test_long_cells_are_cut_and_controls_are_not_obeyed() -> None:
    found = Difference(columns=("n",), missing=(("x" * 100,), ("a\x1b[2Jb\nc",)))
    lines = [click.unstyle(line) for line in difference_lines(found)]
    assert lines[1] == "- " + "x" * 39 + "\u2026"
    assert lines[2] == "- a\ufffd[2Jb\ufffdc"
