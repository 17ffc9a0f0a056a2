"""What SQLMesh rebuilds after each edit: the models that its plan backfills. Run by peers.py.

PYTHON -m tests.bench.peers_sqlmesh FOLDER        prints JSON; PYTHON has sqlmesh
"""

import contextlib
import importlib
import io
import json
import shutil
import sys
from importlib.metadata import version
from pathlib import Path

from tests.bench.peers_edits import EDITS, MODELS, SOURCES, Edit, edited

_CONFIG = """\
gateways:
  local:
    connection: {type: duckdb, database: FOLDER/peers.duckdb}
default_gateway: local
model_defaults: {dialect: duckdb, start: 2026-01-01}
"""


def main(folder: Path) -> dict[str, object]:
    """Return the version, and by edit the models that a plan would run."""
    write(folder, None)
    duckdb = importlib.import_module("duckdb")
    with duckdb.connect(str(folder / "peers.duckdb")) as connection:
        connection.execute("CREATE SCHEMA raw")
        for key, rows in SOURCES.items():
            connection.execute(f"CREATE TABLE {key} AS {rows}")
    sqlmesh = importlib.import_module("sqlmesh")
    found: dict[str, list[str]] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        context = sqlmesh.Context(paths=str(folder))
        context.plan(auto_apply=True, no_prompts=True)
        for edit in EDITS:
            write(folder, edit)
            context.load()
            plan = context.plan_builder("prod", skip_tests=True).build()
            names = {intervals.snapshot_id.name for intervals in plan.missing_intervals}
            found[edit.name] = sorted(key for key in MODELS if any(_is(key, n) for n in names))
    return {"versions": f"sqlmesh {version('sqlmesh')}", "rebuilt": found}


def write(folder: Path, edit: Edit | None) -> None:
    """Write the project as it is after an edit."""
    shutil.rmtree(folder / "models", ignore_errors=True)
    for key, model in edited(edit).items():
        place = folder / "models" / (model.folder or key.split(".")[0])
        place.mkdir(parents=True, exist_ok=True)
        said = f", description '{model.description}'" if model.description else ""
        text = f"MODEL (name {key}, kind FULL{said});\n\n{model.sql}\n"
        (place / f"{key.replace('.', '_')}.sql").write_text(text)
    (folder / "config.yaml").write_text(_CONFIG.replace("FOLDER", str(folder)))


def _is(key: str, name: str) -> bool:
    return name.replace('"', "").endswith(key)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]))) + "\n")
