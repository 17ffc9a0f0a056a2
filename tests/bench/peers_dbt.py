"""What dbt rebuilds after each edit: `dbt ls --select state:modified+`. Run by peers.py.

PYTHON -m tests.bench.peers_dbt FOLDER        prints JSON; PYTHON has dbt-core and dbt-duckdb
"""

import contextlib
import importlib
import io
import json
import re
import shutil
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

from tests.bench.peers_edits import EDITS, MODELS, SOURCES, Edit, edited

_PROJECT = """\
name: peers
version: "1.0.0"
config-version: 2
profile: peers
models:
  peers:
    +materialized: table
"""
_PROFILE = "peers:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: peers.duckdb}\n"
_WORDS = ("--select", "state:modified+", "--resource-type", "model", "--output", "name")


def main(folder: Path) -> dict[str, object]:
    """Return the versions, and by edit the models that dbt selects."""
    runner = importlib.import_module("dbt.cli.main").dbtRunner()
    write(folder, None)
    _call(runner, folder, "parse")
    shutil.copytree(folder / "target", folder / "before")
    names = {key.replace(".", "_"): key for key in MODELS}
    found: dict[str, list[str]] = {}
    for edit in EDITS:
        write(folder, edit)
        said = _call(runner, folder, "ls", *_WORDS, "--state", str(folder / "before"))
        found[edit.name] = sorted(names[str(name)] for name in said or ())
    versions = f"dbt-core {version('dbt-core')}, dbt-duckdb {version('dbt-duckdb')}"
    return {"versions": versions, "rebuilt": found}


def write(folder: Path, edit: Edit | None) -> None:
    """Write the project as it is after an edit."""
    shutil.rmtree(folder / "models", ignore_errors=True)
    for key, model in edited(edit).items():
        name = key.replace(".", "_")
        place = folder / "models" / (model.folder or key.split(".")[0])
        place.mkdir(parents=True, exist_ok=True)
        sql = re.sub(r"\braw\.(\w+)", r"{{ source('raw', '\1') }}", model.sql)
        for other in MODELS:
            sql = re.sub(
                rf"\b{re.escape(other)}\b", f"{{{{ ref('{other.replace('.', '_')}') }}}}", sql
            )
        (place / f"{name}.sql").write_text(sql + "\n")
        if model.description:
            said = {"version": 2, "models": [{"name": name, "description": model.description}]}
            (place / f"{name}.yml").write_text(json.dumps(said))
    tables = [{"name": key.split(".")[1]} for key in SOURCES]
    sources = {"version": 2, "sources": [{"name": "raw", "schema": "raw", "tables": tables}]}
    (folder / "models/sources.yml").write_text(json.dumps(sources))
    (folder / "dbt_project.yml").write_text(_PROJECT)
    (folder / "profiles.yml").write_text(_PROFILE)


class _Done(Protocol):
    """What dbt says of a command."""

    success: bool
    exception: BaseException | None
    result: list[str]


class _Runner(Protocol):
    """How dbt is called."""

    def invoke(self, args: list[str]) -> _Done:
        """Run a command."""
        ...


def _call(runner: _Runner, folder: Path, *words: str) -> list[str] | None:
    places = ("--project-dir", str(folder), "--profiles-dir", str(folder), "--quiet")
    with contextlib.redirect_stdout(io.StringIO()):
        done = runner.invoke([*words, *places])
    if not done.success:
        raise SystemExit(f"dbt {' '.join(words)}: {done.exception}")
    return done.result if words[0] == "ls" else None


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]))) + "\n")
