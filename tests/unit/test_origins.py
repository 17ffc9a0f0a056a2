"""Where values come from: the nearest place that says them, with its line."""

from pathlib import Path

import pytest

from freshline.declare.origins import Definition, Origin, origins
from freshline.declare.project import read_project

PROJECT = """\
project: shop
vars: {n: 3}
defaults:
  owner: data
  tags: [shop]
environments:
  main:
    assets:
      stg.a: {tags: [dev], checks: [{rows: 5}]}
assets:
  one.here: {sql: SELECT 1, owner: ada}
"""
FILES = {
    "freshline.yaml": PROJECT,
    "assets/_folder.yaml": "meta: {a: 1, b: 2}\nretries: 2\n",
    "assets/stg/_folder.yml": "meta:\n  b: 3\ntimeout: 90s\nchecks:\n- rows: {min: '${var.n}'}\n",
    "assets/stg/a.sql": "SELECT 1 AS id",
    "assets/stg/a.yml": "columns:\n  id: integer!\nmeta: {c: x}\n",
    "assets/stg/b.sql": "/*---\nowner: null\ntags: [own]\n---*/\nSELECT 1 AS id",
    "assets/stg/c.sql": "SELECT 1 AS id",
    "assets/stg/many.yaml": "assets:\n  stg.d: {sql: SELECT 1, kind: view}\n",
    "assets/e.yaml": "sql: SELECT 1\ngroup: g\nlinks: https://e.example\n",
    "assets/f.csv": "id\n",
    "sources/_folder.yaml": "tags: [raw]\n",
    "sources/raw.yaml": "sources:\n  raw.x:\n    path: x.csv\n    read: {skip: 1}\n",
    "x.csv": "id\n",
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    for file, text in FILES.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text, encoding="utf-8")
    return folder


def told(root: Path, key: str) -> dict[str, str]:
    declared = read_project(root)
    assert declared.diagnostics == ()
    known: list[Definition] = [*declared.assets, *declared.sources]
    (definition,) = (each for each in known if each.key == key)
    found = origins(root, declared.project, "main", definition)
    return {f"{each.key}={each.value}": shown(each) for each in found if each.by != "built-in"}


def shown(origin: Origin) -> str:
    place = origin.place
    assert place is not None
    return f"{origin.by} {place.file}:{place.line}"


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (
            "stg.a",
            {
                "owner=data": "defaults freshline.yaml:4",
                "retries=2, after 5s, each wait x2": "folder assets/_folder.yaml:2",
                "timeout=1.5m": "folder assets/stg/_folder.yml:3",
                "tags=shop": "defaults freshline.yaml:5",
                "tags=dev": "environment freshline.yaml:9",
                "meta.a=1": "folder assets/_folder.yaml:1",
                "meta.b=3": "folder assets/stg/_folder.yml:2",
                "meta.c=x": "asset assets/stg/a.yml:3",
                "column id=integer!": "asset assets/stg/a.yml:2",
                "check rows=block": "environment freshline.yaml:9",
                "check not_null_id=block": "asset assets/stg/a.yml:2",
            },
        ),
        (
            "stg.b",
            {
                "owner=-": "asset assets/stg/b.sql:2",
                "retries=2, after 5s, each wait x2": "folder assets/_folder.yaml:2",
                "timeout=1.5m": "folder assets/stg/_folder.yml:3",
                "tags=shop": "defaults freshline.yaml:5",
                "tags=own": "asset assets/stg/b.sql:3",
                "meta.a=1": "folder assets/_folder.yaml:1",
                "meta.b=3": "folder assets/stg/_folder.yml:2",
                "check rows=block": "folder assets/stg/_folder.yml:5",
            },
        ),
        (
            "one.here",
            {
                "owner=ada": "asset freshline.yaml:11",
                "tags=shop": "defaults freshline.yaml:5",
            },
        ),
        (
            "raw.x",
            {
                "owner=data": "defaults freshline.yaml:4",
                "path=x.csv": "source sources/raw.yaml:3",
                "read.skip=1": "source sources/raw.yaml:4",
                "tags=shop": "defaults freshline.yaml:5",
                "tags=raw": "folder sources/_folder.yaml:1",
            },
        ),
    ],
    ids=["a side-car and an override", "front matter", "the project's file", "a source"],
)
def test_each_value_names_who_said_it(root: Path, key: str, expected: dict[str, str]) -> None:
    assert told(root, key) == expected


@pytest.mark.parametrize(
    ("key", "one", "place"),
    [
        ("stg.c", "timeout=1.5m", "folder assets/stg/_folder.yml:3"),
        ("stg.d", "kind=view", "asset assets/stg/many.yaml:2"),
        ("e", "group=g", "asset assets/e.yaml:2"),
        ("e", "links=https://e.example", "asset assets/e.yaml:3"),
        ("f", "meta.b=2", "folder assets/_folder.yaml:1"),
    ],
)
def test_it_does_not_matter_how_something_is_declared(
    root: Path, key: str, one: str, place: str
) -> None:
    assert told(root, key)[one] == place


def test_every_value_is_what_is_in_force(root: Path) -> None:
    declared = read_project(root)
    for definition in declared.assets:
        found = origins(root, declared.project, "main", definition)
        values = {each.key: each.value for each in found}
        assert values["owner"] == (definition.owner or "-")
        assert values["kind"] == definition.kind
        assert tuple(each.value for each in found if each.key == "tags") == definition.tags
        checks = {each.key for each in found if each.key.startswith("check ")}
        assert checks == {f"check {check.name}" for check in definition.checks}
