"""A bench of two catalogs: how soon a publish in one begins the consumer in the other.

    python -m tests.bench.catalogs --rounds 7

Two projects on this machine: finance publishes, sales reads by a path, and then over HTTP from a
server of finance's. Seconds from the publish to the word of it over here, and to the start of the
consumer's run, as both catalogs tell it; medians and the slowest.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.bench.daemon import Line
from tests.durability.deployments import (
    FOLDER,
    freshline,
    kept_fresh,
    put_rate,
    served,
    token,
    write_finance,
    write_sales,
)

from freshline.cli.compose import event_log
from freshline.declare.brought import brought
from freshline.events import Event, Materialized, RunStarted

LONGEST = 60.0


class Round(NamedTuple):
    """Seconds behind a publish: until it was known here, and until its consumer's run began."""

    known: float
    begun: float


def rounds(finance: Path, sales: Path, count: int) -> list[Round]:
    """Publish some times, and return how soon each was known and acted upon."""
    found: list[Round] = []
    for number in range(1, count + 1):
        put_rate(finance, number + 0.25 + os.getpid())
        before = newest(sales)
        freshline(finance, "apply", "--quiet")
        (published,) = (e for e in since(finance, 0)[-3:] if isinstance(e, Materialized))
        end = time.monotonic() + LONGEST
        while not (runs := [e.at for e in since(sales, before) if isinstance(e, RunStarted)]):
            if time.monotonic() > end:
                raise SystemExit("the consumer was never begun")
            time.sleep(0.02)
        word = brought(sales, FOLDER)
        assert word is not None and word.number == published.build.version.number
        known = (sales / FOLDER / "current.json").stat().st_mtime
        found.append(Round(known - published.at, runs[0] - published.at))
        time.sleep(4)  # all of it has settled
    return found


def since(root: Path, sequence: int) -> list[Event]:
    """Return the events of a catalog behind a sequence."""
    with closing(event_log(root)) as log:
        return [recorded.event for recorded in log.events(after=sequence, limit=100_000)]


def newest(root: Path) -> int:
    """Return the last sequence of a catalog."""
    with closing(event_log(root)) as log:
        return max((recorded.sequence for recorded in log.latest(limit=1)), default=0)


@contextmanager
def reading(folder: Path, *, over_http: bool) -> Generator[tuple[Path, Path]]:
    """Give both projects, built, with a daemon on the one that reads."""
    finance = write_finance(folder / "finance")
    freshline(finance, "apply", "--quiet")
    freshline(finance, "catalog", "survey")
    with ExitStack() as open_until_the_end:
        url = ""
        if over_http:
            url = f"http://127.0.0.1:{open_until_the_end.enter_context(served(finance))}"
        sales, secret = write_sales(folder / "sales", url), token(finance)
        if not over_http:
            text = "project: sales\ncatalogs: {finance: ../finance}\n"
            (sales / "freshline.yaml").write_text(text)
        freshline(sales, "apply", "--quiet", secret=secret)
        open_until_the_end.enter_context(kept_fresh(sales, secret))
        time.sleep(5)
        yield finance, sales


def main() -> None:
    """Measure, print, and leave with 1 where a target is missed."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=7)
    wanted = asked.parse_args()
    lines: list[Line] = []
    for over_http in (False, True):
        way = "over HTTP" if over_http else "by a path"
        with tempfile.TemporaryDirectory() as folder:
            with reading(Path(folder), over_http=over_http) as (finance, sales):
                found = rounds(finance, sales, wanted.rounds)
        begun = [each.begun for each in found]
        known = statistics.median(each.known for each in found)
        lines += (
            Line(f"{way}: publish known here, median", known, "s", 0.5),
            Line(f"{way}: publish to consumer's start, median", statistics.median(begun), "s", 2.0),
            Line(f"{way}: publish to consumer's start, slowest", max(begun), "s", 4.0),
        )
    for line in lines:
        print(line.text())
    sys.exit(any(line.found > line.most for line in lines))


if __name__ == "__main__":
    main()
