"""How precise verdicts are: of the consumers that an edit does not change, how many are left alone.

`python -m tests.oracle.precision` tries projects, each over its own rows, at least 200, and prints
a line for each kind of edit. A consumer is a table below what was edited; it is unchanged where a
build from scratch gives it the rows and columns of before. Of these some read other rows than
before, and came out the same all the same: nobody could know without running them. They are counted
by themselves; so are those that read an edited source with their own query.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tests.oracle.coverage import traps_of
from tests.oracle.edits import KINDS
from tests.oracle.projects import Project
from tests.oracle.trial import Change, Missed, Size, Tally, trial
from tests.oracle.world import RAN

ROWS = 480  # at most; at least half of them
# What the engine cannot be asked about, or what more than rows decides: content alone helps there.
COARSE = frozenset({"R0", "R3", "R10", "R13"})


@dataclass(slots=True)
class Matrix:
    """Counts by kind of edit: how unchanged consumers fared, and what rebuilds led to."""

    fresh: Counter[str] = field(default_factory=Counter[str])
    cut_off: Counter[str] = field(default_factory=Counter[str])
    ran: Counter[str] = field(default_factory=Counter[str])
    stopped: Counter[str] = field(default_factory=Counter[str])
    travelled: Counter[str] = field(default_factory=Counter[str])
    others: dict[str, Counter[str]] = field(default_factory=dict[str, Counter[str]])

    def add(self, change: Change) -> None:
        """Count what one edit led to."""
        edited = _edited(change)
        for key in _consumers(change, edited):
            if change.was.tables[key] == change.now.tables[key]:
                self._count(change, edited, key)
        for reader in _behind_equal_rebuilds(change, edited):
            ran = change.now.status.get(reader) in RAN
            (self.travelled if ran else self.stopped)[change.kind] += 1

    def _count(self, change: Change, edited: set[str], key: str) -> None:
        ran = change.now.status.get(key) in RAN
        reads = change.now.graph.assets[key].reads
        near = {key, *(k for k in edited if k in change.after.models)}
        other = ""
        if is_coarse(change, key) or traps_of(change.after, "", near) & COARSE:
            other = "R0, R3, R10 or R13 near"
        elif not _shows_the_same(change, key):
            other = "its input did change"
        elif edited & change.after.sources.keys() & {*reads}:
            other = "reads the edited source itself, of which it sees nothing else"
        if other:
            self.others.setdefault(other, Counter())["ran" if ran else "left alone"] += 1
        elif ran:
            self.ran[change.kind] += 1
        elif key in change.now.status:
            self.cut_off[change.kind] += 1
        else:
            self.fresh[change.kind] += 1

    def lines(self) -> Iterator[str]:
        """Yield the matrix as lines of text."""
        yield f"{'edit':<42}{'fresh':>7}{'cut off':>9}{'ran':>6}{'left alone':>12}"
        for kind in KINDS:
            yield _line(kind, self.fresh[kind], self.cut_off[kind], self.ran[kind])
        totals = (self.fresh.total(), self.cut_off.total(), self.ran.total())
        yield _line("all", *totals)
        for other, counts in self.others.items():
            yield f"{other}: {dict(counts)}"
        left = self.fresh.total() + self.cut_off.total()
        left += sum(counts["left alone"] for counts in self.others.values())
        every = left + self.ran.total() + sum(c["ran"] for c in self.others.values())
        yield f"of all unchanged consumers, for whatever reason: {left / max(1, every):.1%}"
        stopped, travelled = self.stopped.total(), self.travelled.total()
        share = stopped / max(1, stopped + travelled)
        yield f"readers behind rebuilds that changed nothing: {stopped} left alone, " + (
            f"{travelled} ran ({share:.1%})"
        )
        yield f"  ran by kind: {dict(self.travelled)}"


def _line(kind: str, fresh: int, cut_off: int, ran: int) -> str:
    share = f"{(fresh + cut_off) / (fresh + cut_off + ran):.0%}" if fresh + cut_off + ran else "-"
    return f"{kind:<42}{fresh:>7}{cut_off:>9}{ran:>6}{share:>12}"


def is_coarse(change: Change, key: str) -> bool:
    """Say whether the product takes an asset as a whole: opaque, or hanging on order."""
    assets = (change.was.graph.assets[key], change.now.graph.assets[key])
    return any(asset.opaque or asset.order_sensitive for asset in assets)


def _shows_the_same(change: Change, key: str) -> bool:
    """Say whether all that an asset reads shows what it did, through the windows it reads by."""
    asset = change.now.graph.assets[key]
    was, now = change.was.tables, change.now.tables
    return all(
        read in was and was[read].through(window) == now[read].through(window)
        for read in asset.reads
        for window in [asset.window(read)]
    )


def _edited(change: Change) -> set[str]:
    """Return the assets and sources that were edited themselves, be it through a macro."""
    before, after = change.before, change.after
    found = {key for key in change.touched if key in after.sources}
    for key, model in after.models.items():
        same = before.rendered(key) == after.rendered(key)
        if not same or model.kind != before.models[key].kind:
            found.add(key)
        elif before.macros != after.macros and (
            "twice(" in (text := after.rendered(key)) or ("thrice(" in text)
        ):
            found.add(key)
    for key in after.sources:
        if before.sources[key] != after.sources[key]:
            found.add(key)
    return found


def _consumers(change: Change, edited: set[str]) -> Iterator[str]:
    for key in change.after.downstream(edited):
        if change.after.models[key].kind == "table" and key not in edited:
            yield key


def _behind_equal_rebuilds(change: Change, edited: set[str]) -> Iterator[str]:
    """Yield the tables that read a rebuild with the rows of before, and nothing that changed."""
    after = change.after
    same = {key for key, table in change.now.tables.items() if change.was.tables[key] == table}
    rebuilt = {key for key, status in change.now.status.items() if status in RAN}
    for key, model in after.models.items():
        if model.kind == "table" and key not in edited:
            inputs = set(_inputs(after, key))
            views = {name for name in _views(after, key)}
            unmoved = inputs <= same | (after.sources.keys() - edited)
            if unmoved and not views & edited and inputs & rebuilt & same:
                if not is_coarse(change, key):
                    yield key


def _inputs(project: Project, key: str) -> Iterable[str]:
    for read in project.models[key].query.reads():
        if read in project.models and project.models[read].kind == "view":
            yield from _inputs(project, read)
        else:
            yield read


def _views(project: Project, key: str) -> Iterable[str]:
    for read in project.models[key].query.reads():
        if read in project.models and project.models[read].kind == "view":
            yield read
            yield from _views(project, read)


def main() -> int:
    """Try projects, and print the matrix."""
    parser = argparse.ArgumentParser(prog="python -m tests.oracle.precision")
    parser.add_argument("--projects", type=int, default=30, help="projects, each with its own rows")
    parser.add_argument("--seconds", type=float, default=1e9, help="begin none after so long")
    parser.add_argument("--edits", type=int, default=24, help="edits of each project")
    said = parser.parse_args()
    matrix, tally, wrong = Matrix(), Tally(), 0
    began = time.monotonic()
    for seed in range(said.projects):
        if time.monotonic() - began > said.seconds:
            break
        changes: list[Change] = []
        try:
            trial(7_000 + seed, tally, edits=said.edits, size=Size(ROWS), changes=changes)
        except Missed as error:
            wrong += 1
            print(error, file=sys.stderr)
        for change in changes:
            matrix.add(change)
    print(f"{tally.projects} projects, {tally.edits.total()} edits, {wrong} went wrong")
    for line in matrix.lines():
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
