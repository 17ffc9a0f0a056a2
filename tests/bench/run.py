"""The bench: whole processes measured side by side in one run, medians against targets.

    make bench        or        python tests/bench/run.py --assets 1000 --rounds 3

Each task of ours takes turns with the one it is compared to, so that a busy machine is busy for
both. What has to be copied or cleared beforehand is not measured. Exit code 1 when a target is
missed.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
FLIGHTS = HERE.parents[1] / "projects" / "flights"
FRESHLINE = str(Path(sys.executable).with_name("freshline"))


def _nothing() -> None:
    """Prepare nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A command, and what must be brought about before each time that it is measured."""

    command: tuple[str, ...]
    prepare: Callable[[], None] = _nothing

    def seconds(self) -> float:
        """Return how long the whole process took; a process that fails ends the bench."""
        self.prepare()
        os.sync()  # what preparing wrote must not be paid for by the process that is measured
        started = time.perf_counter()
        done = subprocess.run(self.command, stdin=subprocess.DEVNULL, capture_output=True)
        elapsed = time.perf_counter() - started
        if done.returncode != 0:
            said = (done.stdout + done.stderr).decode(errors="replace")
            raise SystemExit(f"{' '.join(self.command)} failed:\n{said}")
        return elapsed


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A task of ours with its targets: so many seconds, so many times what it stands beside."""

    name: str
    ours: Task
    beside: Task | None = None
    most_seconds: float | None = None
    most_times: float | None = None
    rounds: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The medians of one comparison."""

    comparison: Comparison
    ours: float
    beside: float | None

    @property
    def times(self) -> float | None:
        """How many times as long ours took."""
        return None if self.beside is None else self.ours / self.beside

    @property
    def missed(self) -> bool:
        """Whether any target was missed."""
        too_long = self.ours > (self.comparison.most_seconds or float("inf"))
        return too_long or (self.times or 0) > (self.comparison.most_times or float("inf"))

    def row(self) -> str:
        """Return the line of the table."""
        beside = "" if self.beside is None else f"{self.beside:9.3f}"
        times = "" if self.times is None else f"{self.times:6.1f}x"
        targets = (
            f"{self.comparison.most_times:g}x" if self.comparison.most_times else "",
            f"{self.comparison.most_seconds:g} s" if self.comparison.most_seconds else "",
        )
        verdict = "MISSED" if self.missed else "met"
        target = ", ".join(filter(None, targets))
        name = self.comparison.name
        return f"{name:<36}{self.ours:9.3f}{beside:>9}{times:>8}   {target:<10} {verdict}"


def measured(comparison: Comparison) -> Result:
    """Return the medians of some rounds in which ours and the other take turns."""
    ours: list[float] = []
    beside: list[float] = []
    for _ in range(comparison.rounds):
        ours.append(comparison.ours.seconds())
        if comparison.beside:
            beside.append(comparison.beside.seconds())
    return Result(
        comparison=comparison,
        ours=statistics.median(ours),
        beside=statistics.median(beside) if beside else None,
    )


def comparisons(folder: Path, assets: int, rounds: int) -> list[Comparison]:
    """Return what is compared, in an order in which each leaves what the next one needs."""
    layered, work, flights = folder / "layered", folder / "work", folder / "flights"
    script("layered.py", str(assets), str(layered))
    from_nothing = {work: layered, flights: FLIGHTS}

    def apply(project: Path) -> Task:
        return ours(project, "apply", "--yes", prepare=fresh_copy(from_nothing[project], project))

    return [
        Comparison(
            name="freshline --help, Python alone",
            ours=Task(command=(FRESHLINE, "--help")),
            beside=Task(command=(sys.executable, "-c", "pass")),
            most_times=8,
            rounds=max(5, rounds),
        ),
        Comparison(
            name=f"validate {assets:,}, nothing cached",
            ours=ours(work, "validate", prepare=fresh_copy(layered, work)),
            most_seconds=max(1, 3 * assets / 1000),
            rounds=rounds,
        ),
        Comparison(
            name=f"apply {assets:,} from nothing, floor",
            ours=apply(work),
            beside=floor(layered, folder / "floor-layered"),
            most_times=3,
            most_seconds=max(1, 9 * assets / 1000),
            rounds=rounds,
        ),
        Comparison(
            name=f"plan {assets:,}, nothing to do",
            ours=ours(work, "plan", "--detailed-exitcode"),
            most_seconds=max(1, assets / 1000),
            rounds=rounds,
        ),
        Comparison(
            name="apply flights from nothing, floor",
            ours=apply(flights),
            beside=floor(FLIGHTS, folder / "floor-flights"),
            most_times=2,
            rounds=max(5, rounds),
        ),
    ]


def ours(project: Path, *words: str, prepare: Callable[[], None] = _nothing) -> Task:
    """Return the task of a command of Freshline in a project."""
    return Task(command=(FRESHLINE, "-p", str(project), *words), prepare=prepare)


def floor(project: Path, folder: Path) -> Task:
    """Return the task of the same work by DuckDB alone; its queries are compiled beforehand."""
    script("floor.py", "compile", str(project), str(folder))

    def clear() -> None:
        for file in folder.glob("*.parquet"):
            file.unlink()

    return Task(command=(sys.executable, str(HERE / "floor.py"), "run", str(folder)), prepare=clear)


def fresh_copy(source: Path, target: Path) -> Callable[[], None]:
    """Return what makes `target` a copy of a project as it was before its first apply."""

    def copy() -> None:
        shutil.rmtree(target, ignore_errors=True)
        left_behind = shutil.ignore_patterns(".freshline", "views.duckdb")
        shutil.copytree(source, target, ignore=left_behind)

    return copy


def script(name: str, *words: str) -> None:
    """Run one of the scripts beside this one."""
    subprocess.run([sys.executable, str(HERE / name), *words], check=True)


def main() -> int:
    """Measure everything and print the table; return 1 when a target is missed."""
    options = argparse.ArgumentParser(description="Measure Freshline against its targets.")
    options.add_argument("--assets", type=int, default=1000)
    options.add_argument("--rounds", type=int, default=3)
    chosen = options.parse_args()
    print(f"{'seconds, medians':<36}{'ours':>9}{'beside':>9}{'':>8}   target")
    missed = False
    with tempfile.TemporaryDirectory(prefix="freshline-bench-") as folder:
        for comparison in comparisons(Path(folder), chosen.assets, chosen.rounds):
            result = measured(comparison)
            missed = missed or result.missed
            print(result.row(), flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
