"""What makes an asset that is not made by SQL, as `show` tells it."""

import shlex
from collections.abc import Mapping
from typing import cast

from freshline.cli.compose import terminal_width
from freshline.cli.table import table
from freshline.code import Code
from freshline.codec import encode
from freshline.definitions import ProjectDefinition
from freshline.lineage.graph import Asset
from freshline.lineage.subjects import language_of
from freshline.secrets import without_secrets


def code_facts(asset: Asset, code: Code, project: ProjectDefinition) -> dict[str, object]:
    """Return what is declared of an asset's code, without what stands under a telling name."""
    of = dict(asset.parameters)
    location = next((each for each in project.locations if each.name == code.location), None)
    sql = asset.definition.sql
    return {
        "language": language_of(code),
        "function": code.function,
        "command": list(code.command),
        "location": code.location,
        "python": location.python if location is not None else None,
        "requirements": location.requirements if location is not None else None,
        "source": sql.original,
        "source_at": f"{sql.file}:{sql.line}" if sql.original else "",
        "project_files": list(code.files),
        "packages": dict(code.packages),
        "config": without_secrets(code.config),
        "resources": dict(code.resources),
        "reads_env": list(code.reads_env),
        "pure": code.pure,
        "gives_files": code.makes_files,
        "inputs": [
            {
                "parameter": each.name,
                "upstream": of.get(each.name, each.key),
                "columns": None if each.columns is None else list(each.columns),
                "form": each.form,
                "optional": each.optional,
            }
            for each in code.inputs
        ],
    }


def code_lines(facts: Mapping[str, object]) -> list[str]:
    """Return the facts of an asset's code for people, and what it is given as a table."""
    shown = (
        ("runs", facts["function"] or shlex.join(cast("list[str]", facts["command"]))),
        ("at", facts["source_at"]),
        ("location", _location(facts)),
        ("comes from", ", ".join(cast("list[str]", facts["project_files"]))),
        ("packages", _pairs(facts["packages"], " ")),
        ("config", _pairs(facts["config"], "=")),
        ("resources", _pairs(facts["resources"], "=")),
        ("reads env", ", ".join(cast("list[str]", facts["reads_env"]))),
        ("runs always", "" if facts["pure"] else "yes: it is not pure"),
        ("gives", "files" if facts["gives_files"] else ""),
    )
    lines = [f"  {name:<12} {value}" for name, value in shown if value]
    inputs = cast("list[dict[str, object]]", facts["inputs"])
    rows = [
        (
            str(each["parameter"]),
            str(each["upstream"]),
            str(each["form"]) + (", optional" if each["optional"] else ""),
            _columns(cast("list[str] | None", each["columns"])),
        )
        for each in inputs
    ]
    if rows:
        header = ("parameter", "is", "as", "columns")
        lines += ["", *table(header, rows, whole=frozenset({0, 1, 2}), width=terminal_width())]
    return lines


def _location(facts: Mapping[str, object]) -> str:
    more = [f"python {facts['python']}"] if facts["python"] else []
    more += [str(facts["requirements"])] if facts["requirements"] else []
    return f"{facts['location']}" + (f" ({', '.join(more)})" if more else "")


def _columns(columns: list[str] | None) -> str:
    return "all" if columns is None else ", ".join(columns)


def _pairs(value: object, between: str) -> str:
    pairs = cast("dict[str, object]", value).items()
    return ", ".join(f"{name}{between}{_text(each)}" for name, each in pairs)


def _text(value: object) -> str:
    return value if isinstance(value, str) else encode(value).decode()
