"""What a step of Python costs beyond its function: whole applies and plans of chained assets.

    python -m tests.bench.steps --assets 100 --rounds 3 --peers PYTHON

The chain is that of coded.py, as lists of dicts and as tables of pyarrow. Beside an apply stands
its floor (chain.py): the same functions with nothing but files between them. A warm step is the
apply of all less the apply of one, divided; the functions' own seconds are taken off. A cold step
is the first call of a supervisor, with the start of its first two processes. PYTHON is that of a
virtual environment with dagster, which then does the same work; with a process for each step it
gets ten assets only, and what is printed is ten times as much for a hundred.
"""

import argparse
import compileall
import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.bench.run import HERE, ROOT, Cost, Task, fresh_copy, ours, script, settled

from freshline.calls import Call, Wanted
from freshline.code import MAIN, Location
from freshline.errors import WorkerLostError
from freshline.locations.workers import LocationWorkers

_FEW = 10
_DIES = """
import os
import signal
import time


def killed() -> list[dict]:
    with open("{path}", "w") as file:
        file.write(str(time.time()))
    os.kill(os.getpid(), signal.SIGKILL)
    return []
"""
_HEAD = f"{'seconds, medians':<44}{'ours':>8}{'cpu':>8}{'beside':>9}{'':>7}   target"


class Line(NamedTuple):
    """One line of the table: ours, processor seconds, what stands beside it, and the most."""

    name: str
    ours: float
    processor: float | None = None
    beside: float | None = None
    most: float | None = None

    @property
    def missed(self) -> bool:
        """Whether the target was missed."""
        return self.most is not None and self.ours > self.most

    def text(self) -> str:
        """Return the line as it is printed."""
        processor = "" if self.processor is None else f"{self.processor:8.3f}"
        beside = "" if self.beside is None else f"{self.beside:9.3f}"
        times = "" if self.beside is None else _times(self.ours / self.beside)
        verdict = (
            "" if self.most is None else f"{self.most:g} s {'MISSED' if self.missed else 'met'}"
        )
        return f"{self.name:<44}{self.ours:8.3f}{processor:>8}{beside:>9}{times:>7}   {verdict}"


def _times(ratio: float) -> str:
    """Return how many times as long ours took, or as a fraction where it is much less."""
    return f"1/{1 / ratio:.0f}" if ratio < 0.5 else f"{ratio:6.1f}x"


def of_form(folder: Path, form: str, assets: int, rounds: int) -> list[Line]:
    """Return what applies, plans and validations of a chain cost; each takes its turn."""
    whole, one = (_project(folder, form, count) for count in (assets, 1))
    work, single = folder / f"{form}-work", folder / f"{form}-single"
    floor = folder / f"{form}-floor"
    alone = (sys.executable, str(HERE / "chain.py"), str(whole), str(floor), str(assets))
    edits = itertools.count(2)

    def edited() -> None:
        settled(work)()
        script("coded.py", "edit", str(work), str(next(edits)))

    tasks = {
        "apply": ours(work, "apply", "--yes", prepare=_settled_copy(whole, work)),
        "one": ours(single, "apply", "--yes", prepare=_settled_copy(one, single)),
        "floor": Task(command=alone),
        "validate": ours(work, "validate", prepare=settled(work)),
        "plan": ours(work, "plan", prepare=settled(work)),
        "edited": ours(work, "plan", prepare=edited),
    }
    found = _in_turn(tasks, rounds)
    own = statistics.median(float(cost.said) for cost in found["floor"])
    seconds = {name: _median(costs, "seconds") for name, costs in found.items()}
    used = {name: _median(costs, "processor") for name, costs in found.items()}
    warm = (seconds["apply"] - seconds["one"] - own) / (assets - 1)
    busy = (used["apply"] - used["one"] - own) / (assets - 1)
    least = (seconds["floor"] - own) / assets

    def line(text: str, name: str, most: float) -> Line:
        return Line(f"{form}: {text}", seconds[name], used[name], None, most)

    most = max(0.2, 0.2 * assets / 100)
    return [
        Line(f"{form}: a warm step", warm, busy, least, 0.005),
        Line(
            f"{form}: apply {assets}, less the functions' own",
            seconds["apply"] - own,
            used["apply"] - own,
            seconds["floor"] - own,
            max(0.5, 0.01 * assets),
        ),
        line(f"validate {assets}, nothing changed", "validate", most),
        line(f"plan {assets}, nothing changed", "plan", most),
        line(f"plan {assets}, one file edited", "edited", 3.5 * most),
    ]


