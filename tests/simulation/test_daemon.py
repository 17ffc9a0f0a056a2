"""Whole days of automation, fault for fault, and what holds in each of them."""

import os
from collections.abc import Callable, Mapping

import pytest
from tests.simulation.daemon import History

from freshline.operate import deciding, gates, memory, pulling
from freshline.operate.ground import Ground
from freshline.operate.memory import AssetMemory
from freshline.operate.rules import Need
from freshline.operate.scene import Gate

SEEDS = int(os.environ.get("FRESHLINE_SEEDS", "2000"))
BLOCKS = 8
STEPS = 25


@pytest.mark.parametrize("block", range(BLOCKS))
def test_every_history_ends_fresh_and_asks_for_nothing_more(block: int) -> None:
    for seed in range(block, SEEDS, BLOCKS):
        _lived(seed)


def test_the_same_seed_gives_the_same_history() -> None:
    first, second = _lived(11), _lived(11)
    assert first.stage.kept == second.stage.kept
    assert first.stage.built == second.stage.built


def test_histories_meet_every_gate_that_time_or_trouble_can_close() -> None:
    met: set[Gate | None] = set()
    for seed in range(3000, 3060):
        met |= _lived(seed).met
    assert met == {*Gate, None} - {Gate.ASIDE, Gate.CHECKS}


def test_what_is_only_built_when_needed_is_met_in_histories() -> None:
    assert sum(_lived(seed).pulled for seed in range(3000, 3060)) > 20


def _without(gate: Gate) -> Callable[[pytest.MonkeyPatch], None]:
    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        others = tuple(each for each in gates.GATES if each[0] is not gate)
        monkeypatch.setattr(gates, "GATES", others)

    return patch


def _forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(asset: AssetMemory) -> str | None:
        return None if asset.tried is not None else memory.text_of(asset)

    monkeypatch.setattr(deciding, "text_of", nothing)


def _generous(monkeypatch: pytest.MonkeyPatch) -> None:
    def supposed(ground: Ground, *_: object) -> Mapping[str, Need]:
        return dict.fromkeys(pulling.pulled(ground), pulling.SUPPOSED)

    monkeypatch.setattr(pulling, "needs", supposed)


MISTAKES = {
    "not looking at what is being built": _without(Gate.RUNNING),
    "trying the same again and again": _without(Gate.FAILED),
    "forgetting what was tried": _forgetful,
    "building for nobody what is built when needed": _generous,
    "leaving out the gate for what is fresh": _without(Gate.FRESH),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_noticed(
    mistake: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The suite must notice the mistakes that it is there for."""
    mistake(monkeypatch)
    with pytest.raises((AssertionError, KeyError)):
        for seed in range(300):
            _lived(seed)


def _lived(seed: int) -> History:
    history = History.of(seed)
    history.live(STEPS)
    history.quiet()
    return history
