"""What `freshline` answers at the command line, and which parts of it are other each time."""

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.forked import run

_CHANGING = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]+"), "<id>"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{3,4}\b"), "<id>"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"), "<time>"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z"), "<time>"),
    (re.compile(r"\b\d\d:\d\d:\d\d\.\d{3}\b"), "<time>"),
    (re.compile(r"\d+\.\d+ s\b"), "<seconds>"),
    (re.compile(r"Python \d\S+"), "Python <version>"),
    (re.compile(r"(duckdb +)\d\S+"), r"\1<version>"),
    (re.compile(r"\d+ GB free"), "<free>"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "<digest>"),
    (re.compile(r"\bplan [0-9a-f]{12}\b"), "plan <plan>"),
    (re.compile(r'("plan_id":")[0-9a-f]{12}"'), r'\1<plan>"'),
)


def answer(arguments: Sequence[str], root: Path) -> list[str]:
    """Run `freshline` in a folder; return what it says, with `[exit N]` where N is not 0."""
    environment = {**os.environ, "NO_COLOR": "1", "USER": "ada", "LOGNAME": "ada", "COLUMNS": "100"}
    done = run(arguments, root, environment, merged=True)
    text = done.stdout.replace(str(root.resolve()), "<root>").rstrip("\n")
    lines = [line.rstrip() for line in text.split("\n")] if text else []
    return [*lines, f"[exit {done.returncode}]"] if done.returncode else lines


def without_chance(lines: Iterable[str]) -> list[str]:
    """Return lines with names for what is other each time: identifiers, times, versions."""
    found: list[str] = []
    for line in lines:
        for pattern, instead in _CHANGING:
            line = pattern.sub(instead, line)
        found.append(line.rstrip())
    return found
