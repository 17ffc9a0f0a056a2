"""YAML as nodes that remember their places, and what plain scalars mean."""

import pytest

from freshline.declare.report import Report
from freshline.declare.scalars import Meaning, integer, meaning
from freshline.declare.source import Mapping, Node, Scalar, Sequence, compose
from freshline.declare.text import decode, source_text
from freshline.errors import Diagnostic


def composed(text: str) -> tuple[Node | None, Report]:
    report = Report(source_text("x.yaml", text))
    return compose(report), report


def plain(node: Node | None) -> object:
    match node:
        case Mapping():
            return {entry.key.text: plain(entry.value) for entry in node.entries}
        case Sequence():
            return [plain(item) for item in node.items]
        case Scalar():
            return node.text
        case None:
            return None


def scalar(text: str) -> Scalar:
    node, _ = composed(f"key: {text}\n")
    assert isinstance(node, Mapping)
    value = node.entries[0].value
    assert isinstance(value, Scalar)
    return value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *((t, Meaning.NULL) for t in ("", "~", "null", "Null", "NULL")),
        *((t, Meaning.BOOL) for t in ("true", "True", "TRUE", "false", "False", "FALSE")),
        *((t, Meaning.INTEGER) for t in ("0", "-7", "+7", "014", "0o17", "0xfF")),
        *((t, Meaning.FLOAT) for t in ("1.5", ".5", "5.", "1e3", "-1.5E-3")),
        *((t, Meaning.NOT_FINITE) for t in (".inf", "-.Inf", ".NaN")),
        *(
            (t, Meaning.TEXT)
            for t in ("no", "on", "Yes", "off", "y", "12:30:45", "1_000", "0b1", "0x", "1e", "tRUE")
        ),
        *((t, Meaning.TEXT) for t in ("2024-01-01", "'1'", '"true"', "!!str 1", "! 1", "nULL")),
    ],
)
def test_plain_scalars_mean_what_the_core_schema_says(text: str, expected: Meaning) -> None:
    assert meaning(scalar(text)) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("014", 14),
        ("0o17", 15),
        ("0x1F", 31),
        ("-9223372036854775808", -(2**63)),
        ("18446744073709551615", 2**64 - 1),
        ("18446744073709551616", None),
        ("9" * 5_000, None),
    ],
)
def test_integers_are_read_up_to_64_bits(text: str, expected: int | None) -> None:
    assert integer(Scalar(0, len(text), text)) == expected


def test_nodes_know_where_they_stand_among_wide_characters() -> None:
    text = "a: é😀 x # note\nb:\n  - 'q'\n  - {c: 1}\n"
    node, report = composed(text)
    assert plain(node) == {"a": "é😀 x", "b": ["q", {"c": "1"}]}
    assert isinstance(node, Mapping)
    first, second = node.entries
    assert text[first.value.start : first.value.end] == "é😀 x"
    assert isinstance(second.value, Sequence)
    assert [text[item.start : item.end] for item in second.value.items] == ["'q'", "{c: 1}"]
    span = report.span(second.value.items[1])
    assert (span.line, span.column, span.length) == (4, 5, 6)


def test_a_part_of_a_file_is_read_at_its_own_place() -> None:
    text = "/*---\na: 1\n---*/ SELECT 1"
    report = Report(source_text("x.sql", text))
    node = compose(report, 5, text.index("---*/"))
    assert isinstance(node, Mapping)
    assert text[node.entries[0].value.start] == "1"


def test_an_alias_stands_for_what_is_anchored() -> None:
    node, report = composed("a: &x [1, 2]\nb: *x\n")
    assert plain(node) == {"a": ["1", "2"], "b": ["1", "2"]}
    assert report.diagnostics() == ()


def test_types_that_a_comma_took_apart_are_put_together_again() -> None:
    node, report = composed("{a: struct(x int, y map(int, text)), b: t}\n")
    assert plain(node) == {"a": "struct(x int, y map(int, text))", "b": "t"}
    assert [d.fix for d in report.diagnostics()] == ['write "struct(x int, y map(int, text))"']
    node, report = composed("[decimal(18,2), text]\n")
    assert plain(node) == ["decimal(18,2)", "text"]
    assert [d.code for d in report.diagnostics()] == ["E108"]


@pytest.mark.parametrize("text", ["{a: (b, c: d}", "[(a, b]", "{a: b), c: (d}"])
def test_parentheses_that_never_close_are_left_alone(text: str) -> None:
    _, report = composed(text)
    assert report.diagnostics() == ()


def test_a_key_given_twice_counts_once_and_names_both_places() -> None:
    node, report = composed("a: 1\nb: 2\na: 3\n")
    assert plain(node) == {"a": "1", "b": "2"}
    (found,) = report.diagnostics()
    assert found.code == "E109"
    assert found.span is not None and found.span.line == 3
    assert found.related[0][0].line == 1
    assert found.excerpt == "a: 3"


def test_an_empty_file_is_nothing() -> None:
    for text in ("", "# only a comment\n", "---\n"):
        node, report = composed(text)
        assert node is None or plain(node) == ""
        assert report.diagnostics() == ()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"\xef\xbb\xbfa", "a", id="a byte order mark is dropped"),
        pytest.param(b"a\r\nb\rc\n", "a\nb\nc\n", id="every line ends alike"),
        pytest.param("ä".encode(), "ä", id="UTF-8 is read"),
    ],
)
def test_bytes_become_text(data: bytes, expected: str) -> None:
    assert decode("x", data) == expected


@pytest.mark.parametrize(
    ("data", "message", "place"),
    [
        pytest.param(b"a\n\xc3\xa4\xff", "byte 0xff is not UTF-8", "x:2:2", id="Latin-1"),
        pytest.param("a".encode("utf-16"), "the file is UTF-16, not UTF-8", "x:1:1", id="UTF-16"),
        pytest.param(b"\xed\xa0\x80", "byte 0xed is not UTF-8", "x:1:1", id="a surrogate's bytes"),
        pytest.param("a\ud800", "U+D800 is half a character", "x:1:2", id="a surrogate"),
        pytest.param(b"a\nb\0", "the file holds a NUL character", "x:2:2", id="NUL"),
    ],
)
def test_what_is_no_text_is_said(data: bytes | str, message: str, place: str) -> None:
    found = decode("x", data)
    assert isinstance(found, Diagnostic)
    assert (found.code, found.message, str(found.span)) == ("E101", message, place)
