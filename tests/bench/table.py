"""A large Arrow table from one asset to the next: memory and seconds, beside pyarrow alone.

    python -m tests.bench.table --megabytes 1000 --rounds 1

One asset makes a table of random numbers, another one gets it and adds up a column. The floor is
the same in two processes with a Parquet file between them, written, synced and read by pyarrow.
What the functions themselves take is measured in them and taken off. Memory is the most that a
process ever held, as Linux tells it, in sizes of the table; that it has to hold the table once goes
without saying, and what the processes hold before it is taken off.
"""

import argparse
import compileall
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tests.bench.run import FRESHLINE, ROOT

_COLUMNS = 8
_OFTEN = 0.01
MOST = 1.3  # sizes of the table beyond the table itself
_ASSETS = '''
import time

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from freshline import Input, asset


def own(started: float) -> None:
    with open("{folder}/own.txt", "a") as file:
        file.write(f"{{time.perf_counter() - started}}\\n")


@asset
def large() -> pa.Table:
    """Random numbers, which no format makes smaller."""
    started = time.perf_counter()
    dice = np.random.default_rng(1)
    rows = {rows}
    table = pa.table({{f"n{{i}}": dice.random(rows) for i in range({columns})}})
    own(started)
    return table


@asset(inputs={{"large": Input("big.large")}})
def total(large: pa.Table) -> list[dict]:
    """What one column adds up to."""
    started = time.perf_counter()
    found = [{{"rows": large.num_rows, "total": pc.sum(large["n0"]).as_py()}}]
    own(started)
    return found
'''
_FLOOR = """
import os, sys, time
from assets.big import numbers
from pyarrow import parquet
if sys.argv[1] == "large":
    table = numbers.large()
    started = time.perf_counter()
    parquet.write_table(table, "{folder}/floor.parquet")
    with open("{folder}/floor.parquet", "rb") as file:
        os.fsync(file.fileno())
    print(time.perf_counter() - started)
else:
    started = time.perf_counter()
    table = parquet.read_table("{folder}/floor.parquet")
    print(time.perf_counter() - started)
    numbers.total(table)
"""


class Seen(NamedTuple):
    """What one way of passing the table took: seconds, and megabytes at most by process."""

    seconds: float
    engine: float
    workers: tuple[float, ...]


def write(folder: Path, megabytes: int) -> Path:
    """Write the project into a folder, and return its root."""
    root, rows = folder / "large", megabytes * 1_000_000 // (8 * _COLUMNS)
    assets = root / "assets" / "big"
    assets.mkdir(parents=True)
    (root / "freshline.yaml").write_text("project: large\n")
    text = _ASSETS.format(folder=folder, rows=rows, columns=_COLUMNS)
    (assets / "numbers.py").write_text(text)
    (folder / "floor.py").write_text(_FLOOR.format(folder=folder))
    return root


def passed_by_us(folder: Path, root: Path) -> Seen:
    """Apply the project by force, and watch its processes."""
    own = folder / "own.txt"
    own.unlink(missing_ok=True)
    command = [FRESHLINE, "-p", str(root), "apply", "--yes", "--force"]
    os.sync()
    started = time.perf_counter()
    with open(folder / "said.txt", "wb") as said:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT
        )
        peaks: dict[int, float] = {}
        while process.poll() is None:
            for pid in (process.pid, *_below(process.pid)):
                peaks[pid] = max(peaks.get(pid, 0.0), _peak(pid))
            time.sleep(_OFTEN)
    seconds = time.perf_counter() - started
    if process.returncode:
        raise SystemExit((folder / "said.txt").read_text())
    for line in own.read_text().split():
        seconds -= float(line)
    engine = peaks.pop(process.pid)
    return Seen(seconds, engine, tuple(sorted(peaks.values(), reverse=True)))


def passed_by_pyarrow(folder: Path, root: Path) -> Seen:
    """Do the same by pyarrow alone."""
    seconds = 0.0
    peaks: list[float] = []
    environment = {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{ROOT / 'engine'}"}
    for part in ("large", "total"):
        os.sync()
        command = [sys.executable, str(folder / "floor.py"), part]
        with open(folder / "said.txt", "wb") as said:
            process = subprocess.Popen(command, stdout=said, env=environment)
            _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit("pyarrow alone failed")
        seconds += float((folder / "said.txt").read_text())
        peaks.append(used.ru_maxrss / 1000)
    return Seen(seconds, 0.0, tuple(sorted(peaks, reverse=True)))


def _below(pid: int) -> list[int]:
    """Return the processes that descend from one."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        parent = waiting.pop()
        try:  # each thread has the children that it started
            lists = [t.joinpath("children").read_text() for t in _threads(parent)]
        except OSError:
            continue
        children = [int(word) for text in lists for word in text.split()]
        found += children
        waiting += children
    return found


def _threads(pid: int) -> list[Path]:
    return list(Path(f"/proc/{pid}/task").iterdir())


def _peak(pid: int) -> float:
    """Return the most megabytes that a process held so far."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return float(line.split()[1]) / 1000
    except OSError:
        pass
    return 0.0


def main() -> int:
    """Measure, print, and return 1 where too much memory was held."""
    options = argparse.ArgumentParser(description="Measure a large table on its way.")
    options.add_argument("--megabytes", type=int, default=1000)
    options.add_argument("--rounds", type=int, default=1)
    chosen = options.parse_args()
    for package in ("engine", "catalog", "adapters", "schemas"):
        compileall.compile_dir(ROOT / package, quiet=2)
    size = float(chosen.megabytes)
    with tempfile.TemporaryDirectory(prefix="freshline-table-") as name:
        folder = Path(name)
        root = write(folder, chosen.megabytes)
        mine: list[Seen] = []
        floor: list[Seen] = []
        for _ in range(chosen.rounds):
            mine.append(passed_by_us(folder, root))
            floor.append(passed_by_pyarrow(folder, root))
    seconds = statistics.median(seen.seconds for seen in mine)
    beside = statistics.median(seen.seconds for seen in floor)
    worker, process = (max(seen.workers[0] for seen in each) for each in (mine, floor))
    engine = max(seen.engine for seen in mine)
    missed = worker - size > MOST * size or engine > MOST * size
    sys.stdout.write(
        f"a table of {size:,.0f} MB, medians{'':>12}{'ours':>9}{'beside':>9}\n"
        f"{'seconds beyond the functions':<38}{seconds:9.2f}{beside:9.2f}"
        f"{seconds / beside:6.1f}x\n"
        f"{'most that a worker held, MB':<38}{worker:9,.0f}{process:9,.0f}"
        f"   {(worker - size) / size:.2f} sizes beyond the table, of {MOST:g}\n"
        f"{'most that the engine held, MB':<38}{engine:9,.0f}{'':9}"
        f"   {engine / size:.2f} sizes, of {MOST:g}: {'MISSED' if missed else 'met'}\n"
    )
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
