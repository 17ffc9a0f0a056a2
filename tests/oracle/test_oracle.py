"""The whole product against builds from scratch: random projects, random edits, nothing overlooked.

Some trials run with the suite; by hand, as many as there is time for: `python -m tests.oracle`.
"""

import os

import pytest
from tests.oracle.coverage import TRAPS
from tests.oracle.edits import KINDS
from tests.oracle.specials import FORMS
from tests.oracle.trial import Tally, trial

SEEDS = int(os.environ.get("FRESHLINE_SEEDS", "8"))
BLOCKS = 4
# Trials that once showed something wrong, with the number of edits that it takes.
PINNED = {41: 12, 30_003: 7, 6_000_061: 19}


@pytest.mark.parametrize("block", range(BLOCKS))
def test_whatever_is_edited_everything_shows_what_a_build_from_scratch_gives(block: int) -> None:
    for seed in range(block, SEEDS, BLOCKS):
        trial(seed + 1, Tally(), edits=8)


@pytest.mark.parametrize("seed", PINNED)
def test_what_was_once_wrong_is_right(seed: int) -> None:
    trial(seed, Tally(), edits=PINNED[seed])


def test_the_same_seed_is_the_same_trial() -> None:
    first, second = Tally(), Tally()
    for tally in (first, second):
        trial(3, tally, edits=4)
    assert first == second


def test_every_trap_of_rows_and_names_has_constructs_or_edits_that_set_it() -> None:
    assert {trap for form in FORMS.values() for trap in form.traps} <= set(TRAPS)
    assert len(KINDS) >= 40