def of_a_cold_step(folder: Path, rounds: int) -> list[Line]:
    """Return what the first call costs where no process runs yet, and what another one does."""
    cold: list[float] = []
    warm: list[float] = []
    lost: list[float] = []
    root = _project(folder, "rows", 1)
    for turn in range(rounds):
        workers = LocationWorkers()
        try:
            cold.append(_call(workers, root, folder / f"calls-{turn}-cold"))
            again = [_call(workers, root, folder / f"calls-{turn}-{n}") for n in range(10)]
            warm.append(statistics.median(again))
            lost.append(_death(workers, root, folder / f"calls-{turn}-lost"))
        finally:
            workers.close()
    return [
        Line("a cold call: two processes start", statistics.median(cold), most=0.04),
        Line("a warm call, its rows written", statistics.median(warm), most=0.005),
        Line("SIGKILL of a worker, until it is noticed", statistics.median(lost), most=1.0),
    ]


def of_dagster(folder: Path, python: str, assets: int, rounds: int) -> list[Line]:
    """Return our apply beside Dagster's runs of the same functions, whole processes."""
    whole, work = _project(folder, "rows", assets), folder / "rows-beside"
    turns = itertools.count()
    script_file = str(HERE / "peers_dagster.py")

    def run(count: int, executor: str) -> Task:
        home = folder / f"dagster-{next(turns)}"
        return Task(command=(python, script_file, str(count), str(home), executor))

    tasks = {
        "ours": ours(work, "apply", "--yes", prepare=_settled_copy(whole, work)),
        "in process": run(assets, "in_process"),
        "isolated": run(_FEW, "multiprocess"),
    }
    found = _in_turn(tasks, rounds)
    mine, together, isolated = (_median(found[name], "seconds") for name in tasks)
    busy = _median(found["ours"], "processor")
    extrapolated = isolated * assets / _FEW
    return [
        Line(f"apply {assets}, Dagster in one process", mine, busy, together),
        Line(f"apply {assets}, Dagster isolated ({_FEW}, times)", mine, busy, extrapolated),
    ]


def _in_turn(tasks: dict[str, Task], rounds: int) -> dict[str, list[Cost]]:
    found: dict[str, list[Cost]] = {name: [] for name in tasks}
    for _ in range(rounds):
        for name, task in tasks.items():
            found[name].append(task.cost())
    return found


def _median(costs: Sequence[Cost], field: str) -> float:
    return statistics.median(float(getattr(cost, field)) for cost in costs)


def _project(folder: Path, form: str, assets: int) -> Path:
    project = folder / f"{form}-{assets}"
    if not project.exists():
        script("coded.py", str(assets), str(project), form)
    return project


def _settled_copy(source: Path, target: Path) -> Callable[[], None]:
    """Return what makes a copy that was never applied and whose files are all in the cache."""

    def copied() -> None:
        fresh_copy(source, target)()
        settled(target)()

    return copied


def _call(workers: LocationWorkers, root: Path, scratch: Path) -> float:
    """Return the seconds of one call of a chain's first function."""
    call = _call_of("assets/chain/part_00.py:step_000", root, scratch)
    started = time.perf_counter()
    workers.call(call, lambda line: None)
    return time.perf_counter() - started


def _death(workers: LocationWorkers, root: Path, scratch: Path) -> float:
    """Return how many seconds after its SIGKILL the loss of a worker is known.

    Each has a file of its own: code that ends its process again and again is not run any more.
    """
    file = f"assets/{scratch.name.replace('-', '_')}.py"
    (root / file).write_text(_DIES.format(path=scratch.parent / "died.txt"))
    call = _call_of(f"{file}:killed", root, scratch)
    try:
        workers.call(call, lambda line: None)
    except WorkerLostError:
        return time.time() - float((scratch.parent / "died.txt").read_text())
    raise SystemExit("a worker that killed itself went on")


def _call_of(function: str, root: Path, scratch: Path) -> Call:
    scratch.mkdir(parents=True)
    return Call(
        id=scratch.name,
        root=str(root),
        location=Location(name=MAIN),
        scratch=str(scratch),
        function=function,
        wanted=(Wanted("", "chain.step_000"),),
    )


def main() -> int:
    """Measure and print the table; return 1 when a target is missed."""
    options = argparse.ArgumentParser(description="Measure what a step of Python costs.")
    options.add_argument("--assets", type=int, default=100)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--peers", help="a Python that has dagster")
    chosen = options.parse_args()
    for package in ("engine", "catalog", "adapters", "schemas"):
        compileall.compile_dir(ROOT / package, quiet=2)
    sys.stdout.write(f"{_HEAD}\n")
    missed = False
    with tempfile.TemporaryDirectory(prefix="freshline-steps-") as name:
        folder = Path(name)
        parts: list[Callable[[], list[Line]]] = [
            lambda: of_a_cold_step(folder, max(5, chosen.rounds)),
            lambda: of_form(folder, "rows", chosen.assets, chosen.rounds),
            lambda: of_form(folder, "arrow", chosen.assets, chosen.rounds),
        ]
        if chosen.peers:
            parts.append(lambda: of_dagster(folder, chosen.peers, chosen.assets, chosen.rounds))
        for part in parts:
            for line in part():
                missed = missed or line.missed
                sys.stdout.write(line.text() + "\n")
                sys.stdout.flush()
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
