"""A small real project for tests that kill things, and a reader that watches it."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from subprocess import CompletedProcess

import duckdb
from tests.forked import run

from freshline.events import Materialized
from freshline.keys import Target
from freshline.versions import PublishKind
from freshline_adapters.lake import Lake
from freshline_catalog.event_log import SqliteEventLog

SQL = {
    "stg.orders": "SELECT id, id % 7 AS customer, id * {factor} AS amount FROM raw.orders",
    "stg.customers": "SELECT DISTINCT customer FROM stg.orders",
    "mart.daily": (
        "SELECT customer, sum(amount) AS amount, count(*) AS n FROM stg.orders GROUP BY 1"
    ),
    "mart.top": "SELECT customer, amount FROM mart.daily ORDER BY amount DESC, customer LIMIT 3",
    "mart.joined": (
        "SELECT c.customer, d.amount FROM stg.customers c JOIN mart.daily d USING (customer)"
    ),
    "mart.total": "SELECT sum(amount) AS amount FROM mart.joined",
}
CHECKS = {
    "stg.orders": "primary_key: [id]\nchecks:\n  - between: {amount: [0, 100000]}",
    "mart.daily": "checks:\n  - references: {customer: stg.customers.customer}",
}


def write_project(root: Path, factor: int = 2) -> None:
    """Write the project; another factor is another logic of the first asset.

    A factor of 1000 gives rows that a blocking check of the first asset does not let through.
    """
    (root / "sources").mkdir(parents=True, exist_ok=True)
    (root / "data").mkdir(exist_ok=True)
    (root / "freshline.yaml").write_text("project: shop\n")
    (root / "sources/raw.yaml").write_text(
        "sources:\n  raw.orders:\n    path: data/orders.csv\n    read: {header: true}\n"
    )
    data = root / "data/orders.csv"
    if not data.exists():
        data.write_text("id\n" + "".join(f"{i}\n" for i in range(500)))
    for key, sql in SQL.items():
        folder, name = key.split(".")
        path = root / "assets" / folder / f"{name}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        front = f"/*---\n{CHECKS[key]}\n---*/\n" if key in CHECKS else ""
        path.write_text(f"{front}{sql.format(factor=factor)}\n")


def freshline(
    root: Path, *arguments: str, failpoints: str = "", timeout: float = 60
) -> CompletedProcess[str]:
    """Run the command line in a process of its own."""
    environment = {**os.environ, "FRESHLINE_FAILPOINTS": failpoints, "NO_COLOR": "1"}
    return run(("-p", str(root), *arguments), Path.cwd(), environment, timeout=timeout)


def answer(root: Path, *arguments: str) -> Mapping[str, object]:
    """Run a command with --json and return what it says; it must not fail."""
    done = freshline(root, *arguments, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    found: Mapping[str, object] = json.loads(done.stdout)
    return found


def contents(root: Path) -> Mapping[str, str]:
    """Return the rows of every asset, sorted, as a reader sees them now."""
    lake = Lake(root / ".freshline/lake")
    found: dict[str, str] = {}
    with duckdb.connect() as connection:
        for key in SQL:
            manifest = lake.current(Target("shop", "main", key))
            if manifest is not None:
                relation = lake.relation(manifest.version)
                rows = connection.execute(f"SELECT * FROM {relation} ORDER BY ALL").fetchall()
                found[key] = repr(rows)
    return found


def computed(root: Path) -> list[tuple[str, ...]]:
    """Return (asset, logic, contents of inputs) of every version that was computed, in order."""
    return [
        (
            event.target.asset,
            event.build.trace.code_version,
            *(read.data_version for read in event.build.trace.inputs),
        )
        for event in _built(root)
    ]


def builds(root: Path) -> list[tuple[str, str]]:
    """Return (asset, mat_id) of every version on record that was computed, in order."""
    return [(event.target.asset, event.build.version.mat_id) for event in _built(root)]


def _built(root: Path) -> list[Materialized]:
    log = SqliteEventLog(root / ".freshline/catalog.db")
    events = [entry.event for entry in log.events(limit=100_000)]
    log.close()
    return [
        event
        for event in events
        if isinstance(event, Materialized) and event.build.version.kind is PublishKind.BUILD
    ]
