"""Histories of a small world in which several processes apply at once, crash for crash."""

import os
import random
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from types import ModuleType

import pytest
from tests.simulation.abreast import Baton, BatonClock, Troubles, abreast, watched
from tests.simulation.test_world import check
from tests.simulation.world import CRASHES, NARROW, REFUSALS, World

from freshline import failpoints
from freshline.errors import ConflictError, FencedError, FreshlineError
from freshline.events import AttemptFailed, AttemptStarted, Event, Materialized
from freshline.execute import apply, commit, recover, step, turn
from freshline.execute.apply import succeeded
from freshline.execute.commit import Task
from freshline.execute.setting import Setting
from freshline.keys import Target
from freshline.ports import Holder, Ports
from freshline.reconcile.observe import Look
from freshline.testing.memory_log import MemoryEventLog

SEEDS = int(os.environ.get("FRESHLINE_SEEDS", "400"))
BLOCKS = 8


@pytest.mark.parametrize("block", range(BLOCKS))
def test_processes_that_apply_at_once_compute_everything_once(block: int) -> None:
    for seed in range(block, SEEDS, BLOCKS):
        world, _ = _history(seed, processes=2 + seed % 2)
        check(world)
        _check_attempts(world)


def test_without_trouble_and_edits_nobody_computes_what_another_one_did() -> None:
    shared = 0
    for seed in range(60):
        world, _ = _history(seed, processes=2, troubled=False, edits=0)
        check(world)
        built = [e.target for e in _log(world) if isinstance(e, Materialized)]
        assert len(built) == len(set(built)) == len(world.upstreams), f"seed {seed}"
        assert world.compute.computed.total() == len(built), f"seed {seed}: in vain"
        shared += len({e.run for e in _log(world) if isinstance(e, Materialized)}) > 1
    assert shared > 20  # both had a part in it


def test_the_same_seed_gives_the_same_history() -> None:
    assert _log(_history(11, processes=3)[0]) == _log(_history(11, processes=3)[0])


def test_processes_die_at_every_failpoint_of_an_apply() -> None:
    crashes: Counter[str] = Counter()
    for seed in range(2000, 2150):
        crashes += _history(seed, processes=2)[0].crashes
    assert set(crashes) == set(CRASHES)


@contextmanager
def _adopting_whatever_is_there(
    run: str, holder: Holder, look: Look, ports: Ports
) -> Generator[tuple[Event, ...]]:
    yield recover.recorded(run, look, ports)


def _only_ourselves(holder: Holder, ports: Ports) -> frozenset[str]:
    return frozenset({holder.run})


def _no_news(task: Task, setting: Setting, *_: object) -> tuple[Task, Setting]:
    return task, setting


def _claim_of_the_blind(task: Task, setting: Setting, publish_id: str) -> int:
    return commit.claim(task, replace(setting, present=None), publish_id)


def _no_pools(task: Task, setting: Setting) -> tuple[tuple[str, int], ...]:
    return ()


@pytest.mark.parametrize(
    ("room", "name", "wrong"),
    [
        (recover, "_there", _only_ourselves),
        (apply, "catching_up", _adopting_whatever_is_there),
        (turn, "_with_news", _no_news),
        (step, "claim", _claim_of_the_blind),
        (commit, "places", _no_pools),
    ],
    ids=[
        "runs that live are taken for dead",
        "what somebody is about to record is adopted",
        "what others did since the look is not looked at",
        "a claim does not say which version it goes by",
        "a claim takes no place",
    ],
)
def test_each_rule_is_needed(
    room: ModuleType, name: str, wrong: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it some history goes wrong, and is found."""
    monkeypatch.setattr(room, name, wrong)
    with pytest.raises((AssertionError, FreshlineError)):
        for seed in range(400):
            world, _ = _history(seed, processes=2)
            check(world)
            _check_attempts(world)


def _history(
    seed: int, *, processes: int, troubled: bool = True, edits: int = 2
) -> tuple[World, Baton]:
    """Return a world in which processes lived, each of which edited and applied a few times."""
    world, baton = World.of(seed), Baton(seed)
    world.clock = BatonClock(baton)
    troubles = Troubles(baton)
    lives: list[Callable[[], None]] = []
    for number in range(processes):
        chance = random.Random(seed * 10 + number)
        lives.append(partial(_live, world, troubles, chance, troubled, edits))
    with watched(troubles.at):
        abreast(baton, lives)
    assert succeeded(world.apply()), f"seed {seed}"
    return world, baton


def _live(
    world: World, troubles: Troubles, chance: random.Random, troubled: bool, edits: int
) -> None:
    for _ in range(1 + chance.randint(0, edits)):
        for _ in range(chance.randint(0, edits)):
            world.edit()
        for last in range(10):
            troubles.expect(_trouble(chance) if troubled and last < 9 else "")
            try:
                if succeeded(world.apply()):
                    break
            except failpoints.Crash as crash:
                world.crashes[str(crash)] += 1


def _trouble(chance: random.Random) -> str:
    if chance.random() < 0.4:
        return ""
    if chance.random() < 0.75:
        names, action = chance.sample(CRASHES, 3), "crash"
    else:
        names, action = chance.sample(REFUSALS, 1), "raise:ENOSPC"
    return ",".join(f"{name}={action}@{chance.choice((1, 1, 1, 2, 4))}" for name in names)


def _check_attempts(world: World) -> None:
    """At no moment two attempts live on a target, no version goes behind one before.

    And nobody finds out when everything is computed that somebody else was faster, nor is anybody
    at work who has no place in a pool.
    """
    alive: dict[Target, str] = {}
    numbers: dict[Target, int] = {}
    for event in _log(world):
        match event:
            case AttemptStarted():
                assert event.target not in alive, f"seed {world.seed}: {event.target}"
                alive[event.target] = event.publish_id
                at_work = [target for target in alive if target.asset[-1] in NARROW]
                assert len(at_work) <= 1, f"seed {world.seed}: {at_work}"
            case AttemptFailed(code=ConflictError.code | FencedError.code):
                raise AssertionError(f"seed {world.seed}: {event}")
            case AttemptFailed() if alive.get(event.target) == event.publish_id:
                del alive[event.target]
            case Materialized():
                version = event.build.version
                assert alive.pop(event.target, "") == version.publish_id, f"seed {world.seed}"
                assert numbers.get(event.target, 0) < version.number, f"seed {world.seed}"
                numbers[event.target] = version.number
            case _:
                pass
    assert not alive


def _log(world: World) -> list[Event]:
    log = MemoryEventLog(world.ledger)
    return [entry.event for entry in log.events(limit=100_000)]
