"""The published schemas say what the code accepts and answers: no key more, no key less."""

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import fields
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema_rs
import pytest
from click.testing import CliRunner

from freshline import definitions, events, versions
from freshline.cli.main import freshline
from freshline.cli.schema import FOLDER
from freshline.codec import encode
from freshline.declare import asset_tests, readers, rules, source
from freshline.declare.asset_tests import declare_tests
from freshline.declare.declaration import declare_file
from freshline.declare.frontmatter import read_front_matter
from freshline.declare.paths import FORMATS
from freshline.declare.project import read_project, read_settings
from freshline.declare.report import Report
from freshline.declare.section import Keys, data
from freshline.declare.text import source_text
from freshline.errors import Diagnostic, FreshlineError, Severity
from freshline.events import KINDS
from freshline.keys import Target
from freshline.reconcile.planned import Action
from freshline.testing import specimens
from freshline.verdicts import ReasonKind
from freshline_schemas import names, read

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests/golden"
PROJECTS = sorted(
    folder
    for parent in (GOLDEN / "declare", GOLDEN / "sql", ROOT / "projects")
    for folder in parent.iterdir()
    if (folder / "freshline.yaml").exists()
)
_TEST_FILE: Keys = vars(asset_tests)["_FILE"]
_TEST: Keys = vars(asset_tests)["_TEST"]
_ALIASES: Mapping[str, str] = vars(readers)["_ALIASES"]


class Section(NamedTuple):
    """A section of a file: its keys, where its schema is, and a file in which `{}` is a key."""

    keys: Keys
    schema: str
    part: str | None
    file: str
    text: str


