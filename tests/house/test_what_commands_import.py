"""A command imports only what it needs: where nothing is stale, neither DuckDB nor the analyser."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

# Runs a command and leaves with 0 where none of the modules came with it, else says which did.
PROGRAM = """
import sys
from freshline.cli import main
forbidden = sys.argv.pop(1).split(",")
try:
    main()
except SystemExit as left:
    assert not left.code, left.code
came = [name for name in forbidden if name in sys.modules]
sys.exit(f"imported: {', '.join(came)}" if came else 0)
"""


def run(project: Path, forbidden: str, *words: str) -> None:
    command = (sys.executable, "-c", PROGRAM, forbidden, "-p", str(project), *words)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project that is fresh and in the cache, its files old enough to be trusted."""
    root = tmp_path_factory.mktemp("fresh")
    files = {
        "freshline.yaml": "project: fresh\n",
        "sources/raw.yaml": "sources:\n  raw.orders:\n    path: orders.csv\n",
        "orders.csv": "id,amount\n1,10\n2,20\n",
        "assets/stg/orders.sql": "SELECT id, amount FROM raw.orders\n",
        "assets/marts/total.sql": "SELECT sum(amount) AS total FROM stg.orders\n",
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, (1_700_000_000, 1_700_000_000))
    run(root, "networkx", "apply", "--yes")
    return root


@pytest.mark.parametrize("words", ["validate", "plan", "status"])
def test_where_nothing_is_stale_nothing_large_is_imported(project: Path, words: str) -> None:
    run(project, "duckdb,sqlglot,yaml,rich,asyncio", words)


def test_the_check_itself_notices_an_import(project: Path) -> None:
    with pytest.raises(AssertionError, match="imported: duckdb"):
        run(project, "duckdb", "query", "SELECT 1 AS one")
