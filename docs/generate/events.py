"""The page of events: every kind with its fields, from the code and the schema."""

from dataclasses import MISSING, fields

from docs.generate.markdown import cell, code, example, page, prose

from freshline.events import KINDS
from freshline_schemas import read


def events() -> str:
    """Return the page of all events, from the code and the schema."""
    whole = read("event")
    lines = [
        "# Events",
        "",
        *prose("""
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
            *prose(event.__doc__ or ""),
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
            shown = "" if optional and not told.get("examples", [None])[0] else example(told)
            listed = f" One of {', '.join(map(code, told['enum']))}." if "enum" in told else ""
            text = cell(told["description"] + listed)
            lines.append(f"| `{field.name}` | {text} | {cell('' if listed else shown)} |")
    return page(lines)