SECTIONS = {
    "asset": Section(rules.ASSET, "asset", "asset", "assets/a.yaml", "{}: x\n"),
    "front matter": Section(
        rules.FRONT_MATTER, "asset", "front_matter", "assets/a.sql", "/*---\n{}: x\n---*/\nSELECT 1"
    ),
    "asset in a list": Section(
        rules.LISTED_ASSET,
        "asset",
        "listed_asset",
        "assets/a.yaml",
        "assets:\n  a.b:\n    sql: SELECT 1\n    {}: x\n",
    ),
    "file of assets": Section(
        rules.LISTING_FILE, "asset", "file_of_assets", "assets/a.yaml", "assets:\n{}: x\n"
    ),
    "file of sources": Section(rules.SOURCES_FILE, "source", None, "sources/a.yaml", "{}: x\n"),
    "source": Section(
        rules.SOURCE,
        "source",
        "source",
        "sources/a.yaml",
        "sources:\n  a.b:\n    path: a.csv\n    {}: x\n",
    ),
    "column": Section(
        rules.COLUMN, "asset", "column_long", "assets/a.yaml", "columns:\n  c:\n    {}: x\n"
    ),
    "check": Section(
        rules.CHECK, "asset", "check", "assets/a.yaml", "checks:\n  - unique: c\n    {}: x\n"
    ),
    "range": Section(
        rules.BOUNDS, "asset", "range", "assets/a.yaml", "checks:\n  - rows:\n      {}: x\n"
    ),
    "project": Section(rules.PROJECT, "project", None, "freshline.yaml", "{}: x\n"),
    "defaults": Section(
        rules.DEFAULTS, "project", "defaults", "freshline.yaml", "defaults:\n  {}: x\n"
    ),
    "folder": Section(rules.FOLDER, "folder", None, "assets/a/_folder.yaml", "{}: x\n"),
    "folder of sources": Section(
        rules.SOURCES_FOLDER, "folder", "sources_folder", "sources/_folder.yaml", "{}: x\n"
    ),
    "asset of an environment": Section(
        rules.OVERRIDE,
        "project",
        "override",
        "freshline.yaml",
        "environments:\n  dev:\n    assets:\n      a.b:\n        {}: x\n",
    ),
    "retries": Section(
        rules.RETRIES,
        "asset",
        "retries_long",
        "assets/a.yaml",
        "retries:\n  count: 1\n  {}: x\n",
    ),
    "lifecycle": Section(
        rules.LIFECYCLE,
        "asset",
        "lifecycle_long",
        "assets/a.yaml",
        "lifecycle:\n  stage: certified\n  {}: x\n",
    ),
    "cutoff": Section(rules.CUTOFF, "asset", "cutoff_long", "assets/a.yaml", "cutoff:\n  {}: x\n"),
    "version of a source": Section(
        rules.VERSION,
        "source",
        "version_long",
        "sources/a.yaml",
        "sources:\n  a.b:\n    path: a.csv\n    version:\n      {}: x\n",
    ),
    "webhooks": Section(
        rules.WEBHOOKS, "project", "webhooks", "freshline.yaml", "webhooks:\n  {}: x\n"
    ),
    "location": Section(
        rules.LOCATION,
        "project",
        "location_of_project",
        "freshline.yaml",
        "locations:\n  a:\n    path: b\n    {}: x\n",
    ),
    "input": Section(
        rules.INPUT,
        "asset",
        "input_long",
        "assets/a.yaml",
        "run: a:b\ninputs:\n  c.d:\n    {}: x\n",
    ),
    "output": Section(
        rules.OUTPUT,
        "asset",
        "output_long",
        "assets/a.yaml",
        "run: a:b\noutputs:\n  c:\n    {}: x\n",
    ),
    "limits": Section(
        rules.LIMITS, "asset", "limits_long", "assets/a.yaml", "run: a:b\nlimits:\n  {}: x\n"
    ),
    "retention": Section(
        rules.RETENTION,
        "project",
        "retention_long",
        "freshline.yaml",
        "retention:\n  {}: x\n",
    ),
    "environment": Section(
        rules.ENVIRONMENT,
        "project",
        "environment",
        "freshline.yaml",
        "environments:\n  dev:\n    {}: x\n",
    ),
    "owner": Section(
        rules.OWNER, "project", "owner_of_project", "freshline.yaml", "owners:\n  a:\n    {}: x\n"
    ),
    "variable": Section(
        rules.VARIABLE, "project", "variable_long", "freshline.yaml", "vars:\n  a:\n    {}: x\n"
    ),
    "refresh": Section(
        rules.REFRESH, "asset", "refresh_long", "assets/a.yaml", "refresh:\n  {}: x\n"
    ),
    "rule within another": Section(
        rules.RULE, "asset", "rule_long", "assets/a.yaml", "refresh:\n  all:\n    - {}: x\n"
    ),
    "what is waited for": Section(
        rules.WAKE,
        "asset",
        "wake_long",
        "assets/a.yaml",
        "refresh:\n  wake:\n    - {}: x\n",
    ),
    "calendar": Section(
        rules.CALENDAR,
        "project",
        "calendar_long",
        "freshline.yaml",
        "calendars:\n  work:\n    {}: x\n",
    ),
    "hours": Section(
        rules.HOURS, "asset", "hours_long", "assets/a.yaml", "refresh:\n  hours:\n    {}: x\n"
    ),
    "freshness": Section(
        rules.FRESHNESS, "asset", "freshness_long", "assets/a.yaml", "freshness:\n  {}: x\n"
    ),
    "input of SQL": Section(
        rules.SQL_INPUT,
        "asset",
        "sql_input_long",
        "assets/a.yaml",
        "sql: SELECT 1\ninputs:\n  c.d:\n    {}: x\n",
    ),
    "file of sensors": Section(rules.SENSORS_FILE, "sensors", None, "sensors/a.yaml", "{}: x\n"),
    "schedule": Section(
        rules.SCHEDULE, "sensors", "schedule", "sensors/a.yaml", "schedules:\n  a:\n    {}: x\n"
    ),
    "sensor": Section(
        rules.SENSOR, "sensors", "sensor", "sensors/a.yaml", "sensors:\n  a:\n    {}: x\n"
    ),
    "list of conditions": Section(
        rules.WHEN,
        "sensors",
        "when_long",
        "sensors/a.yaml",
        "sensors:\n  a:\n    when:\n      within: 1h\n      {}: x\n",
    ),
    **{
        f"condition of {kind}": Section(
            keys,
            "sensors",
            f"condition_{kind}",
            "sensors/a.yaml",
            f"sensors:\n  a:\n    when:\n      {kind}: b\n      {{}}: x\n",
        )
        for kind, keys in rules.CONDITIONS.items()
    },
    **{
        f"act of {kind}": Section(
            keys,
            "sensors",
            f"act_{kind}",
            "sensors/a.yaml",
            f"sensors:\n  a:\n    do:\n      {kind}: b\n      {{}}: x\n",
        )
        for kind, keys in rules.ACTS.items()
    },
    "file of tests": Section(_TEST_FILE, "tests", None, "tests/a.yaml", "{}: x\n"),
    "test": Section(_TEST, "tests", "test", "tests/a.yaml", "tests:\n  a:\n    {}: x\n"),
}


