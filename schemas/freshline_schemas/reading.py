"""JSON Schemas by name, each whole in itself: what several of them share is put into each."""

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

_NAMES = (
    "project",
    "asset",
    "folder",
    "source",
    "sensors",
    "tests",
    "plan",
    "event",
    "webhook",
    "rehearsal",
)
_REFERENCE = re.compile(r'"#/\$defs/(\w+)"')


def names() -> tuple[str, ...]:
    """Return the names of all schemas: first of files that people write, then of answers."""
    return _NAMES


def read(name: str) -> Mapping[str, Any]:
    """Return a schema (draft 2020-12) that refers to nothing outside itself; KeyError if none."""
    if name not in _NAMES:
        raise KeyError(name)
    schema, shared = _load(name), _load("shared")["$defs"]
    parts = {**schema.get("$defs", {})}
    waiting = [json.dumps(schema)]
    while waiting:
        for part in _REFERENCE.findall(waiting.pop()):
            if part not in parts:
                parts[part] = shared[part]
                waiting.append(json.dumps(shared[part]))
    return {**schema, "$defs": parts} if parts else schema


@cache
def _load(name: str) -> dict[str, Any]:
    text = (files("freshline_schemas") / f"{name}.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded
