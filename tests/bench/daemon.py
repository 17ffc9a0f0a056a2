"""What it costs to keep a project fresh: an idle look, a minute of nothing, and how soon it reacts.

    python -m tests.bench.daemon --assets 2000 --seconds 60 --rounds 7

An idle look is measured inside of one process, in seconds of its processor: all is fresh, and it is
looked all the same. Idleness is measured from outside, with pages beside it, as Linux tells it:
seconds of the processor for each second, and memory in megabytes, where what processes share counts
once. Reaction is from the moment at which the catalog says that an upstream was published, by
another process, to that at which it says that its consumer's run began.
"""

import argparse
import gc
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.bench.layered import write
from tests.bench.run import FRESHLINE

from freshline.bell import Bell
from freshline.cli.automation.automating import leader_of, pulse_of, world_of
from freshline.cli.compose import automation_in, event_log
from freshline.cli.scope import scope_of
from freshline.events import Materialized, RunStarted
from freshline.operate.daemon import Daemon

_TICKS = os.sysconf("SC_CLK_TCK")
_UPSTREAM = "SELECT id, amount FROM raw.few\n"
_CONSUMER = "SELECT sum(amount) AS total FROM quick.upstream\n"
_MANUAL = "/*---\nrefresh: manual\n---*/\n"


class Line(NamedTuple):
    """One line of the table: a figure, its unit, and the most that it may be."""

    name: str
    found: float
    unit: str
    most: float

    def text(self) -> str:
        """Return the line as it is printed."""
        verdict = "met" if self.found <= self.most else "MISSED"
        return f"{self.name:<52}{self.found:9.3f} {self.unit:<4} at most {self.most:g}: {verdict}"


def project(folder: Path, assets: int) -> Path:
    """Write and build a layered project, with one asset that only people build, and its reader."""
    root = folder / "project"
    write(assets, root)
    (root / "sources" / "few.yaml").write_text("sources:\n  raw.few:\n    path: data/few.csv\n")
    (root / "assets" / "quick").mkdir()
    (root / "assets" / "quick" / "upstream.sql").write_text(_MANUAL + _UPSTREAM)
    (root / "assets" / "quick" / "consumer.sql").write_text(_CONSUMER)
    few(root, 0)
    freshline(root, "apply", "--quiet", "--yes")
    return root


def few(root: Path, number: int) -> None:
    """Put other rows into the small source."""
    (root / "data" / "few.csv").write_text(f"id,amount\n1,{number}\n2,{number * number}\n")


def freshline(root: Path, *words: str) -> None:
    """Run a command that must not fail."""
    subprocess.run([FRESHLINE, "-p", str(root), *words], check=True, stdout=subprocess.DEVNULL)


def idle_looks(root: Path, rounds: int) -> tuple[float, float]:
    """Return the processor's seconds for a look at what is fresh, and for a pass without a look."""
    scoped = scope_of(root, None)
    with closing(event_log(root)) as log, closing(pulse_of(root)) as pulse:
        world = world_of(root, scoped, (log, automation_in(log), pulse), Bell())
        daemon = Daemon(world, log.acquire(leader_of(scoped.environment)))
        while not daemon.pass_by():
            time.sleep(0.025)
        looks = [_used(daemon) for _ in range(rounds)]
        began = time.thread_time()
        for _ in range(1000):
            daemon.pass_by()
        passes = (time.thread_time() - began) / 1000
        daemon.close()
    return statistics.median(looks), passes


def _used(daemon: Daemon) -> float:
    daemon.wake()
    began = time.thread_time()
    assert daemon.pass_by()
    return time.thread_time() - began