def part(schema: str, name: str | None) -> Mapping[str, Any]:
    whole = read(schema)
    return whole if name is None else whole["$defs"][name]


def validator(schema: str, name: str | None = None) -> jsonschema_rs.Draft202012Validator:
    whole = dict(read(schema))
    if name is None:
        return jsonschema_rs.Draft202012Validator(whole)
    alone = {"$ref": f"#/$defs/{name}", "$defs": whole["$defs"]}
    return jsonschema_rs.Draft202012Validator(alone)


def findings(file: str, text: str) -> tuple[Diagnostic, ...]:
    settings = read_settings(b"project: shop\n")
    if file == "freshline.yaml":
        return read_settings(text.encode()).diagnostics
    if file.startswith("tests/"):
        declared = declare_tests(file, text.encode())
        faults = tuple(fault for test in declared.tests for fault in test.faults)
        return (*declared.problems, *faults)
    return declare_file(file, text.encode(), settings).diagnostics


def content(path: Path) -> Any:
    """Return the plain data of a YAML file as Freshline's own reader sees it."""
    report = Report(source_text(path.name, path.read_text(encoding="utf-8")))
    return plain(report, source.compose(report))


def plain(report: Report, node: source.Node | None) -> Any:
    return None if node is None else data(report, source.Entry(source.Scalar(0, 0, ""), node))


