"""Tables drawn with pipes: cells with their meaning and their place in the file."""

import pytest

from freshline.declare import source
from freshline.declare.pipes import read_lines, written
from freshline.declare.report import Report
from freshline.declare.scalars import is_null
from freshline.declare.text import source_text


def lines_of(yaml: str) -> tuple[tuple[source.Scalar, ...], ...]:
    report = Report(source_text("tests/x.yaml", yaml))
    node = source.compose(report)
    assert isinstance(node, source.Mapping)
    block = node.entries[-1].value
    assert isinstance(block, source.Scalar)
    lines = read_lines(report, block)
    assert lines is not None, report.diagnostics()
    return lines


def rows(table: str) -> list[list[str | None]]:
    lines = lines_of("rows: |\n" + "".join(f"  {line}\n" for line in table.split("\n")))
    return [[None if is_null(cell) else cell.text for cell in line] for line in lines[1:]]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("1 | 2", ["1", "2"], id="cells are trimmed"),
        pytest.param("1|2", ["1", "2"], id="blanks around a pipe are not needed"),
        pytest.param("\t1\t|\t2", ["1", "2"], id="tabs are blanks too"),
        pytest.param(" | 2", [None, "2"], id="an empty cell is NULL, at the beginning"),
        pytest.param("1 |", ["1", None], id="an empty cell is NULL, at the end"),
        pytest.param("null | NULL", [None, None], id="null is NULL in each spelling of YAML"),
        pytest.param('"null" | ""', ["null", ""], id="in quotes both are text"),
        pytest.param('"x | y" | "  z "', ["x | y", "  z "], id="quotes hold pipes and blanks"),
        pytest.param('"say ""hi""" | """"', ['say "hi"', '"'], id="two quotes are one"),
        pytest.param('5" | a"b"', ['5"', 'a"b"'], id="a quote within a cell is itself"),
        pytest.param("a b | # c", ["a b", "# c"], id="blanks and hashes within cells stay"),
        pytest.param("C:\\x | \\n", ["C:\\x", "\\n"], id="backslashes are themselves"),
        pytest.param("\u00e4 | \U0001f600", ["\u00e4", "\U0001f600"], id="any letters"),
    ],
)
def test_a_line_is_read_as_cells(line: str, expected: list[str | None]) -> None:
    assert rows(f"a | b\n{line}") == [expected]


def test_empty_lines_do_not_count_and_one_column_needs_no_pipe() -> None:
    assert rows("a\n\n1\n \nnull\n") == [["1"], [None]]


def test_a_table_may_have_no_rows() -> None:
    assert rows("a | b") == []


@pytest.mark.parametrize(
    "yaml",
    [
        pytest.param("t: |\n  a | b\n  1 | two\n", id="a plain block"),
        pytest.param("t: |4\n      a | b\n      1 | two\n", id="an indent that is said"),
        pytest.param("t: |-  # note\n\n  a | b\n\n  1 | two\n", id="chomped, noted, with gaps"),
        pytest.param("x: {y: 1}\nt: |+\n    a | b\n    1 | two\n\n\n", id="kept line ends"),
        pytest.param("t: |\r\n  a | b\r\n  1 | two\r\n".replace("\r", ""), id="at any depth"),
    ],
)
def test_every_cell_knows_its_place(yaml: str) -> None:
    for line in lines_of(yaml):
        for cell in line:
            assert yaml[cell.start : cell.end] == cell.text


def test_an_alias_reads_as_its_anchor_does() -> None:
    yaml = "one: &rows |\n  a | b\n  1 | 2\ntwo: *rows\n"
    lines = lines_of(yaml)
    assert [[cell.text for cell in line] for line in lines] == [["a", "b"], ["1", "2"]]
    assert yaml[lines[1][1].start : lines[1][1].end] == "2"


def test_a_table_is_written_aligned_and_quoted_where_it_must_be() -> None:
    assert written(["id", "a note"], [["1", None], ["22", "x | y"], [None, "null"]]) == [
        "id   | a note ",
        "1    | null   ",
        '22   | "x | y"',
        'null | "null" ',
    ]
