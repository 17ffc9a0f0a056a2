"""The reference, written from what it describes: `python docs/generate.py` makes docs/reference.

Each page is a function of the schemas, the commands, the codes or the events, and of nothing else,
so that the same sources give the same page on every machine.
"""

import json
import re
import tempfile
import textwrap
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, NamedTuple, cast

import click
import yaml

from freshline import errors
from freshline.cli.main import TABLE, freshline
from freshline.codes import CODES
from freshline.declare import asset_tests, rules
from freshline.declare.section import Keys
from freshline.events import KINDS
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.server.api.description import described, document
from freshline_catalog.server.app import create_app
from freshline_catalog.server.services import Scope, Services
from freshline_schemas import read

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
# Which asset a finding sets aside: no part of what people see.
_OF = re.compile(r" +(error|warning) of ").match
_GOLDEN = (
    "declare/*/expected.txt",
    "sql/*/expected.txt",
    "code/*/expected.txt",
    "asset_tests/*.txt",
)

EXAMPLES = cast(
    Mapping[str, Mapping[str, str]],
    yaml.safe_load((ROOT / "docs" / "examples.yaml").read_text(encoding="utf-8")),
)


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
        *_prose("""
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
        *_prose("""
        `asset.json` is for files below `assets/`, `folder.json` for each `_folder.yaml`,
        `sensors.json` for `sensors/`, `tests.json` for `tests/`. The front matter of a SQL file
        holds the keys of an asset, but for `sql`. Below `assets:` and `sources:`, in
        `freshline.yaml` or in a file of their own, assets and sources stand under their full keys,
        and an asset has no `key`.
        """),
    ]
    for part in PARTS:
        lines += ["", f"## {part.title}", "", *_keys_of(part)]
    return _page(lines)


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
        listed = [_code(value) for value in told.get("enum", ()) if value is not None]
        what = f" One of {', '.join(listed)}." if listed else ""
        shown = "" if listed else _example(told, is_written=part.schema != "plan")
        yield f"| `{name}` | {_cell(told['description'] + what + needed)} | {_cell(shown)} |"
    later = sorted(part.keys.later) if part.keys else []
    if later:
        yield ""
        yield f"Of later versions, and refused as such: {', '.join(map(_code, later))}."


def commands() -> str:
    """Return the page of all commands, from the command line itself."""
    lines = [
        "# Commands",
        "",
        *_prose("""
        The answer goes to standard output, progress and warnings to standard error. A `SELECTION`
        names assets: see [selections](../concepts/selection.md). Everywhere:
        """),
        "",
        *_options(freshline, frozenset({"version"})),
        "",
        "| exit code | |",
        "|---|---|",
        "| 0 | It was done, or there was nothing to do. |",
        "| 1 | Something failed, is wrong or could not be made fresh: a definition, a step, a"
        " check, a test. |",
        "| 2 | The command was asked for something that it cannot do. With `plan"
        " --detailed-exitcode`: there is work. |",
        "| 130 | It was stopped, with Ctrl-C or by `freshline cancel`. |",
        "| 141 | Nobody reads on what it writes, as with `freshline events | head`. |",
    ]
    everywhere = frozenset(str(option.name) for option in freshline.params)
    for heading, entries in TABLE.items():
        lines += ["", f"## {heading}"]
        for name in entries:
            command = freshline.get_command(click.Context(freshline), name)
            assert command is not None
            lines += ["", *_command(("freshline", name), command, everywhere)]
            lines += ["", "| for instance | |", "|---|---|"]
            lines += [f"| {_cell(_code(line))} | {what} |" for line, what in EXAMPLES[name].items()]
    return _page(lines)


def _command(
    path: tuple[str, ...], command: click.Command, everywhere: frozenset[str]
) -> Iterator[str]:
    context = click.Context(command, info_name=" ".join(path))
    usage = " ".join(command.collect_usage_pieces(context))
    yield f"### {' '.join(path)}"
    yield ""
    yield f"`{' '.join(path)} {usage}`".replace(" [OPTIONS]", "", 1)
    yield ""
    yield " ".join((command.help or "").split())
    options = [*_options(command, everywhere)]
    if options:
        yield ""
        yield from options
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield ""
            yield from (
                line.replace("### ", "#### ", 1)
                for line in _command((*path, name), inner, everywhere)
            )


def _options(command: click.Command, leave_out: frozenset[str]) -> Iterator[str]:
    options = [
        option
        for option in command.params
        if isinstance(option, click.Option) and option.name not in leave_out
    ]
    if options:
        yield "| option | |"
        yield "|---|---|"
    for option in options:
        # A flag takes nothing; how many jobs there are by default depends on the machine.
        names = ", ".join(f"`{name}`" for name in option.opts)
        value = "" if option.is_flag or option.count else f" `{_metavar(option)}`"
        default = option.default if option.name != "jobs" else "what the machine has room for"
        shown = f" By default {default}." if option.show_default and default is not None else ""
        yield f"| {names}{_cell(value)} | {_cell((option.help or '') + shown).strip()} |"


def _metavar(option: click.Option) -> str:
    if isinstance(option.type, click.Choice):
        return " or ".join(str(choice) for choice in option.type.choices)
    return option.metavar or {"integer range": "N", "integer": "N"}.get(option.type.name, "TEXT")


def diagnostics() -> str:
    """Return the page of all codes, each with a case from the tests that shows it."""
    lines = [
        "# Diagnostics",
        "",
        *_prose("""
        Everything that `freshline validate` may find has a code that never changes its meaning: E1
        is about how things are written, E2 about what the SQL says, E3 about what is read, E4
        about unit tests; W5 is worth knowing and sets nothing aside. The cases below are those of
        the test suite.
        """),
    ]
    shown = _cases()
    for code, title in CODES.items():
        lines += ["", f"## {code}: {title}"]
        if code in shown:
            folder, text = shown[code]
            lines += ["", "```", *text, "```", "", f"From [{folder.name}](../../{_path(folder)})."]
    lines += ["", "## Errors of commands", "", "| code | |", "|---|---|"]
    lines += [
        f"| {kind.code} | {_first_sentence(kind)} |" for kind in _kinds(errors.FreshlineError)
    ]
    return _page(lines)


def _cases() -> dict[str, tuple[Path, list[str]]]:
    """Return for each code the case that shows most in the fewest lines, of equals the first."""
    found: dict[str, tuple[tuple[bool, int], Path, list[str]]] = {}
    for pattern in _GOLDEN:
        for path in sorted((ROOT / "tests" / "golden").glob(pattern)):
            place = path.parent if path.name == "expected.txt" else path.with_suffix(".yaml")
            for block in path.read_text(encoding="utf-8").split("\n\n"):
                code, text = block[:4], [line for line in block.splitlines() if not _OF(line)]
                is_plain = all(line.isprintable() and len(line) <= 140 for line in text)
                if code not in CODES or block[4:5] != " " or not is_plain:
                    continue
                points_nowhere = not any(line.strip(" ^") == "" and "^" in line for line in text)
                rank = (points_nowhere, len(text))
                if code not in found or rank < found[code][0]:
                    found[code] = (rank, place, text)
    return {code: (place, text) for code, (_, place, text) in found.items()}


def _kinds(root: type[errors.FreshlineError]) -> list[type[errors.FreshlineError]]:
    kinds = [root]
    for kind in kinds:
        kinds += [each for each in kind.__subclasses__() if each.__module__ == errors.__name__]
    return sorted(kinds[1:], key=lambda kind: kind.code)


def events() -> str:
    """Return the page of all events, from the code and the schema."""
    whole = read("event")
    lines = [
        "# Events",
        "",
        *_prose("""
        All that Freshline knows is folded from an append-only log of events. `freshline events
        --json` writes them, one in a line, as `{"sequence": 1, "kind": ..., "event": {...}}`;
        `freshline schema event` prints the schema. Kinds and fields are stable.
        """),
    ]
    for kind, event in KINDS.items():
        lines += [
            "",
            f"## {kind}",
            "",
            *_prose(event.__doc__ or ""),
            "",
            "| field | | for instance |",
            "|---|---|---|",
        ]
        described = whole["$defs"][kind]["properties"]
        for field in fields(event):
            told = {**described[field.name]}
            target = whole["$defs"].get(told.get("$ref", "").rpartition("/")[2], {})
            told = {**target, **told}
            optional = field.default is not MISSING
            shown = "" if optional and not told.get("examples", [None])[0] else _example(told)
            listed = f" One of {', '.join(map(_code, told['enum']))}." if "enum" in told else ""
            text = _cell(told["description"] + listed)
            lines.append(f"| `{field.name}` | {text} | {_cell('' if listed else shown)} |")
    return _page(lines)


def api() -> str:
    """Return the page of the API, from the description that the server gives of itself."""
    with tempfile.TemporaryDirectory() as folder:
        with closing(SqliteEventLog(Path(folder) / "catalog.db")) as log:
            told = described(document(create_app(_served(log))))
    lines = [
        "# API",
        "",
        *_prose("""
        What the server of `freshline up` answers to programs, below its address. `/api/docs` there
        says more of each, with the shapes of what is taken and given; `/api/v1/openapi.json` says
        it to programs. See [follow what happens](../howto/follow-what-happens.md) for how to sign
        in.
        """),
        "",
        "| | | for a | gives |",
        "|---|---|---|---|",
    ]
    for each in sorted(told.operations, key=lambda operation: (operation.path, operation.method)):
        call = _code(f"{each.method} {each.path}")
        gives = _code(each.gives) if each.gives else ""
        lines.append(f"| {call} | {_cell(each.summary)} | {each.role} | {gives} |")
    return _page(lines)


def _served(log: SqliteEventLog) -> Services:
    nothing = cast(Any, None)  # a description asks for nothing
    return Services(scope=Scope("", ""), log=log, engine=nothing, clock=nothing, logs=Path())


def _prose(text: str) -> list[str]:
    return textwrap.wrap(" ".join(text.split()), 100, break_on_hyphens=False)


def _first_sentence(kind: type) -> str:
    return (kind.__doc__ or "").partition("\n")[0]


def _path(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _example(schema: Mapping[str, Any], *, is_written: bool = False) -> str:
    """Return the first example that says something: as YAML where people write it, else as JSON."""
    for example in schema.get("examples", ()):
        text = json.dumps(example, ensure_ascii=False)
        if isinstance(example, str):
            text = example
        elif is_written and isinstance(example, list | dict):
            flow = yaml.safe_dump(example, default_flow_style=True, sort_keys=False, width=1000)
            text = flow.strip()
        if example not in ("", [], None) and "\n" not in text and "`" not in text:
            return _code(text)
    return ""


def _code(value: object) -> str:
    return f"`{value}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _page(lines: list[str]) -> str:
    note = "<!-- Written by docs/generate.py from the code; a change here would be lost. -->"
    return "\n".join([note, "", *lines]) + "\n"


PAGES: Mapping[str, Callable[[], str]] = {
    "keys.md": keys,
    "commands.md": commands,
    "diagnostics.md": diagnostics,
    "events.md": events,
    "api.md": api,
}


def main() -> None:
    """Write all pages."""
    REFERENCE.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
