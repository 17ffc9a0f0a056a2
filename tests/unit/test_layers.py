"""What holds of an asset when the project, folders, the asset and the environment have a say."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshline.codec import digest_of
from freshline.declare.assembly import assemble
from freshline.declare.declaration import declare_file, scope_of
from freshline.declare.layers import About, Layer, built_in, resolved
from freshline.declare.paths import is_folder_file
from freshline.declare.project import layers_of, read_settings
from freshline.definitions import (
    AssetDefinition,
    CheckSeverity,
    Declared,
    Kind,
    Lifecycle,
    Retention,
    Retries,
    Stage,
)

DEFAULTS = "defaults: {owner: data, tags: [shop], meta: {a: 1, b: 1}, checks: [{rows: {min: 1}}]}\n"


def declared(
    files: Mapping[str, str],
    project: str = "",
    environment: str = "main",
    process: Mapping[str, str] | None = None,
) -> Declared:
    settings = read_settings(f"project: shop\n{project}", "freshline.yaml", process)
    settings = settings.in_force(environment)
    parts = [
        declare_file(path, text, settings, environment, None, process)
        for path, text in files.items()
        if is_folder_file(path)
    ]
    folders = layers_of(parts)
    parts += [
        declare_file(path, text, settings, environment, folders, process)
        for path, text in files.items()
        if not is_folder_file(path)
    ]
    return assemble(settings, parts)


def one(files: Mapping[str, str], project: str = "", environment: str = "main") -> AssetDefinition:
    found = declared(files, project, environment)
    assert found.diagnostics == ()
    (asset,) = found.assets
    return asset


def test_each_place_wins_over_those_outside_of_it() -> None:
    files = {
        "assets/_folder.yaml": "owner: outer\ngroup: g\nkind: view\ntimeout: 1m\n",
        "assets/stg/_folder.yaml": "owner: inner\ntimeout: 2m\nretries: 3\n",
        "assets/stg/a.sql": "/*---\ntimeout: 1.5h\nlifecycle: certified\n---*/\nSELECT 1 AS a",
    }
    environments = "environments:\n  dev: {assets: {stg.a: {lifecycle: experimental}}}\n  prod:\n"
    asset = one(files, DEFAULTS + environments, "prod")
    assert (asset.owner, asset.group, asset.kind) == ("inner", "g", Kind.VIEW)
    assert (asset.timeout, asset.retries) == (5400.0, Retries(count=3))
    assert asset.lifecycle == Lifecycle(stage=Stage.CERTIFIED)
    there = one(files, DEFAULTS + environments, "dev")
    assert there.lifecycle == Lifecycle(stage=Stage.EXPERIMENTAL)


def test_tags_and_checks_add_up_and_meta_is_merged() -> None:
    files = {
        "assets/_folder.yml": "tags: [outer]\nmeta: {b: 2, c: 2}\nchecks: [{not_null: id}]\n",
        "assets/a.sql": (
            "/*---\ntags: [own, shop]\nmeta: {c: null, d: 4}\ncolumns: {id: {unique: true}}\n"
            "checks: [{rows: {min: 100}}]\n---*/\nSELECT 1 AS id"
        ),
    }
    asset = one(files, DEFAULTS)
    assert asset.tags == ("shop", "outer", "own")
    assert asset.meta == {"a": 1, "b": 2, "d": 4}
    checks = {check.name: check.arguments for check in asset.checks}
    assert checks == {"rows": (100, None), "not_null_id": (), "unique_id": ()}


@pytest.mark.parametrize("nothing", ["checks: none\n", "checks: null\n"])
def test_what_comes_from_outside_can_be_taken_away(nothing: str) -> None:
    project = DEFAULTS.replace("{owner", "{retries: 2, timeout: 1m, storage: lake, owner")
    own = "tags: null\nmeta: null\nowner: null\nretries: null\ntimeout: null\nstorage: null\n"
    text = f"/*---\n{own}{nothing}primary_key: id\n---*/\nSELECT 1 AS id"
    asset = one({"assets/a.sql": text}, project)
    assert (asset.tags, asset.meta, asset.owner) == ((), {}, None)
    assert (asset.retries, asset.timeout, asset.storage) == (None, None, None)
    assert [check.name for check in asset.checks] == ["not_null_id", "unique_id"]


def test_a_check_of_sql_that_is_said_of_many_is_about_each() -> None:
    files = {
        "assets/_folder.yaml": "checks:\n- name: few\n  sql: FROM ${this} WHERE n > ${var.most}\n",
        "assets/stg/a.sql": "SELECT 1 AS n",
        "assets/b.csv": "",
    }
    found = declared(files, "vars: {most: 9}\n")
    checks = (*found.assets[0].checks, *found.sources[0].checks)
    texts = [check.sql for check in checks]
    assert [sql.text if sql else "" for sql in texts] == [
        'FROM "stg"."a" WHERE n > 9',
        'FROM "b" WHERE n > 9',
    ]
    assert all(sql and str(sql.span(5)) == "assets/_folder.yaml:3:13" for sql in texts)


def test_a_folder_below_sources_speaks_of_sources() -> None:
    files = {
        "sources/_folder.yaml": "owner: ada\ntags: [raw]\n",
        "sources/erp/_folder.yaml": "tags: [erp]\nchecks: [{rows: {min: 1}}]\n",
        "sources/erp/all.yaml": "sources:\n  raw.a: {path: a.csv}\n",
    }
    (found,) = declared(files).sources
    assert (found.owner, found.tags) == ("ada", ("raw", "erp"))
    assert [check.name for check in found.checks] == ["rows"]


def test_listed_assets_have_the_defaults_of_the_folder_of_their_file() -> None:
    listing = "assets:\n  other.key: {sql: SELECT 1}\n"
    files = {"assets/stg/_folder.yaml": "owner: ada\n", "assets/stg/many.yaml": listing}
    assert one(files).owner == "ada"
    (here,) = declared(
        {"assets/stg/_folder.yaml": "owner: ada\n", "freshline.yaml": listing}
    ).assets
    assert here.owner is None


def test_a_side_car_has_the_defaults_of_its_folder() -> None:
    files = {
        "assets/stg/_folder.yaml": "owner: ada\ntags: [stg]\n",
        "assets/stg/a.yaml": "tags: [own]\n",
        "assets/stg/a.sql": "SELECT 1",
    }
    asset = one(files)
    assert (asset.owner, asset.tags) == ("ada", ("stg", "own"))


@pytest.mark.parametrize(
    ("place", "text", "code"),
    [
        ("assets/stg/_folder.yaml", "check: []\n", "E102"),
        ("assets/stg/_folder.yaml", "- owner\n", "E105"),
        ("assets/stg/_folder.yaml", "owner: [\n", "E108"),
        ("assets/stg/_folder.yaml", "timeout: soon\n", "E105"),
    ],
    ids=["an unknown key", "a list", "no YAML", "a wrong value"],
)
def test_what_a_faulty_folder_speaks_of_is_set_aside(place: str, text: str, code: str) -> None:
    found = declared({place: text, "assets/stg/a.sql": "SELECT 1", "assets/b.sql": "SELECT 1"})
    assert [d.code for d in found.diagnostics] == [code]
    assert (found.broken, found.causes) == (("stg.a",), {"stg.a": code})
    assert [asset.key for asset in found.assets] == ["b"]


def test_a_folder_whose_file_cannot_be_decoded_is_set_aside_too() -> None:
    settings = read_settings("project: shop\n")
    part = declare_file("assets/_folder.yaml", b"\xff", settings)
    below = declare_file("assets/a.sql", "SELECT 1", settings, "main", layers_of([part]))
    assert [d.code for d in part.diagnostics] == ["E101"]
    assert (below.assets, below.broken) == ((), ("a",))


def test_faulty_defaults_set_everything_aside() -> None:
    found = declared({"assets/a.sql": "SELECT 1"}, "defaults: {chekcs: []}\n")
    assert ([d.code for d in found.diagnostics], found.broken) == (["E102"], ("a",))


def test_a_folder_file_in_the_root_is_none() -> None:
    found = declared({"_folder.yaml": "owner: ada\n", "assets/a.sql": "SELECT 1"})
    assert found.assets[0].owner is None


def test_an_environment_says_what_is_different_there() -> None:
    project = (
        "vars: {n: 1}\nenvironments:\n  dev:\n    vars: {n: 2}\n    assets:\n      a:\n"
        "        tags: [dev]\n        columns: {id: {between: ['${var.n}', 9]}}\n"
        "        checks: [{name: few, sql: 'FROM ${this} WHERE id > ${var.n}'}]\n  prod:\n"
    )
    text = (
        "/*---\ntags: [own]\ncolumns: {id: {type: integer!, description: What.}}\n---*/\nSELECT 1"
    )
    asset = one({"assets/a.sql": text}, project, "dev")
    assert asset.tags == ("own", "dev")
    (column,) = asset.columns
    assert (column.type, column.not_null, column.description) == ("integer", True, "What.")
    checks = {check.name: check for check in asset.checks}
    assert checks["between_id"].arguments == (2, 9)
    assert checks["few"].sql is not None and checks["few"].sql.text == 'FROM "a" WHERE id > 2'
    assert one({"assets/a.sql": text}, project, "prod").tags == ("own",)


def test_an_override_of_a_bare_file_counts() -> None:
    project = "environments: {dev: {assets: {a: {owner: ada, links: 'https://a.example'}}}}\n"
    asset = one({"assets/a.sql": "SELECT 1"}, project, "dev")
    assert (asset.owner, asset.links) == ("ada", (("https://a.example", "https://a.example"),))


def test_a_faulty_override_sets_its_asset_aside_where_it_is_in_force() -> None:
    project = "environments: {dev: {assets: {a: {timeout: 9}}}, prod: }\n"
    files = {"assets/a.sql": "SELECT 1", "assets/b.sql": "SELECT 1"}
    broken = {name: declared(files, project, name).broken for name in ("dev", "prod")}
    assert broken == {"dev": ("a",), "prod": ()}
    assert [d.code for d in declared(files, project, "prod").diagnostics] == ["E105"]


def test_what_is_absent_in_one_environment_is_told_there_only() -> None:
    project = (
        "vars: {a: {type: text}}\nstorages: {w: {adapter: lake, path: '${var.a}', x: '${env.X}'}}\n"
        "environments: {dev: {vars: {a: there}}, prod: }\n"
    )
    settings = read_settings(f"project: shop\n{project}", "freshline.yaml", {"X": "y"})
    assert settings.in_force("dev").diagnostics == ()
    assert settings.in_force("dev").project.storages[1].settings == {"path": "there", "x": "y"}
    assert [d.code for d in settings.in_force("prod").diagnostics] == ["E115"]
    assert set(settings.process) == {"X"}


def test_strictness_and_retention_are_of_an_environment() -> None:
    project = (
        "project: shop\nretention: {versions: 3}\nenvironments:\n"
        "  dev: {retention: 12h}\n  prod: {strict: true, retention: {versions: 9, days: 1.5}}\n"
    )
    settings = read_settings(project)
    told = {n: settings.in_force(n).project for n in ("dev", "prod")}
    assert {n: (p.strict, p.retention) for n, p in told.items()} == {
        "dev": (False, Retention(versions=3, days=0.5)),
        "prod": (True, Retention(versions=9, days=1.5)),
    }
    assert read_settings("project: shop\n").project.retention == Retention()


def test_a_scope_tells_apart_what_is_said_above_a_file() -> None:
    scope = read_settings("project: shop\n").scope("main")
    folders = {"assets/stg": Layer(given=("owner",), owner="ada")}
    inner = scope_of("assets/stg/deep/a.sql", scope, folders)
    assert digest_of(inner) != digest_of(scope)
    assert scope_of("assets/mart/a.sql", scope, folders) is scope


def _same(about: About, other: About, fields: tuple[str, ...]) -> bool:
    return all(getattr(about, name) == getattr(other, name) for name in fields)


_WORDS = st.sampled_from(["a", "b", "c"])
_REPLACED = ("owner", "storage", "timeout", "retries", "kind", "lifecycle", "description")
_LAYERS = st.builds(
    Layer,
    given=st.sets(st.sampled_from([*_REPLACED, "tags", "meta"])).map(lambda s: tuple(sorted(s))),
    owner=_WORDS,
    storage=_WORDS,
    description=_WORDS,
    kind=st.sampled_from(Kind),
    timeout=st.floats(1, 9),
    retries=st.builds(Retries, count=st.integers(0, 9)),
)


@given(st.lists(_LAYERS, max_size=4), _LAYERS)
def test_the_last_who_says_something_wins(layers: list[Layer], last: Layer) -> None:
    before, after = resolved("k.a", layers), resolved("k.a", [*layers, last])
    for name in _REPLACED:
        said = last if name in last.given else before
        assert getattr(after, name) == getattr(said, name)
    assert _same(resolved("k.a", [*layers, Layer()]), before, (*_REPLACED, "tags", "meta", "group"))
    assert resolved("k.a", []) == built_in("k.a")


def test_checks_of_one_name_are_those_said_last() -> None:
    files = {
        "assets/_folder.yaml": "checks: [{rows: {min: 1}, severity: warn}]\n",
        "assets/a.sql": "/*---\nchecks: [{rows: {min: 2}}]\n---*/\nSELECT 1",
    }
    (check,) = one(files).checks
    assert (check.severity, check.arguments) == (CheckSeverity.BLOCK, (2, None))
