"""Laws of unit tests of assets: tables read as they were written, comparing takes no side."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from freshline.declare import source
from freshline.declare.asset_tests import declare_tests
from freshline.declare.pipes import read_lines, written
from freshline.declare.report import Report
from freshline.declare.scalars import is_null
from freshline.declare.text import decode, source_text
from freshline.execute.difference import Row, difference

# What YAML can hold on one line.
CHARACTERS = st.one_of(
    st.sampled_from(list("|\"'#:-~\\ \t01.ae")),
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp", "Cn"]).filter(
        lambda c: c not in "\ufeff\ufffe\uffff"
    ),
)
NAMES = st.text(CHARACTERS, min_size=1, max_size=8)
CELLS = st.none() | st.sampled_from(["null", "", "~", "1.5", "true"]) | st.text(CHARACTERS)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[str | None]]]:
    names = draw(st.lists(NAMES, min_size=1, max_size=4))
    row = st.lists(CELLS, min_size=len(names), max_size=len(names))
    return names, draw(st.lists(row, max_size=5))


@given(tables())
def test_a_table_reads_as_it_was_written(table: tuple[list[str], list[list[str | None]]]) -> None:
    names, rows = table
    yaml = "rows: |\n" + "".join(f"  {line}\n" for line in written(names, rows))
    report = Report(source_text("tests/x.yaml", yaml))
    node = source.compose(report)
    assert isinstance(node, source.Mapping)
    block = node.entries[0].value
    assert isinstance(block, source.Scalar)
    lines = read_lines(report, block)
    assert lines is not None, report.diagnostics()
    assert [cell.text for cell in lines[0]] == names
    assert [[None if is_null(c) else c.text for c in line] for line in lines[1:]] == rows


PIECES = st.sampled_from(
    (
        "tests:\n", "  one:\n", "    asset: a.b\n", "    given:\n", "      a.c: |\n",
        "        x | y\n", "        1 | \"\n", "    expect:\n", "      - {x: 1, X: 2}\n",
        "    ordered: true\n", "    expect: []\n", "      a.c: &rows\n", "      - *rows\n", "| ",
        "\"", "{", "}", "[", "]", "- ", ": ", ">\n", "null", "\t", "\u2028", "\0",
    )
)  # fmt: skip


@given(st.lists(PIECES, max_size=30).map("".join))
def test_no_file_of_tests_makes_reading_fail(text: str) -> None:
    declared = declare_tests("tests/x.yaml", text)
    decoded = decode("tests/x.yaml", text)
    lines = decoded.split("\n") if isinstance(decoded, str) else []
    for found in (*declared.problems, *(f for t in declared.tests for f in t.faults)):
        assert found.fix and found.span is not None
        assert not lines or found.span.line <= len(lines)


# Numbers so near to each other that some are the same and some are not.
NUMBERS = st.sampled_from(["1.0", "1.0000000008", "1.0000000016", "0.9999999992", "nan", "2.5"])
ROWS = st.lists(st.tuples(st.sampled_from(["a", "b", None]), NUMBERS | st.none()), max_size=7)
COLUMNS = {"name": "VARCHAR", "number": "DOUBLE"}


@given(ROWS, ROWS)
def test_comparing_takes_no_side(one: list[Row], other: list[Row]) -> None:
    there = difference(COLUMNS, one, other, ordered=False)
    back = difference(COLUMNS, other, one, ordered=False)
    assert (there is None) == (back is None)
    if there is not None and back is not None:
        assert len(there.missing) + len(there.changed) == len(back.unexpected) + len(back.changed)


@given(ROWS.flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))))
def test_equal_bags_never_differ(bags: tuple[list[Row], list[Row]]) -> None:
    assert difference(COLUMNS, *bags, ordered=False) is None


@given(ROWS, ROWS)
def test_without_tolerance_bags_differ_exactly_where_counters_do(
    one: list[Row], other: list[Row]
) -> None:
    columns = {"name": "VARCHAR", "number": "VARCHAR"}
    found = difference(columns, one, other, ordered=False)
    assert (found is None) == (Counter(one) == Counter(other))
    if found is not None:
        missing = Counter(found.missing) + Counter(change.expected for change in found.changed)
        assert missing == Counter(one) - Counter(other)
