"""Files made to break a reader: each is answered by diagnostics alone, within about a second.

Nothing is timed here; the files are so large that what these tests guard against takes minutes.
"""

from collections.abc import Callable

import pytest

from freshline.declare.project import FileDeclared, declare_file, read_settings
from freshline.declare.report import MAX_FINDINGS

SETTINGS = read_settings("project: hostile\nvars: {x: 1}\n")
MEGABYTES = 5_000_000

LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 10)
)


def declared(text: str | bytes, path: str = "assets/a.yaml") -> FileDeclared:
    return declare_file(path, text, SETTINGS)


CORPUS: list[tuple[str, Callable[[], str | bytes], str]] = [
    ("thirty thousand opening brackets", lambda: "[" * 30_000, "nested more than 64 deep"),
    ("brackets opened and closed", lambda: "[" * 200_000 + "]" * 200_000, "nested more than 64"),
    ("braces as far as a file goes", lambda: "{" * MEGABYTES, "nested more than 64 deep"),
    ("lists in lists in a block", lambda: "- " * 1_000_000, "nested more than 64 deep"),
    ("ever deeper indentation", lambda: "\n".join(" " * i + "a:" for i in range(2_000)), "64 deep"),
    ("a billion laughs", lambda: LAUGHS, "more than 200,000 values"),
    ("an alias of itself", lambda: "a: &a [*a]\n", "stands inside what it stands for"),
    ("thousands of aliases", lambda: "a: &a x\nb: [" + "*a, " * 2_000 + "]", "1,000 aliases"),
    ("a call of Python", lambda: "a: !!python/object/apply:os.system [ls]\n", '"!!python/object'),
    ("a set, a map of its own kind", lambda: "a: !!set {x}\n", "means nothing here"),
    ("a foreign tag by another handle", lambda: "%TAG ! x:\n---\na: !y z\n", "means nothing here"),
    ("a key given twice", lambda: "sql: SELECT 1\nsql: SELECT 2\n", '"sql" is given twice'),
    ("NUL", lambda: "description: a\0b\n", "NUL"),
    ("NUL escaped", lambda: 'key: "a\\0b"\n', "cannot hold NUL"),
    ("an escape for terminals", lambda: "description: \x1b[2J\n", "cannot hold U+001B"),
    ("a line break only YAML knows", lambda: "description: a\u2028b\n", "cannot hold U+2028"),
    ("half a character", lambda: "description: \ud800\n", "half a character"),
    ("half a character escaped", lambda: 'description: "\\ud800"\n', "this is not YAML"),
    ("many documents", lambda: "---\n" * 100_000, "a second YAML document"),
    ("an integer of 5,000 digits", lambda: "meta: {a: " + "9" * 5_000 + "}\n", "64 bits"),
    ("a float beyond all bounds", lambda: "meta: {a: 1e999}\n", "a finite number"),
    ("no number at all", lambda: "meta: {a: .nan}\n", "a finite number"),
    ("fifty megabytes", lambda: b"#" * 50_000_000, "at most 5,000,000"),
    ("not UTF-8", lambda: b"description: \xff\n", "not UTF-8"),
    ("a hundred thousand unknown keys", lambda: "".join(f"k{i}:\n" for i in range(90_000)), "k0"),
    ("one key of megabytes", lambda: "a" * 1_000_000 + ": 1\n", "more than 1,024 characters"),
    ("one value of megabytes", lambda: "owner: " + "a" * 4_000_000 + "\n", "`owner` must be"),
    ("a comment of megabytes", lambda: "#" * MEGABYTES, ""),
    ("a quote that never ends", lambda: 'a: "' + "x\n " * 1_000_000, "never closed"),
    ("a value of megabytes to quote", lambda: "a: @" + "b" * 4_000_000, "a backtick mean"),
    ("an alias of megabytes", lambda: "a: *" + "b" * 4_000_000, "this is an alias"),
    ("a key of megabytes", lambda: "? " + "b" * 4_000_000 + "\n: 1\n", "unknown key"),
    ("a hundred thousand brackets left open", lambda: "tags: [" + "(a, " * 90_000 + "]", "`tags`"),
    ("a reference of megabytes", lambda: "a: [${" + "b" * 4_000_000 + "}]", "must stand in quotes"),
    ("a type of megabytes", lambda: "columns: {a: d(1," + "b" * 4_000_000 + ")}", "comma inside"),
    ("an escape in a key", lambda: 'key: "\\e[2J"\n', "is not a key"),
    ("a type of nothing but brackets", lambda: "columns: {a: 'x" + "(" * 900_000 + "'}\n", "type"),
]


@pytest.mark.parametrize(
    ("make", "message"), [pytest.param(make, said, id=name) for name, make, said in CORPUS]
)
def test_a_hostile_file_is_answered_soon(make: Callable[[], str | bytes], message: str) -> None:
    found = declared(make())
    assert any(message in diagnostic.message for diagnostic in found.diagnostics) or not message
    assert len(found.diagnostics) <= MAX_FINDINGS + 1
    assert all(len(d.message) + len(d.excerpt) + len(d.fix) < 3_000 for d in found.diagnostics)
    assert not any(not c.isprintable() for d in found.diagnostics for c in d.message + d.fix)
    assert not found.assets


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param(
            "assets/a.sql", "/*---\n" + "[" * 30_000 + "\n---*/ SELECT 1", id="front matter"
        ),
        pytest.param("sources/a.yaml", "sources: " + "[" * 30_000, id="sources"),
        pytest.param("freshline.yaml", "assets: " + "[" * 30_000, id="the project's file"),
    ],
)
def test_every_kind_of_file_is_guarded(path: str, text: str) -> None:
    assert not declared(text, path).assets
    assert not read_settings(text).project.name


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("SELECT '" + "''" * 400_000 + "${var.x}", id="a string that never ends"),
        pytest.param("$$" * 400_001 + "${var.x}", id="dollar quotes without end"),
        pytest.param("$a$ " * 200_000 + "${var.x}", id="tags that never meet"),
        pytest.param("/*" * 400_000 + "${var.x}", id="comments in comments"),
        pytest.param("${" * 400_000, id="references that never close"),
        pytest.param("${var.x}," * 100_000, id="a hundred thousand references"),
        pytest.param("${var.y}," * 100_000, id="a hundred thousand unknown references"),
        pytest.param("'${var.x}'," * 100_000, id="a hundred thousand misplaced references"),
        pytest.param("'" + "${var.x}" * 400_000 + "'", id="a string of nothing but references"),
        pytest.param("\n" * 2_000_000 + "${var.y}", id="two million empty lines"),
    ],
)
def test_hostile_sql_is_answered_soon(sql: str) -> None:
    found = declared(sql, "assets/a.sql")
    assert len(found.diagnostics) <= MAX_FINDINGS + 1


def test_bom_and_crlf_are_no_hostility() -> None:
    found = declared(b"\xef\xbb\xbfdescription: fine\r\nsql: |\r\n  SELECT 1\r\n  AS one\r\n")
    assert found.diagnostics == ()
    assert found.assets[0].sql.text == "SELECT 1\nAS one\n"


def test_what_exceeds_the_allowance_is_counted() -> None:
    found = declared("".join(f"k{i}:\n" for i in range(MAX_FINDINGS + 7)) + "sql: SELECT 1\n")
    assert len(found.diagnostics) == MAX_FINDINGS + 1
    assert found.diagnostics[-1].code == "E120"
    assert "7 more problems" in found.diagnostics[-1].message
