"""Run trials by hand: `python -m tests.oracle --seeds 1000 --from 0`, or one with `--seed N`."""

import argparse
import sys
import time
from collections.abc import Mapping

import pytest
from tests.oracle.coverage import TRAPS
from tests.oracle.edits import KINDS
from tests.oracle.seeded import SEEDED
from tests.oracle.trial import EDITS_OF_A_TRIAL, USUAL, Missed, Size, Tally, trial


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
    parser.add_argument("--rows", type=int, default=USUAL.rows, help="the most rows of a source")
    said = parser.parse_args()
    size = Size(said.rows, said.little)
    spoil, kinds = SEEDED[said.unsound] if said.unsound else (None, KINDS)
    seeds = [said.seed] if said.seed is not None else range(said.start, said.start + said.seeds)
    tally, began, missed = Tally(), time.monotonic(), 0
    for seed in seeds:
        if time.monotonic() - began > said.seconds:
            break
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
    took = time.monotonic() - began
    edits = sum(tally.edits.values())
    print(f"{tally.projects} projects, {edits} edits, {tally.refused} refused, {took:.0f} s")
    print(f"{missed} trials went wrong")
    print_table("edits", {kind: tally.edits[kind] for kind in KINDS})
    print_table("traps", {trap: tally.traps[trap] for trap in TRAPS})
    print_table("constructs", tally.constructs)
    print_table("steps", tally.steps)
    return 1 if missed else 0


def print_table(title: str, counts: Mapping[str, int]) -> None:
    """Print counts, one a line."""
    print(f"\n{title}")
    for name, count in counts.items():
        print(f"  {count:>7}  {name}")


if __name__ == "__main__":
    sys.exit(main())