@pytest.mark.parametrize("name", names())
def test_a_schema_is_a_schema_and_its_examples_keep_it(name: str) -> None:
    schema = dict(read(name))
    jsonschema_rs.meta.validate(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    wrong: list[str] = []
    for place, inner in _inside(schema, "#"):
        alone = jsonschema_rs.Draft202012Validator({**inner, "$defs": schema.get("$defs", {})})
        wrong += [f"{place}: {e!r}" for e in inner.get("examples", ()) if not alone.is_valid(e)]
    assert not wrong, "\n".join(wrong)


def _inside(node: object, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every schema within a schema, with its place."""
    match node:
        case dict():
            known: dict[str, Any] = {str(key): value for key, value in node.items()}  # pyright: ignore
            yield place, known
            for keyword in ("properties", "$defs"):
                for name, inner in known.get(keyword, {}).items():
                    yield from _inside(inner, f"{place}/{keyword}/{name}")
            for keyword in ("anyOf", "oneOf"):
                for number, inner in enumerate(known.get(keyword, ())):
                    yield from _inside(inner, f"{place}/{keyword}/{number}")
            for keyword in ("items", "additionalProperties"):
                if known.get(keyword):
                    yield from _inside(known[keyword], f"{place}/{keyword}")
        case _:
            return


@pytest.mark.parametrize("name", names())
def test_every_property_is_described_and_shown(name: str) -> None:
    schema = dict(read(name))
    poor: list[str] = []
    for place, inner in _inside(schema, "#"):
        for key, given in inner.get("properties", {}).items():
            target = schema.get("$defs", {}).get(given.get("$ref", "").rpartition("/")[2], {})
            told = {**target, **given}
            shows = told.keys() & {"examples", "enum", "const"} or target.get("properties")
            if not told.get("description", "").endswith(".") or not shows:
                poor.append(f"{place}/{key}")
    assert not poor, "\n".join(poor)


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_has_the_keys_that_the_code_knows(name: str) -> None:
    section = SECTIONS[name]
    schema = part(section.schema, section.part)
    assert set(schema["properties"]) == set(section.keys.known)
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("slip", ["{0}{2}", "{1}{0}"], ids=["end", "beginning"])
@pytest.mark.parametrize(
    ("name", "key"),
    [
        pytest.param(name, key, id=f"{key} of {name}")
        for name, section in SECTIONS.items()
        for key in section.keys.known
    ],
)
def test_a_misspelt_key_is_told_with_the_one_that_was_meant(name: str, key: str, slip: str) -> None:
    section, misspelt = SECTIONS[name], slip.format(key, key[0], key[-1])
    found = findings(section.file, section.text.replace("{}", misspelt))
    (told,) = [each for each in found if each.code == "E102"]
    assert misspelt in told.message
    assert told.fix == f'did you mean "{key}"?'


def test_the_options_of_readers_are_those_that_the_code_knows() -> None:
    known = {option for options in readers.OPTIONS.values() for option in options}
    assert set(part("source", "read")["properties"]) == known | _ALIASES.keys()


@pytest.mark.parametrize("folder", PROJECTS, ids=lambda folder: folder.name)
def test_files_that_the_code_finds_good_keep_their_schema(folder: Path) -> None:
    bad = {d.span.file for d in read_project(folder).diagnostics if d.span is not None}
    for path in sorted(folder.rglob("*")):
        file = path.relative_to(folder).as_posix()
        if file in bad or file.startswith("."):
            continue
        if path.suffix in (".yaml", ".yml"):
            validator(_schema_of(file)).validate(content(path))
        elif path.suffix == ".sql" and file.startswith("assets/"):
            report = Report(source_text(file, path.read_text(encoding="utf-8")))
            node = read_front_matter(report).node
            if node is not None:
                front = plain(report, node)
                validator("asset", "front_matter").validate(front)


_FAULTS_OF_SHAPE = {"E102", "E105", "E116"}


@pytest.mark.parametrize("folder", PROJECTS, ids=lambda folder: folder.name)
def test_files_that_the_code_finds_misshapen_break_their_schema(folder: Path) -> None:
    found: dict[str, set[str]] = {}
    for each in read_project(folder).diagnostics:
        if each.span is not None:
            found.setdefault(each.span.file, set()).add(each.code)
    for file, codes in found.items():
        path = folder / file
        # That 64 bits are enough for a number, a schema does not say.
        if path.suffix != ".sql" and codes & _FAULTS_OF_SHAPE and path.name != "truth.yaml":
            assert not validator(_schema_of(file)).is_valid(content(path)), file


def _schema_of(file: str) -> str:
    if file.endswith(("/_folder.yaml", "/_folder.yml")):
        return "folder"
    known = {"assets": "asset", "sources": "source", "sensors": "sensors", "tests": "tests"}
    return known.get(file.partition("/")[0], "project")


def test_tests_that_the_code_finds_good_keep_their_schema() -> None:
    found = content(GOLDEN / "asset_tests/nothing_wrong.yaml")
    validator("tests").validate(found)


GOOD_AND_BAD: dict[str, tuple[str, str, str]] = {
    "a check of SQL has a name": (
        "asset",
        "checks: [{name: few, sql: SELECT 1}]",
        "checks: [{sql: SELECT 1}]",
    ),
    "a check has one kind": (
        "asset",
        "checks: [{unique: a}, {rows: 3}]",
        "checks: [{unique: a, rows: 3}]",
    ),
    "two bounds are not both open": (
        "asset",
        "columns: {a: {between: [0, null]}}",
        "columns: {a: {between: [null, null]}}",
    ),
    "a key is no name of the database's own": (
        "source",
        "sources: {raw.main_orders: {path: a.csv}}",
        "sources: {main.orders: {path: a.csv}}",
    ),
    "a source has a path": ("source", "sources: {a: {path: a.csv}}", "sources: {a: {}}"),
    "a listed asset has its SQL": (
        "asset",
        "assets: {a: {sql: SELECT 1}}",
        "assets: {a: {tags: [b]}}",
    ),
    "the SQL of a listed asset is not left empty": (
        "asset",
        "assets: {a: {sql: SELECT 1}}",
        "assets: {a: {sql: }}",
    ),
    "a link leads to a page": ("asset", "links: https://a.example", "links: 'javascript:x'"),
    "a variable has a type or a default": (
        "project",
        "{project: a, vars: {b: {type: date}}}",
        "{project: a, vars: {b: {description: c}}}",
    ),
    "a variable whose type is left empty has a default": (
        "project",
        "{project: a, vars: {b: {type: null, default: 1}}}",
        "{project: a, vars: {b: {type: null}}}",
    ),
    "a duration has a unit": ("asset", "timeout: 1.5h", "timeout: 90"),
    "a timeout is longer than nothing": ("asset", "timeout: 1ms", "timeout: 0.0 s"),
    "retries say how often": ("asset", "retries: {count: 0}", "retries: {delay: 5s}"),
    "a wait does not become shorter": (
        "asset",
        "retries: {count: 1, backoff: 1.5}",
        "retries: {count: 1, backoff: 0.5}",
    ),
    "a stage is one of three": ("asset", "lifecycle: certified", "lifecycle: stable"),
    "only what goes has a sunset": (
        "asset",
        "lifecycle: {stage: deprecated, sunset: 2027-01-31}",
        "lifecycle: {stage: certified, sunset: 2027-01-31}",
    ),
    "a volatile asset is frozen, or made anew each hour or day": (
        "asset",
        "volatile: day",
        "volatile: week",
    ),
    "a folder says what is volatile": ("folder", "volatile: freeze", "volatile: never"),
    "a cutoff is one of three": ("asset", "cutoff: logic", "cutoff: none"),
    "a rounding is above nothing": ("asset", "cutoff: {round: 1e-9}", "cutoff: {round: 0}"),
    "a cutoff that is a mapping rounds": ("asset", "cutoff: {round: 2}", "cutoff: {}"),
    "a version is taken in one of some ways": (
        "source",
        "sources: {a: {path: a.csv, version: content}}",
        "sources: {a: {path: a.csv, version: md5}}",
    ),
    "a time to live is longer than nothing": (
        "source",
        "sources: {a: {path: a.csv, version: {ttl: 6h}}}",
        "sources: {a: {path: a.csv, version: {ttl: 0s}}}",
    ),
    "a time to live is said": (
        "source",
        "sources: {a: {path: a.csv, version: {ttl: 90m}}}",
        "sources: {a: {path: a.csv, version: ttl}}",
    ),
    "some version is kept": (
        "project",
        "{project: a, retention: {versions: 1, days: 0}}",
        "{project: a, retention: {versions: 0}}",
    ),
    "days are days": ("project", "{project: a, retention: 7d}", "{project: a, retention: 7}"),
    "an environment is strict or not": (
        "project",
        "{project: a, environments: {b: {strict: true}}}",
        "{project: a, environments: {b: {strict: very}}}",
    ),
    "a folder names no asset": ("folder", "{kind: view, checks: none}", "{key: a.b}"),
    "a storage has an adapter": (
        "project",
        "{project: a, storages: {b: {adapter: lake}}}",
        "{project: a, storages: {b: {path: c}}}",
    ),
    "a number is text where text belongs": (
        "asset",
        "{description: 2024, owner: 7, group: 1, tags: [2024]}",
        "{description: [2024]}",
    ),
    "a project has a name": ("project", "project: a", "storage: lake"),
    "a listed asset may have code in place of SQL": (
        "asset",
        "assets: {a: {run: b:c}, d: {command: [e]}}",
        "assets: {a: {run: }, d: {command: }}",
    ),
    "a function stands behind the colon of its module": ("asset", "run: a.b:c", "run: a/b.py"),
    "a command has a word": ("asset", "command: [a]", "command: []"),
    "a word of a command is text": ("asset", "command: [a, '{output}']", "command: [a, {output}]"),
    "inputs are keys": ("asset", "{run: a:b, inputs: [a.b]}", "{run: a:b, inputs: [A b]}"),
    "an input that is told its columns has some": (
        "asset",
        "{run: a:b, inputs: {a.b: [c]}}",
        "{run: a:b, inputs: {a.b: []}}",
    ),
    "an input is called as parameters are": (
        "asset",
        "{run: a:b, inputs: {a.b: {as: c}}}",
        "{run: a:b, inputs: {a.b: {as: c-d}}}",
    ),
    "outputs have names": (
        "asset",
        "{run: a:b, outputs: {c: , d: e.f}}",
        "{run: a:b, outputs: [c, e.f]}",
    ),
    "there is one way to be isolated": (
        "asset",
        "{run: a:b, isolation: fresh}",
        "{run: a:b, isolation: total}",
    ),
    "a size has a unit": (
        "asset",
        "{run: a:b, limits: {memory: 2GiB}}",
        "{run: a:b, limits: {memory: 2000000000}}",
    ),
    "limits may stand below resources": (
        "asset",
        "{run: a:b, resources: {memory: 2GiB, client: c}}",
        "{run: a:b, resources: {memory: much}}",
    ),
    "code is pure or not": ("asset", "{run: a:b, pure: false}", "{run: a:b, pure: 1}"),
    "a process variable has a name": (
        "asset",
        "{run: a:b, reads_env: [REGION]}",
        "{run: a:b, reads_env: [the region]}",
    ),
    "a location is a path": (
        "project",
        "{project: a, locations: {b: c/d, e: {path: f, python: 3.12}}}",
        "{project: a, locations: {b: [c]}}",
    ),
    "a resource has a type": (
        "project",
        "{project: a, resources: {b: c:D, e: {type: f:G, url: h}}}",
        "{project: a, resources: {b: {url: h}}}",
    ),
    "an environment changes settings of resources": (
        "project",
        "{project: a, resources: {b: c:D}, environments: {e: {resources: {b: {url: x}}}}}",
        "{project: a, resources: {b: c:D}, environments: {e: {resources: {b: [x]}}}}",
    ),
}


_EMPTIABLE = ("folder", "folder of sources", "environment", "asset of an environment")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        pytest.param(name, key, id=f"{key} of {name}")
        for name in ("asset", "front matter", "source", "defaults", "owner", "project", *_EMPTIABLE)
        for key in SECTIONS[name].keys.known
        if key not in ("project", "path")
    ],
)
def test_a_key_may_be_left_empty(name: str, key: str) -> None:
    section = SECTIONS[name]
    needed = {"project": {"project": "shop"}, "source": {"path": "a.csv"}}.get(name, {})
    assert validator(section.schema, section.part).is_valid({**needed, key: None})


@pytest.mark.parametrize(("schema", "good", "bad"), GOOD_AND_BAD.values(), ids=GOOD_AND_BAD)
def test_schema_and_code_agree(schema: str, good: str, bad: str) -> None:
    files = {
        "asset": "assets/x.yaml",
        "folder": "assets/_folder.yaml",
        "source": "sources/x.yaml",
        "project": "freshline.yaml",
    }
    for text, is_good in ((good, True), (bad, False)):
        report = Report(source_text("x.yaml", text))
        found = plain(report, source.compose(report))
        assert validator(schema).is_valid(found) is is_good
        assert (not findings(files[schema], text)) is is_good


class Listed(NamedTuple):
    """An enumeration in a schema, and in the code."""

    schema: str
    part: str
    key: str
    values: tuple[str, ...]


def _all(kinds: type[StrEnum]) -> tuple[str, ...]:
    return tuple(kind.value for kind in kinds)


LISTED = {
    "kinds of assets": Listed("asset", "kind", "", _all(definitions.Kind)),
    "formats": Listed("source", "source", "format", FORMATS),
    "stages": Listed("asset", "stage", "", _all(definitions.Stage)),
    "severities of checks": Listed("asset", "severity", "", _all(definitions.CheckSeverity)),
    "actions": Listed("plan", "step", "action", _all(Action)),
    "trusts": Listed("plan", "fresh", "trust", _all(definitions.Trust)),
    "policies of what is volatile": Listed("asset", "volatile", "", _all(definitions.Volatile)),
    "reasons": Listed("plan", "reason", "kind", _all(ReasonKind)),
    "severities of findings": Listed("plan", "problem", "severity", _all(Severity)),
    "severities of failing checks": Listed(
        "plan", "failing", "severity", _all(definitions.CheckSeverity)
    ),
    "outcomes": Listed("event", "run_finished", "outcome", _all(events.Outcome)),
    "kinds of publishes": Listed("event", "version", "kind", _all(versions.PublishKind)),
    "kinds of checks": Listed("event", "result", "kind", _all(definitions.CheckKind)),
}


@pytest.mark.parametrize("listed", LISTED.values(), ids=LISTED)
def test_an_enumeration_has_the_values_of_the_code(listed: Listed) -> None:
    found = part(listed.schema, listed.part)
    found = found["properties"][listed.key] if listed.key else found
    assert set(found["enum"]) - {None} == set(listed.values)


RECORDS: dict[str, type] = {
    **KINDS,
    "version": versions.Version,
    "trace": versions.Trace,
    "build": versions.Build,
    "logic": versions.Logic,
    "result": events.CheckResult,
}


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_has_the_fields_of_the_code(name: str) -> None:
    schema = part("event", name)
    assert list(schema["properties"]) == [field.name for field in fields(RECORDS[name])]
    assert schema["required"] == list(schema["properties"])


def test_events_keep_their_schema() -> None:
    target = Target("shop", "main", "marts.daily")
    result = events.CheckResult(
        name="rows",
        kind=definitions.CheckKind.ROWS,
        severity=definitions.CheckSeverity.WARN,
        check="c",
        contents=("d",),
        failing=1,
        columns=("rows",),
        rows=(("0",), (None,)),
    )
    checked = events.Checked(
        at=1.0, run="r", target=target, version="v", data_version="d", results=(result,)
    )
    accepted = events.CheckAccepted(
        at=1.0, run="r", target=target, name="a", check="c", contents=(), actor="ada", reason="b"
    )
    started = events.AttemptStarted(at=1.0, run="r", target=target, publish_id="p", fence=1, base=0)
    for event in (*specimens.one_of_each(), checked, accepted, started):
        told = json.loads(encode({"sequence": 1, "kind": event.kind, "event": event}))
        validator("event").validate(told)
        assert not validator("event").is_valid({**told, "event": {"at": 1.0}})


def test_plans_keep_their_schema(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    ignored = shutil.ignore_patterns(".freshline", "*.duckdb")
    shutil.copytree(ROOT / "projects/quickstart", shop, ignore=ignored)

    def ask(*command: str) -> Any:
        return json.loads(CliRunner().invoke(freshline, ["-p", str(shop), *command]).stdout)

    def plan(*command: str) -> Any:
        answer = ask("plan", "--json", *command)
        validator("plan").validate(answer)
        return answer

    assert {step["action"] for step in plan()["steps"]} == {"create"}
    assert plan("--only", "marts.daily")["blocked"]
    with (shop / "data/orders.csv").open("a") as orders:
        orders.write("9999,1,2024-03-09 08:00:00,House,900,100.00,paid\n")
    ask("apply", "--json", "--yes")
    (shop / "assets/marts/customers.sql").unlink()
    built = plan()
    assert built["fresh"] and built["failing"] and built["orphans"]
    daily, staging = shop / "assets/marts/daily.sql", shop / "assets/staging/orders.sql"
    daily.write_text(daily.read_text().replace("day by day", "each day"))
    (shop / "assets/broken.sql").write_text("SELECT nope FROM staging.orders")
    staging.write_text(staging.read_text().replace("lower(status)", "trim(lower(status))"))
    edited = plan()
    assert {step["action"] for step in edited["steps"]} == {"rebuild", "recheck"}
    assert edited["quarantined"] and edited["problems"] and edited["metadata"]


def run(*command: str) -> tuple[int, str]:
    done = CliRunner().invoke(freshline, command, standalone_mode=False)
    if done.exception is not None:
        assert isinstance(done.exception, FreshlineError)
        return 1, f"{done.exception.message} {done.exception.help}"
    return int(done.return_value or 0), done.stdout


@pytest.mark.parametrize("name", names())
def test_a_schema_is_printed_whole(name: str) -> None:
    code, text = run("schema", name)
    assert (code, json.loads(text)) == (0, read(name))


def test_the_list_names_every_schema() -> None:
    assert [line.split()[0] for line in run("schema")[1].splitlines()] == list(names())


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("schema", "asets"), 'there is no schema "asets" did you mean "asset"?'),
        (("schema", "asset", "--write"), "--write writes all of them"),
        (("schema", "--write", __file__), f"cannot write in {__file__}: "),
    ],
    ids=["a name that is misspelt", "a name and --write", "a folder that is a file"],
)
def test_the_command_refuses(command: tuple[str, ...], told: str) -> None:
    code, text = run(*command)
    assert code == 1
    assert text.startswith(told)


def test_a_new_project_has_the_schema_that_its_first_line_names(tmp_path: Path) -> None:
    run("init", str(tmp_path / "shop"))
    first = (tmp_path / "shop/freshline.yaml").read_text().partition("\n")[0]
    assert first == f"# yaml-language-server: $schema={FOLDER}/project.json"
    written = json.loads((tmp_path / "shop" / FOLDER / "project.json").read_text())
    assert written == read("project")


def test_schemas_are_written_into_the_project_or_where_it_is_said(tmp_path: Path) -> None:
    run("init", str(tmp_path / "shop"))
    (tmp_path / "shop" / FOLDER / "plan.json").write_text("of an older version")
    assert run("-p", str(tmp_path / "shop"), "schema", "--write")[0] == 0
    assert run("schema", "--write", str(tmp_path / "there"))[0] == 0
    for folder in (tmp_path / "shop" / FOLDER, tmp_path / "there"):
        found = {path.stem: json.loads(path.read_text()) for path in folder.iterdir()}
        assert found == {name: read(name) for name in names()}
