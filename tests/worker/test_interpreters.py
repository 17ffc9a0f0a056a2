"""The worker runs in the interpreters that people have, and is written in their common grammar."""

import ast
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from tests.worker.program import given_rows, rows_of, running, write_files

from freshline import sdk, worker

ROOMS = [Path(str(room.__file__)).parent for room in (sdk, worker)]
FILES = [file for room in ROOMS for file in sorted(room.glob("*.py"))]

SOURCE = """
from __future__ import annotations
from dataclasses import dataclass
from datetime import datetime
from typing import Iterator, List, Optional
from freshline import Config, Context, Input, Output, Resource, asset, check, multi_asset

class Churn(Config):
    days: int = 90
    tags: Optional[List[str]] = None

class Warehouse(Resource):
    url: str

@asset(inputs={"orders": Input("stg.orders", columns=["id", "at"])})
def churn(orders: Iterator[dict], config: Churn, db: Warehouse, context: Context) -> Iterator[dict]:
    context.log.info("begun")
    for row in orders:
        assert isinstance(row["at"], datetime), row
        yield {**row, "days": config.days, "url": db.url}

@multi_asset(outputs={"a": Output("marts.a"), "b": Output("marts.b")})
async def both(orders: list[dict] | None): return {"a": orders, "b": []}

@check("marts.churn")
def fine(churn): return bool(churn)

@asset
def fails(): raise ValueError("bad")
"""


@cache
def interpreter(version: str) -> str | None:
    """Return the interpreter of a version that this machine has, None without."""
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep)]
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    folders += sorted(pyenv.glob(f"versions/{version}*/bin"))
    for folder in folders:
        candidate = folder / f"python{version}"
        if not candidate.is_file():
            continue
        # A name on the path may be a stand-in that knows no such version.
        asked = [str(candidate), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
        if done.returncode == 0 and done.stdout.strip() == version:
            return str(candidate)
    return None


@pytest.mark.parametrize("version", ["3.9", "3.10", "3.11", "3.12", "3.13", "3.14"])
def test_code_is_loaded_and_called_in(version: str, tmp_path: Path) -> None:
    ours = ".".join(str(number) for number in sys.version_info[:2])
    found = sys.executable if version == ours else interpreter(version)
    if found is None:
        pytest.skip(f"there is no python{version} on this machine")
    root = write_files(tmp_path / "project", {"assets/code.py": SOURCE})
    rows = [{"id": 1, "at": "2024-01-31 10:00:00.5"}]
    orders = given_rows(root, "orders", rows, {"id": "BIGINT", "at": "TIMESTAMP"})
    db = {"type": "assets.code:Warehouse", "settings": {"url": "u"}}
    with running(root, found) as program:
        assert program.ready["python"].startswith(f"{version}.")
        (told,) = program.load("assets/code.py")
        assert told.error is None, told.error
        assert [each.name for each in told.functions] == ["churn", "both", "fine", "fails"]
        assert told.functions[0].config_schema is not None
        ended = program.end(
            program.start(
                "assets/code.py:churn", given=[orders], resources={"db": db}, config={"days": 3}
            )
        )
        assert ended.returned is not None, ended.raised
        made = rows_of(ended.returned.made[0])
        assert made == [{"id": 1, "at": "2024-01-31T10:00:00.500000", "days": 3, "url": "u"}]
        assert [line.text for line in ended.lines] == ["begun"]
        wanted = [["a", "marts.a"], ["b", "marts.b"]]
        both = program.call("assets/code.py:both", given=[orders], wanted=wanted)
        assert [each.rows for each in both.made] == [1, 0]
        given = [{**orders, "name": "churn"}]
        assert program.call("assets/code.py:fine", given=given, wanted=[]).checks[0].passed
        assert program.fail("assets/code.py:fails").frames[0].file == "assets/code.py"
        call = program.start("assets/code.py:fails")
        assert json.dumps(program.end(call).state["names"]) == "[]"
        assert program.output() == ""


@pytest.mark.parametrize("file", FILES, ids=[f"{file.parent.name}.{file.stem}" for file in FILES])
def test_a_module_is_written_for_3_9(file: Path) -> None:
    tree = ast.parse(file.read_text(), feature_version=(3, 9))
    assert not any(isinstance(node, ast.Match) for node in ast.walk(tree))
    if file.name != "__init__.py":
        first = tree.body[1]
        assert isinstance(first, ast.ImportFrom)
        assert first.module == "__future__"  # annotations may be written as they are today