@contextmanager
def up(root: Path) -> Generator[tuple[int, ...]]:
    """Run `freshline up`; yield a function's worth of process numbers: pages, daemon and spare."""
    process = subprocess.Popen(
        [FRESHLINE, "-p", str(root), "up", "--port", "0"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("keeps"):
                break
        yield (process.pid,)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate()


def idleness(root: Path, pages: int, seconds: float) -> tuple[float, float, float]:
    """Return the share of a processor, and megabytes with and without the spare process."""
    time.sleep(15)  # a first survey, a spare: what comes once is not idleness
    while any(b"survey" in _command(pid) for pid in _family(pages)):
        time.sleep(1)
    every = _family(pages)
    before = sum(_seconds(pid) for pid in every)
    began = time.monotonic()
    time.sleep(seconds)
    used = sum(_seconds(pid) for pid in every) - before
    share = used / (time.monotonic() - began)
    spares = [pid for pid in every if b"freshline.cli.automation.carrying" in _command(pid)]
    whole = sum(_megabytes(pid) for pid in every)
    return share, whole, whole - sum(_megabytes(pid) for pid in spares)


def reactions(root: Path, rounds: int) -> list[float]:
    """Return the seconds from each publish of the upstream to the start of its consumer's run."""
    found: list[float] = []
    with closing(event_log(root)) as log:
        for number in range(1, rounds + 1):
            few(root, number + os.getpid())
            time.sleep(6)  # the change of the file itself has been looked at
            (newest,) = log.latest(limit=1)
            freshline(root, "apply", "--quiet", "--only", "quick.upstream")

            def begun(after: int = newest.sequence) -> float | None:
                events = [recorded.event for recorded in log.events(after=after)]
                published = [
                    e.at
                    for e in events
                    if isinstance(e, Materialized) and e.target.asset == "quick.upstream"
                ]
                runs = [
                    e.at
                    for e in events
                    if isinstance(e, RunStarted) and "quick.consumer" in e.assets
                ]
                return runs[0] - published[0] if published and runs else None

            found.append(_awaited(begun))
    return found


def _awaited(ask: Callable[[], float | None]) -> float:
    end = time.monotonic() + 30
    while (found := ask()) is None:
        if time.monotonic() > end:
            raise SystemExit("the consumer was never begun")
        time.sleep(0.02)
    return found


def _family(pid: int) -> list[int]:
    """Return a process and all that came from it, the daemon's own session among it."""
    found = [pid]
    for each in found:
        for thread in Path(f"/proc/{each}/task").iterdir():
            found += [int(child) for child in (thread / "children").read_text().split()]
    return found


def _seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:  # it has ended, and its parent tells its seconds
        return 0.0
    return (int(fields[11]) + int(fields[12]) + int(fields[13]) + int(fields[14])) / _TICKS


def _megabytes(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return b""


def main() -> None:
    """Measure, print, and leave with 1 where a target is missed."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--assets", type=int, default=2000)
    asked.add_argument("--seconds", type=float, default=60.0)
    asked.add_argument("--rounds", type=int, default=7)
    wanted = asked.parse_args()
    gc.set_threshold(100_000, 20, 20)  # as the command line does
    with tempfile.TemporaryDirectory() as folder:
        root = project(Path(folder), wanted.assets)
        look, nothing = idle_looks(root, wanted.rounds)
        with up(root) as (pages,):
            share, whole, without = idleness(root, pages, wanted.seconds)
            found = sorted(reactions(root, wanted.rounds))
    lines = (
        Line(f"an idle look at {wanted.assets}, processor", look, "s", 0.1),
        Line("a pass where nothing moved, processor", nothing * 1000, "ms", 1.0),
        Line("idle daemon and pages, of a processor", share * 100, "%", 1.0),
        Line("idle daemon and pages, memory", without, "MB", 200.0),
        Line("with the spare process of the next run", whole, "MB", 300.0),
        Line("publish to consumer's start, median", statistics.median(found), "s", 0.3),
        Line("publish to consumer's start, slowest", found[-1], "s", 0.6),
    )
    for line in lines:
        print(line.text())
    sys.exit(any(line.found > line.most for line in lines))


if __name__ == "__main__":
    main()
