"""A bench of sensors: what a look at a hundred of them costs while nothing happens, and deciding.

    python -m tests.bench.sensors

Each of a hundred sensors waits for files in a folder of its own with fifty files in it, all of
which it knows already. Seconds of the processor, medians of some rounds after the first.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from tests.unit.scenes import Stage, stage

from freshline.cli.compose import automation_in, event_log
from freshline.cli.senses.sensing import Senses
from freshline.errors import Span
from freshline.operate.scene import Seen
from freshline.refresh import FilesArrived, Manual, Materialize, Refresh, SensorDefinition

SENSORS, FILES, ROUNDS = 100, 50, 7
MOST_LOOKING, MOST_DECIDING = 0.1, 0.2  # seconds of the processor
PLACE = Span(file="sensors.yaml", line=1, column=1)


def sensors() -> tuple[SensorDefinition, ...]:
    """Return a hundred sensors, each with a folder of its own."""
    return tuple(
        SensorDefinition(
            name=f"s{number}",
            conditions=(FilesArrived(path=f"in/{number}/*.csv"),),
            acts=(Materialize(selection="out"),),
            file=PLACE.file,
            span=PLACE,
        )
        for number in range(SENSORS)
    )


def watched() -> Stage:
    """Return a project of three assets that nothing but sensors would build."""
    manual = Refresh(rule=Manual())
    world = stage({"a": (), "out": ("a",), "more": ("out",)}, a=manual, out=manual, more=manual)
    world.sensors = sensors()
    return world.build_all()


def cost(work: Callable[[], object]) -> float:
    """Return the seconds of the processor that some work takes again and again."""
    work()
    taken: list[float] = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return statistics.median(taken)


def measure(root: Path) -> tuple[float, float]:
    """Return what looking costs, and what deciding does."""
    for number in range(SENSORS):
        folder = root / "in" / str(number)
        folder.mkdir(parents=True)
        for file in range(FILES):
            (folder / f"{file}.csv").write_text("1")
    world = watched()
    graph = world.graph()
    with closing(event_log(root)) as log:
        senses = Senses(root, ("p", "main"), (log, automation_in(log)))
        with closing(senses):

            def look() -> Seen:
                return senses.seen(graph, world.memories, time.time())

            world.seen = replace(look(), arrivals=())
            world.now = time.time() + 60
            assert len(world.tick()) == SENSORS
            assert world.tick() == ()  # each knows its files from now on
            return cost(look), cost(world.evaluate)


def main() -> None:
    """Measure, tell, and leave with 1 when a target is missed."""
    with tempfile.TemporaryDirectory() as folder:
        looking, deciding = measure(Path(folder))
    print(f"look at {SENSORS} folders of {FILES} quiet files: {looking:.3f} s of {MOST_LOOKING}")
    print(f"decide on {SENSORS} sensors: {deciding:.3f} s of {MOST_DECIDING}")
    sys.exit(int(looking > MOST_LOOKING or deciding > MOST_DECIDING))


if __name__ == "__main__":
    main()
