"""References in values of YAML: paths, settings and arguments of checks; and durations."""

import pytest

from freshline.declare.durations import seconds, spelled
from freshline.declare.project import declare_file, read_settings
from freshline.definitions import AssetDefinition, SourceDefinition
from freshline.errors import Diagnostic

VARIABLES = """\
project: shop
vars:
  n: 10
  minus: -1.5
  t: it's
  yes_: true
  day: {type: date, default: 2024-01-31}
  words: [a, "b, c", 'd''e']
  numbers: [1, -2]
  mixed: [1, a, true]
"""
PROCESS = {"REGION": "EU's ${x}", "BAD": "\udcff"}
SETTINGS = read_settings(VARIABLES)


def asset(front: str) -> tuple[AssetDefinition | None, tuple[Diagnostic, ...]]:
    text = f"/*---\n{front}---*/\nSELECT 1"
    found = declare_file("assets/a.sql", text, SETTINGS, "main", None, PROCESS)
    return (found.assets[0] if found.assets else None), found.diagnostics


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("${var.n}", 10),
        ("${var.minus}", -1.5),
        ("${var.t}", "it's"),
        ("${var.yes_}", True),
        ("${var.day}", "2024-01-31"),
        ("${env.REGION}", "EU's ${x}"),
        ("x-${var.n}-${var.day}", "x-10-2024-01-31"),
        ("$${var.n}", "${var.n}"),
        ("a$${b}${var.n}", "a${b}10"),
    ],
)
def test_an_argument_of_a_check_is_the_value(written: str, value: object) -> None:
    found, problems = asset(f"columns:\n  c: {{in: ['{written.replace(chr(39), chr(39) * 2)}']}}\n")
    assert problems == () and found is not None
    assert found.checks[0].arguments == (value,)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("words", ("a", "b, c", "d'e")),
        ("numbers", (1, -2)),
        ("mixed", (1, "a", True)),
    ],
)
def test_a_list_is_a_list(name: str, values: tuple[object, ...]) -> None:
    found, problems = asset(f"checks:\n- in: {{c: '${{var.{name}}}'}}\n")
    assert problems == () and found is not None
    assert found.checks[0].arguments == values


def test_bounds_and_rows_read_variables() -> None:
    front = "checks:\n- between: {c: ['${var.minus}', '${var.n}']}\n- rows: {min: '${var.n}'}\n"
    found, _ = asset(front)
    assert found is not None
    assert [check.arguments for check in found.checks] == [(-1.5, 10), (10, None)]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("${var.m}", "E114"),
        ("${env.NONE}", "E117"),
        ("${env.BAD}", "E117"),
        ("a ${var.words}", "E113"),
        ("${n}", "E113"),
        ("${var.n", "E113"),
        ("${secret.a}", "E113"),
        ("${start}", "E104"),
    ],
)
def test_one_that_stands_for_nothing_is_told_where_it_is(written: str, code: str) -> None:
    found, problems = asset(f"columns:\n  c: {{in: ['{written}']}}\n")
    assert found is None
    assert [(p.code, p.span.line if p.span else 0) for p in problems] == [(code, 3)]


def test_elsewhere_in_yaml_it_is_text() -> None:
    found, problems = asset("description: '${var.n}'\n")
    assert problems == () and found is not None
    assert found.description == "${var.n}"


def source(entry: str) -> SourceDefinition:
    text = f"sources:\n  raw.a: {entry}\n"
    found = declare_file("sources/a.yaml", text, SETTINGS, "main", None, PROCESS)
    assert found.diagnostics == ()
    return found.sources[0]


def test_a_path_and_the_options_of_its_reader_read_variables() -> None:
    found = source(
        "{path: 'in/${var.day}/*.csv', read: {skip: '${var.n}', nullstr: '${var.words}'}}"
    )
    assert found.path == "in/2024-01-31/*.csv"
    assert dict(found.options) == {"skip": 10, "nullstr": ["a", "b, c", "d'e"]}


def test_what_was_asked_of_the_process_is_kept_without_its_value() -> None:
    text = "SELECT ${env.REGION}, ${env.NONE}"
    found = declare_file("assets/a.sql", text, SETTINGS, "main", None, PROCESS)
    assert set(found.process) == {"REGION", "NONE"}
    assert found.process["NONE"] == ""
    assert "EU" not in found.process["REGION"]
    same = declare_file("assets/a.sql", text, SETTINGS, "main", None, {"REGION": "other"})
    assert same.process["REGION"] != found.process["REGION"]


def test_a_process_variable_in_sql_is_one_literal() -> None:
    text = "SELECT ${env.REGION} AS r"
    found = declare_file("assets/a.sql", text, SETTINGS, "main", None, PROCESS)
    (asset,) = found.assets
    assert asset.sql.text == "SELECT 'EU''s ${x}' AS r"
    assert asset.sql.variables == ("env.REGION",)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("30s", 30), ("5m", 300), ("2h", 7200), ("7d", 604800), ("1.5h", 5400), ("1w", 604800),
        ("250ms", 0.25), ("5 m", 300), ("0s", 0), ("90", None), ("h", None), ("-1h", None),
        ("1e3s", None), ("1H", None), ("200000d", None), ("99999999999s", None), ("", None),
    ],
)  # fmt: skip
def test_durations(text: str, value: float | None) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["30s", "5m", "2h", "6d", "1.5h", "1w", "0.25s", "100s"])
def test_a_duration_is_spelled_as_it_is_read(text: str) -> None:
    found = seconds(text)
    assert found is not None
    assert spelled(found) == text
