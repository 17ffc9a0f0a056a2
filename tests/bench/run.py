"""The bench: whole processes measured side by side in one run, medians against targets.

    make bench        or        python -m tests.bench.run --assets 1000 --large 10000 --rounds 3

What hashing costs is measured by hashing.py, what other tools rebuild by peers.py, what a step of
Python costs by steps.py (beside Dagster, where there is one), a large table's way by table.py.

Each task of ours takes turns with the one it is compared to, so that a busy machine is busy for
both. What has to be copied or cleared beforehand is not measured, nor is Python's compiling of our
modules, which an installation does once. Exit code 1 when a target is missed.
"""

import argparse
import compileall
import itertools
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
from typing import NamedTuple

from tests.bench.plain import to_look_at

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FRESHLINE = str(Path(sys.executable).with_name("freshline"))


def _nothing() -> None:
    """Prepare nothing."""


class Cost(NamedTuple):
    """What a process took: seconds from start to end, megabytes at its largest, and what it said.

    `processor` are the seconds of the processor, with those of the processes that it waited for.
    """

    seconds: float
    megabytes: float
    processor: float
    said: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A command, and what must be brought about before each time that it is measured.

    `judge` says what is wrong with its output, nothing as a rule; `exit_code` is the one to expect.
    """

    command: tuple[str, ...]
    prepare: Callable[[], None] = _nothing
    judge: Callable[[bytes], str] = lambda output: ""
    exit_code: int = 0

    def cost(self) -> Cost:
        """Return what the whole process took; one that fails or says nonsense ends the bench."""
        self.prepare()
        os.sync()  # what preparing wrote must not be paid for by the process that is measured
        with tempfile.TemporaryFile() as output:
            started = time.perf_counter()
            process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
            _, status, used = os.wait4(process.pid, 0)
            elapsed = time.perf_counter() - started
            process.returncode = os.waitstatus_to_exitcode(status)
            output.seek(0)
            said = output.read()
        if process.returncode != self.exit_code:
            text = said.decode(errors="replace")
            raise SystemExit(f"{' '.join(self.command)} left with {process.returncode}:\n{text}")
        if wrong := self.judge(said):
            raise SystemExit(f"{' '.join(self.command)}:\n{wrong}")
        megabytes = used.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
        return Cost(elapsed, megabytes, used.ru_utime + used.ru_stime, said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A task of ours with its targets: seconds, megabytes, times what it stands beside."""

    name: str
    ours: Task
    beside: Task | None = None
    most_seconds: float | None = None
    most_times: float | None = None
    most_megabytes: float | None = None
    rounds: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The medians of one comparison."""

    comparison: Comparison
    ours: float
    megabytes: float
    beside: float | None

    @property
    def times(self) -> float | None:
        """How many times as long ours took."""
        return None if self.beside is None else self.ours / self.beside

    @property
    def missed(self) -> bool:
        """Whether any target was missed."""
        targets, infinity = self.comparison, float("inf")
        return (
            self.ours > (targets.most_seconds or infinity)
            or self.megabytes > (targets.most_megabytes or infinity)
            or (self.times or 0) > (targets.most_times or infinity)
        )

    def row(self) -> str:
        """Return the line of the table."""
        beside = "" if self.beside is None else f"{self.beside:9.3f}"
        times = "" if self.times is None else f"{self.times:6.1f}x"
        targets = (
            f"{self.comparison.most_times:g}x" if self.comparison.most_times else "",
            f"{self.comparison.most_seconds:g} s" if self.comparison.most_seconds else "",
            f"{self.comparison.most_megabytes:g} MB" if self.comparison.most_megabytes else "",
        )
        verdict = "MISSED" if self.missed else "met"
        target = ", ".join(filter(None, targets))
        name, size = self.comparison.name, f"{self.megabytes:.0f}"
        return f"{name:<36}{self.ours:9.3f}{beside:>9}{times:>8}{size:>6}   {target:<18} {verdict}"


def measured(comparison: Comparison) -> Result:
    """Return the medians of some rounds in which ours and the other take turns."""
    ours: list[Cost] = []
    beside: list[Cost] = []
    for _ in range(comparison.rounds):
        ours.append(comparison.ours.cost())
        if comparison.beside:
            beside.append(comparison.beside.cost())
    return Result(
        comparison=comparison,
        ours=statistics.median(cost.seconds for cost in ours),
        megabytes=max(cost.megabytes for cost in ours),
        beside=statistics.median(cost.seconds for cost in beside) if beside else None,
    )


def comparisons(folder: Path, assets: int, rounds: int) -> list[Comparison]:
    """Return what is compared, in an order in which each leaves what the next one needs."""
    layered, work, flights = folder / "layered", folder / "work", folder / "flights"
    script("layered.py", str(assets), str(layered))
    plain = to_look_at()
    from_nothing = {work: layered, flights: plain}

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
            most_seconds=max(1, 2.5 * assets / 1000),
            rounds=rounds,
        ),
        Comparison(
            name=f"validate {assets:,}, cached",
            ours=ours(work, "validate", prepare=settled(work)),
            most_seconds=max(0.3, 0.3 * assets / 1000),
            rounds=rounds,
        ),
        Comparison(
            name=f"validate {assets:,}, {assets // 5:,} broken",
            ours=broken(folder / "broken", assets),
            most_seconds=max(1, 3 * assets / 1000),
            rounds=rounds,
        ),
        Comparison(
            name=f"apply {assets:,} from nothing, floor",
            ours=apply(work),
            beside=floor(layered, folder / "floor-layered"),
            most_times=3,
            most_seconds=max(1, 9 * assets / 1000),
            most_megabytes=300 * max(1, assets / 1000),
            rounds=rounds,
        ),
        Comparison(
            name=f"plan {assets:,}, nothing to do",
            ours=ours(work, "plan", "--detailed-exitcode"),
            most_seconds=max(0.5, 0.5 * assets / 1000),
            most_megabytes=300 * max(1, assets / 1000),
            rounds=rounds,
        ),
        Comparison(
            name="apply flights from nothing, floor",
            ours=apply(flights),
            beside=floor(plain, folder / "floor-flights"),
            most_times=1.5,
            rounds=max(5, rounds),
        ),
    ]


def of_thirty(folder: Path, assets: int, rounds: int) -> list[Comparison]:
    """Return what is measured of assets as people write them, of about thirty lines each."""
    written, work = folder / "thirty", folder / "thirty-work"
    script("thirty.py", str(assets), str(written))
    edits = itertools.count(1)

    def applied() -> None:
        if not (work / "views.duckdb").exists():  # a plan alone leaves a catalog behind
            fresh_copy(written, work)()
            ours(work, "apply", "--yes").cost()
        settled(work)()

    def edited() -> None:
        applied()
        script("thirty.py", "edit", str(work), str(next(edits)))

    return [
        Comparison(
            name=f"plan {assets:,} of 30 lines, cold",
            ours=ours(work, "plan", prepare=fresh_copy(written, work)),
            most_seconds=max(1, 8 * assets / 1000),
            rounds=rounds,
        ),
        Comparison(
            name=f"plan {assets:,} of 30 lines, cached",
            ours=ours(work, "plan", "--detailed-exitcode", prepare=applied),
            most_seconds=max(0.5, 0.5 * assets / 1000),
            rounds=rounds,
        ),
        Comparison(
            name=f"plan {assets:,} of 30 lines, one edited",
            ours=ours(work, "plan", prepare=edited),
            most_seconds=max(0.7, 0.7 * assets / 1000),
            rounds=rounds,
        ),
    ]


def of_many(folder: Path, assets: int, rounds: int) -> list[Comparison]:
    """Return what is measured of a project that is ten times as large: it is applied once."""
    work = folder / "large"

    def applied() -> None:
        if not work.exists():
            script("layered.py", str(assets), str(work))
            ours(work, "apply", "--yes").cost()
        settled(work)()

    return [
        Comparison(
            name=f"validate {assets:,}, cached",
            ours=ours(work, "validate", prepare=applied),
            most_seconds=max(0.3, 1.5 * assets / 10_000),
            rounds=rounds,
        ),
        Comparison(
            name=f"plan {assets:,}, nothing to do",
            ours=ours(work, "plan", "--detailed-exitcode", prepare=applied),
            most_seconds=max(0.5, 2.5 * assets / 10_000),
            rounds=rounds,
        ),
    ]


def settled(project: Path) -> Callable[[], None]:
    """Return what brings a project into the cache for good.

    A file that was just written is read again, since a second write could hide behind its time.
    """

    def cached() -> None:
        long_ago = time.time() - 60
        for file in (*project.glob("*.yaml"), *project.glob("[asd]*/**/*")):
            if file.is_file() and file.stat().st_mtime > long_ago:
                os.utime(file, (long_ago, long_ago))
        ours(project, "validate").cost()

    return cached


def broken(project: Path, assets: int) -> Task:
    """Return the task of telling everything that is wrong where every fifth file is broken."""
    count = str(assets // 5)

    def written() -> None:
        shutil.rmtree(project, ignore_errors=True)
        script("broken.py", "write", str(assets), count, str(project))

    def left_out(report: bytes) -> str:
        check = (sys.executable, str(HERE / "broken.py"), "check", str(project))
        done = subprocess.run(check, input=report, stdout=subprocess.PIPE, check=False)
        return done.stdout.decode() if done.returncode else ""

    command = (FRESHLINE, "-p", str(project), "validate", "--json")
    return Task(command=command, prepare=written, judge=left_out, exit_code=1)


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
    options.add_argument("--large", type=int, default=10_000, help="0: not at all")
    options.add_argument("--rounds", type=int, default=3)
    chosen = options.parse_args()
    for package in ("engine", "catalog", "adapters", "schemas"):
        compileall.compile_dir(ROOT / package, quiet=2)
    print(f"{'seconds, medians':<36}{'ours':>9}{'beside':>9}{'':>8}{'MB':>6}   target")
    missed = False
    with tempfile.TemporaryDirectory(prefix="freshline-bench-") as name:
        folder = Path(name)
        found = comparisons(folder, chosen.assets, chosen.rounds)
        found += of_thirty(folder, chosen.assets, chosen.rounds)
        if chosen.large:
            found += of_many(folder, chosen.large, chosen.rounds)
        for comparison in found:
            result = measured(comparison)
            missed = missed or result.missed
            print(result.row(), flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
