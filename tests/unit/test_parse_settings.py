"""freshline.yaml: variables and their literals, storages, environments, owners."""

import pytest

from freshline.codec import decode, encode
from freshline.declare.project import Settings, declare_file, read_settings
from freshline.definitions import StorageDefinition
from freshline.people import OwnerDefinition


def settings(yaml: str) -> Settings:
    found = read_settings("project: shop\n" + yaml)
    assert found.diagnostics == ()
    return found


@pytest.mark.parametrize(
    ("declared", "literal"),
    [
        ("10", "10"),
        ("-0.50", "(-0.50)"),
        ("+7", "7"),
        ("0x1F", "31"),
        ("1e3", "1e3"),
        ("12345678901234567.89", "12345678901234567.89"),
        ("true", "TRUE"),
        ("no", "'no'"),
        ("2024-01-31", "'2024-01-31'"),
        ('"10"', "'10'"),
        ("it's", "'it''s'"),
        ("[1, a, true]", "(1, 'a', TRUE)"),
        ("{type: text, default: 10}", "'10'"),
        ("{type: number, default: 10, description: x}", "10"),
        ("{type: integer, default: 0o17}", "15"),
        ("{type: bool, default: false}", "FALSE"),
        ("{type: date, default: 2024-02-29}", "DATE '2024-02-29'"),
        ("{type: timestamp, default: 2024-01-31 09:30}", "TIMESTAMP '2024-01-31 09:30'"),
        ('{type: "list[date]", default: [2024-01-31]}', "(DATE '2024-01-31')"),
        ("{type: list, default: [x]}", "('x')"),
        ("{default: 1.5}", "1.5"),
        ("{type: number}", None),
    ],
)
def test_a_variable_becomes_one_literal_of_its_type(declared: str, literal: str | None) -> None:
    found = settings(f"vars:\n  a: {declared}\n")
    assert found.scope("main").values.variables == {"a": literal}


@pytest.mark.parametrize(
    ("declared", "code"),
    [
        ("{type: number, default: ten}", "E105"),
        ("{type: number, default: '10'}", "E105"),
        ("{type: number, default: .inf}", "E105"),
        (f"{{type: number, default: {'9' * 39}}}", "E105"),
        ("{type: integer, default: 1.5}", "E105"),
        ("{type: bool, default: yes}", "E105"),
        ("{type: date, default: 2024-1-1}", "E105"),
        ("{type: date, default: 2024-02-30}", "E105"),
        ("{type: timestamp, default: 2024-01-31 24:30}", "E105"),
        ("{type: timestamp, default: 2024-01-31}", "E105"),
        ("{type: list, default: a}", "E105"),
        ("{type: list, default: []}", "E105"),
        ('{type: "list[number]", default: [1, a]}', "E105"),
        ("{type: [number], default: 1}", "E105"),
        ("{type: money, default: 1}", "E105"),
        ("{type: 'list[list]', default: [1]}", "E105"),
        ("{default: {a: 1}}", "E116"),
        ("{}", "E116"),
        ("null", "E105"),
        ("{type: number, dflt: 1}", "E102"),
    ],
)
def test_a_faulty_variable_has_no_value_but_is_known(declared: str, code: str) -> None:
    found = read_settings(f"project: shop\nvars:\n  a: {declared}\n")
    assert [d.code for d in found.diagnostics] == [code]
    assert found.scope("main").values.variables == {"a": None}
    reader = declare_file("assets/r.sql", "SELECT ${var.a}", found)
    assert [d.code for d in reader.diagnostics] == ["E115"]


def test_an_environment_gives_its_own_values() -> None:
    found = settings("vars: {a: 1, b: x}\nenvironments:\n  dev:\n    vars: {a: 2}\n  prod:\n")
    assert found.project.environments == ("dev", "prod")
    values = {name: dict(found.scope(name).values.variables) for name in ("dev", "prod")}
    assert values == {"dev": {"a": "2", "b": "'x'"}, "prod": {"a": "1", "b": "'x'"}}


def test_without_environments_there_is_one() -> None:
    assert settings("").project.environments == ("main",)


@pytest.mark.parametrize(
    ("yaml", "storages", "default"),
    [
        pytest.param("", ["lake:lake"], "lake", id="there is always a lake"),
        pytest.param(
            "storages: {w: {adapter: memory}}\nstorage: w\n", ["lake:lake", "w:memory"], "w",
            id="another may be the default",
        ),
        pytest.param("storages: {lake: memory}\n", ["lake:memory"], "lake", id="or take its name"),
    ],
)  # fmt: skip
def test_storages(yaml: str, storages: list[str], default: str) -> None:
    project = settings(yaml).project
    assert [f"{s.name}:{s.adapter}" for s in project.storages] == storages
    assert project.default_storage == default


def test_a_storage_keeps_its_settings_for_its_adapter() -> None:
    found = settings("storages:\n  w:\n    adapter: lake\n    retain: 5\n    deep: {a: [x]}\n")
    storage = found.project.storages[1]
    assert isinstance(storage, StorageDefinition)
    assert storage.settings == {"retain": 5, "deep": {"a": ["x"]}}
    assert str(storage.span) == "freshline.yaml:3:3"


def test_owners_are_kept_with_how_to_reach_them() -> None:
    found = settings("owners:\n  data: {email: d@shop.example, chat: '#data'}\n  ada: {}\n")
    assert found.owners == (
        OwnerDefinition(name="data", email="d@shop.example", chat="#data"),
        OwnerDefinition(name="ada"),
    )


def test_a_default_owner_whom_nobody_knows_is_warned_of_once() -> None:
    found = read_settings("project: a\nowners: {data: {}}\ndefaults: {owner: dta}\n")
    assert [(d.code, d.fix) for d in found.diagnostics] == [("W501", 'did you mean "data"?')]
    assert declare_file("assets/a.sql", "SELECT 1", found).diagnostics == ()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("", "E116", id="an empty file"),
        pytest.param("vars: {}\n", "E116", id="no name"),
        pytest.param("project:\n", "E116", id="an empty name"),
        pytest.param("project: 9lives\n", "E105", id="a name that begins with a digit"),
        pytest.param("- project\n", "E105", id="a list"),
        pytest.param("project: [\n", "E108", id="no YAML"),
        pytest.param(b"\xff", "E101", id="no text"),
    ],
)
def test_a_project_without_a_name_has_an_empty_one(text: str | bytes, code: str) -> None:
    found = read_settings(text)
    assert found.project.name == ""
    assert code in [d.code for d in found.diagnostics]


def test_the_project_file_may_hold_assets_whose_faults_are_told_once() -> None:
    text = (
        "project: a\nprojct: b\n"
        "assets:\n  x: {sql: SELECT 1, sql: SELECT 2}\n  y: {sql: SELECT 1}\n"
    )
    found = read_settings(text)
    part = declare_file("freshline.yaml", text, found)
    assert [d.code for d in found.diagnostics] == ["E102"]
    assert [(d.code, d.asset) for d in part.diagnostics] == [("E109", "x")]
    assert [asset.key for asset in part.assets] == ["y"]


def test_settings_survive_a_cache() -> None:
    found = settings("vars: {a: 1}\nenvironments: {dev: {vars: {a: 2}}}\nowners: {x: {}}\n")
    assert decode(encode(found), Settings) == found
