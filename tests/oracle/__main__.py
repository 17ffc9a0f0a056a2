"""Run trials by hand: `python -m tests.oracle --seeds 1000 --from 0`, or one with `--seed N`."""

import argparse
import gc
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from tests.oracle.coverage import TRAPS
from tests.oracle.edits import KINDS
from tests.oracle.seeded import SEEDED
from tests.oracle.trial import EDITS_OF_A_TRIAL, USUAL, Missed, Size, Tally, trial

_TOLD_EVERY = 20  # projects


def main() -> int:
    """Try projects, say what was covered, and how to see again what went wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.oracle")
    parser.add_argument("--seed", type=int, help="one trial alone")
    parser.add_argument("--seeds", type=int, default=100, help="how many trials")
    parser.add_argument("--from", type=int, default=0, dest="start", help="the first of them")
    parser.add_argument("--seconds", type=float, default=1e9, help="stop after so long")
    parser.add_argument("--edits", type=int, default=EDITS_OF_A_TRIAL, help="edits of a trial")
    parser.add_argument("--unsound", choices=SEEDED, help="spoil the product with a wrong rule")
    parser.add_argument("--little", action="store_true", help="projects of three assets")
    parser.add_argument("--into", type=Path, help="a file that says how far it is, as it goes on")
    parser.add_argument("--rows", type=int, default=USUAL.rows, help="the most rows of a source")
    said = parser.parse_args()
    size = Size(said.rows, said.little)
    spoil, kinds = SEEDED[said.unsound] if said.unsound else (None, KINDS)
    seeds = [said.seed] if said.seed is not None else range(said.start, said.start + said.seeds)
    tally, began, missed = Tally(), time.monotonic(), 0
    gc.freeze()  # what is imported by now stays: nobody need look at it again
    for seed in seeds:
        took = time.monotonic() - began
        if took > said.seconds:
            break
        if said.into is not None and tally.projects % _TOLD_EVERY == 0:
            said.into.write_text("\n".join(told(tally, missed, took)) + "\n")
        try:
            with pytest.MonkeyPatch.context() as patch:
                if spoil is not None:
                    spoil(patch)
                trial(seed, tally, kinds=kinds, edits=said.edits, size=size)
        except KeyboardInterrupt:  # enough; what was covered is told all the same
            break
        except Missed as error:
            missed += 1
            print(error, file=sys.stderr, flush=True)
    report = "\n".join(told(tally, missed, time.monotonic() - began)) + "\n"
    if said.into is not None:
        said.into.write_text(report)
    sys.stdout.write(report)
    return 1 if missed else 0


def told(tally: Tally, missed: int, took: float) -> Iterator[str]:
    """Yield what was covered as lines of text."""
    edits = sum(tally.edits.values())
    yield f"{tally.projects} projects, {edits} edits, {tally.refused} refused, {took:.0f} s"
    yield f"{tally.fresh} assets called fresh and compared with a build from scratch"
    yield f"{missed} trials went wrong"
    yield from table("edits", {kind: tally.edits[kind] for kind in KINDS})
    yield from table("traps", {trap: tally.traps[trap] for trap in TRAPS})
    yield from table("constructs", tally.constructs)
    yield from table("steps", tally.steps)


def table(title: str, counts: Mapping[str, int]) -> Iterator[str]:
    """Yield counts, one a line."""
    yield f"\n{title}"
    for name, count in counts.items():
        yield f"  {count:>7}  {name}"


if __name__ == "__main__":
    sys.exit(main())
