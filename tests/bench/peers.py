"""The same twenty edits of the same small project, for Freshline, dbt and SQLMesh, as a table.

    python -m tests.bench.peers --peers PYTHON

PYTHON is that of a virtual environment in which dbt-core with dbt-duckdb, or sqlmesh, or both are
installed; what is not there is skipped, and said so. All assets are tables. What counts is which of
them a tool would run again, and which of those hold other rows or columns then, which DuckDB says.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from tests.bench.peers_edits import EDITS, SOURCES, Edit, changed_rows, edited

import freshline

ROOT = Path(__file__).parents[2]
_QUIET = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "0", "SQLMESH__DISABLE_ANONYMIZED_ANALYTICS": "1"}


class Tool(NamedTuple):
    """What one tool runs again after each edit, by the edit's name; None where it was skipped."""

    name: str
    rebuilt: Mapping[str, Sequence[str]] | None


def ours(folder: Path) -> list[Tool]:
    """Return what Freshline plans, at most, and what it then builds."""
    planned: dict[str, list[str]] = {}
    built: dict[str, list[str]] = {}
    for number, edit in enumerate(EDITS):
        root = folder / str(number)
        write(root, None)
        with freshline.open(root) as project:
            project.apply()
            write(root, edit)
            done = project.apply()
        assert done.succeeded, f"{edit.name}: {done}"
        planned[edit.name] = [step.asset for step in done.plan.steps]
        built[edit.name] = [key for key, status in done.status.items() if status == "built"]
    name = f"freshline {version('freshline')}"
    return [Tool(f"{name}, built", built), Tool(f"{name}, planned", planned)]


def theirs(python: str, script: str, folder: Path) -> Tool:
    """Return what another tool says, under its own Python."""
    folder.mkdir()
    done = subprocess.run(
        [python, "-m", f"tests.bench.{script}", str(folder)],
        cwd=ROOT,
        env={**os.environ, **_QUIET},
        capture_output=True,
        text=True,
        check=False,
    )
    name = script.removeprefix("peers_")
    if done.returncode:
        why = done.stderr.strip().splitlines()[-1:] or ["it failed"]
        sys.stderr.write(f"{name}: skipped: {why[0]}\n")
        return Tool(f"{name}: skipped", None)
    said = json.loads(done.stdout.splitlines()[-1])
    return Tool(said["versions"], said["rebuilt"])


def write(root: Path, edit: Edit | None) -> None:
    """Write the project for Freshline as it is after an edit."""
    for old in root.glob("assets/*/*.sql"):
        old.unlink()
    for key, model in edited(edit).items():
        schema, name = key.split(".")
        head = [f"key: {key}"] if model.folder else []
        head += [f"description: {model.description}"] if model.description else []
        front = "\n".join(["/*---", *head, "---*/", ""]) if head else ""
        _write(root / "assets" / (model.folder or schema) / f"{name}.sql", f"{front}{model.sql}\n")
    if edit is None:
        _write(root / "freshline.yaml", "project: peers\n")
        listed = "".join(f"  {key}:\n    path: data/{key}.parquet\n" for key in SOURCES)
        _write(root / "sources/raw.yaml", f"sources:\n{listed}")
        _write_data(root / "data")


def table(tools: Sequence[Tool]) -> str:
    """Return the numbers as Markdown: how many of the assets each tool runs again after an edit."""
    lines = ["| edit | changed | " + " | ".join(tool.name for tool in tools) + " |"]
    lines.append("|---|--:|" + "--:|" * len(tools))
    totals = [0] * len(tools)
    needed = 0
    for edit in EDITS:
        changed = changed_rows(edit)
        needed += len(changed)
        cells: list[str] = []
        for place, tool in enumerate(tools):
            found = None if tool.rebuilt is None else tool.rebuilt[edit.name]
            cells.append(_cell(found, changed))
            totals[place] += len(found or ())
        lines.append(f"| {edit.name} | {len(changed)} | " + " | ".join(cells) + " |")
    sums = (str(total) if tool.rebuilt else "" for total, tool in zip(totals, tools, strict=True))
    return "\n".join([*lines, f"| **all** | **{needed}** | " + " | ".join(sums) + " |"])


def _cell(found: Sequence[str] | None, changed: Sequence[str]) -> str:
    if found is None:
        return "skipped"
    missed = [key for key in changed if key not in found]
    return f"{len(found)}" + (f" **misses {', '.join(missed)}**" if missed else "")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _write_data(folder: Path) -> None:
    import duckdb

    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        for key, rows in SOURCES.items():
            connection.execute(f"COPY ({rows}) TO '{folder / key}.parquet' (FORMAT parquet)")


def main() -> int:
    """Play the edits and print the table; 1 where something of ours was missed."""
    options = argparse.ArgumentParser(description="Compare what an edit rebuilds.")
    options.add_argument("--peers", default=sys.executable, help="a Python that has the others")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="freshline-peers-") as name:
        folder = Path(name)
        found = ours(folder)
        found += [
            theirs(chosen.peers, script, folder / script)
            for script in ("peers_dbt", "peers_sqlmesh")
        ]
    sys.stdout.write(table(found) + "\n")
    built = found[0].rebuilt or {}
    return int(any({*changed_rows(edit)} - {*built[edit.name]} for edit in EDITS))


if __name__ == "__main__":
    sys.exit(main())
