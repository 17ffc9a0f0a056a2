"""Whole days of automation, fault for fault, and what holds in each of them."""

import os

import pytest
from tests.simulation.daemon import History

SEEDS = int(os.environ.get("FRESHLINE_SEEDS", "2000"))
BLOCKS = 8
STEPS = 25


def _lived(seed: int) -> History:
    history = History.of(seed)
    history.live(STEPS)
    history.quiet()
    return history


@pytest.mark.parametrize("block", range(BLOCKS))
def test_every_history_ends_fresh_and_asks_for_nothing_more(block: int) -> None:
    for seed in range(block, SEEDS, BLOCKS):
        _lived(seed)


def test_the_same_seed_gives_the_same_history() -> None:
    first, second = _lived(11), _lived(11)
    assert first.stage.kept == second.stage.kept
    assert first.stage.built == second.stage.built
