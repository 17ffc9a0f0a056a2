"""What hashing costs: the content of a build, whole and through windows, as a share of the build.

    python -m tests.bench.hashing --rows 10000000

For a table of six columns, and for the assets of projects/flights: the processor's seconds for
building (a query written as Parquet), for hashing all columns as one, and for hashing them through
windows besides, in the same scan. Each is the median of some rounds.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from tests.bench.plain import to_look_at

import freshline
from freshline.cli.compose import graph_of
from freshline.cli.options import Common
from freshline.execute.sql_engine import SqlEngine, statements_of
from freshline.lineage.canonical import bind
from freshline.lineage.sources import relation
from freshline.reconcile.inputs import windows_read
from freshline.versions import Window

MOST = 0.35  # of a build
_SIX = """
    SELECT
        i AS id,
        i % 100000 AS customer_id,
        (hash(i) % 100000)::INTEGER AS amount,
        DATE '2020-01-01' + (i % 2000)::INTEGER AS day,
        'status ' || (i % 5) AS status,
        (hash(i + 1) % 1000) / 7.0 AS ratio
    FROM range({rows}) AS t(i)
"""
_WINDOWS = (("amount", "day"), ("customer_id", "id", "status"))


def costs(build: Callable[[], None], hashing: Callable[[bool], None], rounds: int) -> list[float]:
    """Return seconds: of the build, of one hash, of one hash and the windows."""
    whole, windowed = (lambda: hashing(False)), (lambda: hashing(True))
    return [
        statistics.median(_seconds(task) for _ in range(rounds))
        for task in (build, whole, windowed)
    ]


def of_six(folder: Path, rows: int, rounds: int) -> list[float]:
    """Return the costs of a table of so many rows and six columns, read by two assets."""
    engine = SqlEngine(folders=[folder])
    path = folder / "six.parquet"
    try:
        source = folder / "source.parquet"
        engine.copy_to_parquet(_SIX.format(rows=rows), source)
        query = f"SELECT * REPLACE (amount * 2 AS amount) FROM read_parquet('{source}')"
        return costs(
            lambda: engine.copy_to_parquet(query, path),
            lambda seen: _measure(engine, path, [Window(w) for w in _WINDOWS] if seen else ()),
            rounds,
        )
    finally:
        engine.close()


def of_flights(folder: Path, rounds: int) -> list[float]:
    """Return the costs of all assets of projects/flights, one after another."""
    root = to_look_at()
    _, _, graph = graph_of(Common(project=root))
    windows = windows_read(graph, {})
    files = [root / file for source in graph.sources.values() for file in source.files]
    engine = SqlEngine(folders=[folder], files=files, macros=statements_of(graph))
    found = {k: relation(root, s.definition, s.files) for k, s in graph.sources.items()}
    total = [0.0, 0.0, 0.0]
    try:
        for key, asset in graph.assets.items():
            if asset.is_view:
                continue
            path = folder / f"{key}.parquet"
            query = bind(asset.query, found)
            asked = windows.get(key, ())
            each = costs(
                partial(engine.copy_to_parquet, query, path),
                partial(_hashed, engine, path, asked),
                rounds,
            )
            total = [sum(pair) for pair in zip(total, each, strict=True)]
            found[key] = f"read_parquet('{path}')"
    finally:
        engine.close()
    return total


def row(name: str, found: list[float]) -> str:
    """Return the line of the table."""
    build, whole, windowed = found
    verdict = "met" if windowed <= MOST * build else "MISSED"
    return (
        f"{name:<34}{build:9.3f}{whole:9.3f}{windowed:9.3f}{whole / build:8.0%}"
        f"{windowed / build:8.0%}   {MOST:.0%}   {verdict}"
    )


def _hashed(engine: SqlEngine, path: Path, asked: Sequence[Window], seen: bool) -> None:
    _measure(engine, path, asked if seen else ())


def _measure(engine: SqlEngine, path: Path, windows: Sequence[Window]) -> None:
    engine.measure(f"read_parquet('{path}')", windows)


def _seconds(task: Callable[[], None]) -> float:
    started = time.process_time()  # of all threads: a busy machine does not count
    task()
    return time.process_time() - started


def main() -> int:
    """Measure and print; 1 when hashing costs more than it may."""
    options = argparse.ArgumentParser(description="Measure what hashing costs.")
    options.add_argument("--rows", type=int, default=10_000_000)
    options.add_argument("--rounds", type=int, default=5)
    chosen = options.parse_args()
    sys.stdout.write(
        f"{'freshline ' + freshline.__version__:<34}{'build':>9}{'whole':>9}"
        f"{'windows':>9}{'':>8}{'':>8}   target\n"
    )
    with tempfile.TemporaryDirectory(prefix="freshline-bench-") as name:
        six = of_six(Path(name), chosen.rows, chosen.rounds)
        flights = of_flights(Path(name), chosen.rounds)
    sys.stdout.write(row(f"{chosen.rows:,} rows of 6 columns", six) + "\n")
    sys.stdout.write(row("projects/flights, all assets", flights) + "\n")
    return int(any(found[2] > MOST * found[0] for found in (six, flights)))


if __name__ == "__main__":
    sys.exit(main())
