"""Words as Markdown: paragraphs, code, cells of tables, and a page as a whole."""

import json
import textwrap
from collections.abc import Mapping
from typing import Any

import yaml


def prose(text: str) -> list[str]:
    """Return a text as the lines of a paragraph."""
    return textwrap.wrap(" ".join(text.split()), 100, break_on_hyphens=False)


def example(schema: Mapping[str, Any], *, is_written: bool = False) -> str:
    """Return the first example that says something: as YAML where people write it, else as JSON."""
    for example in schema.get("examples", ()):
        text = json.dumps(example, ensure_ascii=False)
        if isinstance(example, str):
            text = example
        elif is_written and isinstance(example, list | dict):
            flow = yaml.safe_dump(example, default_flow_style=True, sort_keys=False, width=1000)
            text = flow.strip()
        if example not in ("", [], None) and "\n" not in text and "`" not in text:
            return code(text)
    return ""


def code(value: object) -> str:
    """Return a value as code within a line."""
    return f"`{value}`"


def cell(text: str) -> str:
    """Return a text as it may stand in a cell of a table."""
    return text.replace("|", "\\|").replace("\n", " ")


def page(lines: list[str]) -> str:
    """Return lines as a page that says where it comes from."""
    note = "<!-- Written by docs/generate from the code; a change here would be lost. -->"
    return "\n".join([note, "", *lines]) + "\n"
