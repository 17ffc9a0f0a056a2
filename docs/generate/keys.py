"""The page of keys: what files of a project may hold, from the schemas and the code."""

from collections.abc import Iterator
from typing import NamedTuple

from docs.generate.markdown import cell, code, example, page, prose

from freshline.declare import asset_tests, rules
from freshline.declare.section import Keys
from freshline_schemas import read


class Part(NamedTuple):
    """A section of the page of keys: its title, its schema, and the keys that the code knows."""

    title: str
    schema: str
    part: str | None = None
    keys: Keys | None = None


_TEST: Keys = vars(asset_tests)["_TEST"]
PARTS = (
    Part("freshline.yaml", "project", None, rules.PROJECT),
    Part("A variable below `vars:`", "project", "variable_long", rules.VARIABLE),
    Part("An owner below `owners:`", "project", "owner_of_project", rules.OWNER),
    Part("`defaults:`", "project", "defaults", rules.DEFAULTS),
    Part("`_folder.yaml` below assets/", "folder", None, rules.FOLDER),
    Part("`_folder.yaml` below sources/", "folder", "sources_folder", rules.SOURCES_FOLDER),
    Part("A storage below `storages:`", "project", "storage_of_project"),
    Part("A location below `locations:`", "project", "location_of_project", rules.LOCATION),
    Part("A resource below `resources:`", "project", "resource_of_project"),
    Part("`webhooks:`", "project", "webhooks", rules.WEBHOOKS),
    Part("An environment below `environments:`", "project", "environment", rules.ENVIRONMENT),
    Part("An asset in an environment", "project", "override", rules.OVERRIDE),
    Part("`retention:`", "project", "retention_long", rules.RETENTION),
    Part("An asset", "asset", "asset", rules.ASSET),
    Part("An input of code below `inputs:`", "asset", "input_long", rules.INPUT),
    Part("An output of code below `outputs:`", "asset", "output_long", rules.OUTPUT),
    Part("An input of SQL below `inputs:`", "asset", "sql_input_long", rules.SQL_INPUT),
    Part("`limits:`", "asset", "limits_long", rules.LIMITS),
    Part("`lifecycle:`", "asset", "lifecycle_long", rules.LIFECYCLE),
    Part("`retries:`", "asset", "retries_long", rules.RETRIES),
    Part("`refresh:`", "asset", "refresh_long", rules.REFRESH),
    Part("What is waited for below `wake:`", "asset", "wake_long", rules.WAKE),
    Part("`hours:`", "asset", "hours_long", rules.HOURS),
    Part("A calendar", "project", "calendar_long", rules.CALENDAR),
    Part("`freshness:`", "asset", "freshness_long", rules.FRESHNESS),
    Part("A source", "source", "source", rules.SOURCE),
    Part("`read:` of a source", "source", "read"),
    Part("A column below `columns:`", "asset", "column_long", rules.COLUMN),
    Part("A check in the list `checks:`", "asset", "check", rules.CHECK),
    Part("A range", "asset", "range", rules.BOUNDS),
    Part("A schedule below `schedules:`", "sensors", "schedule", rules.SCHEDULE),
    Part("A sensor below `sensors:`", "sensors", "sensor", rules.SENSOR),
    Part("Several conditions below `when:`", "sensors", "when_long", rules.WHEN),
    *(
        Part(f"A condition of `{kind}`", "sensors", f"condition_{kind}", keys)
        for kind, keys in rules.CONDITIONS.items()
    ),
    *(
        Part(f"An act of `{kind}`", "sensors", f"act_{kind}", keys)
        for kind, keys in rules.ACTS.items()
    ),
    Part("A test below `tests:`", "tests", "test", _TEST),
    Part("The answer of `freshline plan --json`", "plan"),
    Part("Its steps", "plan", "step"),
    Part("Their reasons", "plan", "reason"),
    Part("Its fresh assets", "plan", "fresh"),
    Part("Its changes of metadata", "plan", "metadata"),
    Part("Its assets that are set aside", "plan", "quarantined"),
    Part("Its assets that are blocked", "plan", "blocked"),
    Part("Its failing checks", "plan", "failing"),
    Part("Its assets that are pinned or paused", "plan", "held"),
    Part("Its problems", "plan", "problem"),
)


def keys() -> str:
    """Return the page of all keys, from the schemas and from what the code knows of later ones."""
    lines = [
        "# Keys",
        "",
        *prose("""
        What files of a project may hold, and what `freshline plan --json` answers. Any other key
        is an error, with the nearest one proposed. Editors show the same from the JSON Schemas,
        which `freshline schema --write` puts into `.freshline/schema/`. `init` does it for a new
        project; do it after a clone and after an upgrade. An editor with a YAML language server
        finds a schema by a comment in the file that names it, relative to that file; here for
        `freshline.yaml` and for a file in `sources/`:
        """),
        "",
        "```yaml",
        "# yaml-language-server: $schema=.freshline/schema/project.json",
        "# yaml-language-server: $schema=../.freshline/schema/source.json",
        "```",
        "",
        *prose("""
        `asset.json` is for files below `assets/`, `folder.json` for each `_folder.yaml`,
        `sensors.json` for `sensors/`, `tests.json` for `tests/`. The front matter of a SQL file
        holds the keys of an asset, but for `sql`. Below `assets:` and `sources:`, in
        `freshline.yaml` or in a file of their own, assets and sources stand under their full keys,
        and an asset has no `key`.
        """),
    ]
    for part in PARTS:
        lines += ["", f"## {part.title}", "", *_keys_of(part)]
    return page(lines)


def _keys_of(part: Part) -> Iterator[str]:
    whole = read(part.schema)
    schema = whole if part.part is None else whole["$defs"][part.part]
    if part.part is not None:
        yield schema["description"]
        yield ""
    yield "| key | | for instance |"
    yield "|---|---|---|"
    for name, given in schema["properties"].items():
        told = {**whole["$defs"].get(given.get("$ref", "").rpartition("/")[2], {}), **given}
        needed = " Required." if name in schema.get("required", ()) and part.keys else ""
        listed = [code(value) for value in told.get("enum", ()) if value is not None]
        what = f" One of {', '.join(listed)}." if listed else ""
        shown = "" if listed else example(told, is_written=part.schema != "plan")
        yield f"| `{name}` | {cell(told['description'] + what + needed)} | {cell(shown)} |"
    later = sorted(part.keys.later) if part.keys else []
    if later:
        yield ""
        yield f"Of later versions, and refused as such: {', '.join(map(code, later))}."
