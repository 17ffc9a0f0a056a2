"""What becomes of steps at whose assets others were, or are, while a run is under way."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.simulation.test_world import check
from tests.simulation.world import NARROW, World

from freshline.events import AttemptFailed, Event, Paused, Pinned
from freshline.execute.apply import Applied, Order, apply
from freshline.execute.place import Place
from freshline.execute.run import Status
from freshline.execute.runner import Patience, Progress
from freshline.keys import Target
from freshline.ports import Claim, Holder
from freshline.reconcile.planned import Wish
from freshline.testing.memory_log import MemoryEventLog

BEN = Holder(name="apply:main", actor="ben", host="here", pid=2, since=0.0, purpose="apply")
FIRST = "w.a0"


def _target(key: str) -> Target:
    return Target("world", "main", key)


def _built() -> World:
    """A world in which everything is fresh."""
    world = World.of(5)
    world.until_done()
    return world


def _edited(world: World, key: str = FIRST) -> World:
    """The world after an asset got other logic, which gives other rows."""
    world.values[key] = world.values[key] ^ 2
    return world


def _applied(
    world: World,
    once: Callable[[], object] = lambda: None,
    *,
    wish: Wish | None = None,
    in_line: float = 1e9,
) -> tuple[Applied, dict[str, Progress]]:
    """Apply, and do something when the first step is about to begin; return what was told last."""
    told: dict[str, Progress] = {}

    def show(now: Progress) -> None:
        if not told:
            once()
        told[now.asset] = now

    order = Order(
        wish=wish or Wish(),
        holder=replace(BEN, actor="ada", pid=1),
        command="apply",
        jobs=1,
        patience=Patience(chance=lambda: 0.5, in_line=in_line),
        wait=world.wait,
    )
    place = Place(graph=world.graph(), root=Path("/nowhere"), environment="main")
    log = MemoryEventLog(world.ledger)
    try:
        return apply(place, world.ports(log), order, lambda plan: None, show), told
    finally:
        log.close()


def _at_work(world: World, key: str, *, pool: str = "") -> MemoryEventLog:
    """Return the log of a run that is at an asset, as long as it is open."""
    log = MemoryEventLog(world.ledger)
    log.acquire(replace(BEN, run="bens-run"), shared=True)
    places = ((pool, 9),) if pool else ()
    wish = Claim(at=1.0, run="bens-run", target=_target(key), publish_id="p", base=0, places=places)
    log.claim([wish])
    return log


def _recorded(world: World, *events: Event) -> None:
    log = MemoryEventLog(world.ledger)
    log.append(events)
    log.close()


def test_a_step_waits_for_the_run_that_is_at_its_asset() -> None:
    world = _edited(_built())
    log = _at_work(world, FIRST)
    _, told = _applied(world, in_line=0.0)
    assert told[FIRST].status is Status.FAILED
    error = told[FIRST].error
    assert error is not None and error.message == f"{FIRST}: waits for run bens-run"
    log.append(
        [
            AttemptFailed(
                at=2.0,
                run="bens-run",
                target=_target(FIRST),
                publish_id="p",
                code="F300",
                message="no",
            )
        ]
    )
    _applied(world)
    log.close()
    check(world)


def test_what_a_run_that_died_meanwhile_was_at_is_settled_and_built() -> None:
    world = _edited(_built())
    log = _at_work(world, FIRST)
    applied, told = _applied(world, log.close)
    assert told[FIRST].status is Status.BUILT
    assert applied.report is not None and not applied.report.errors
    check(world)


def test_a_step_waits_for_a_place_in_its_pool() -> None:
    world = _built()
    key, other = [k for k in world.values if k[-1] in NARROW][:2]
    log = _at_work(_edited(world, key), other, pool="narrow")
    _, told = _applied(world, wish=Wish(selected=frozenset({key}), only=True), in_line=0.0)
    error = told[key].error
    words = f"{key}: waits for a place in the pool narrow: 1 at work"
    assert error is not None and error.message == words
    log.close()


def test_what_another_run_has_built_meanwhile_is_taken_over() -> None:
    world = _edited(_built())
    before = world.compute.computed.copy()
    once: list[int] = []

    def another() -> None:
        world.apply()
        once.append((world.compute.computed - before).total())

    _, told = _applied(world, another)
    assert {now.status for now in told.values()} <= {Status.VERIFIED, Status.CHECKED}
    assert once == [(world.compute.computed - before).total()] != [0]
    check(world)


def test_forced_it_is_computed_all_the_same() -> None:
    world = _edited(_built())
    wish = Wish(selected=frozenset({FIRST}), force=True, only=True)
    _, told = _applied(world, world.apply, wish=wish)
    assert told[FIRST].status is Status.BUILT


def test_what_a_later_run_has_built_by_other_code_stays() -> None:
    world = _edited(_built())

    def later() -> None:
        world.values[FIRST] = world.values[FIRST] ^ 4
        world.apply()

    _, told = _applied(world, later)
    assert told[FIRST].status is Status.SKIPPED
    assert told[FIRST].note.endswith("has built it by other code, which is later")
    check(world)


@pytest.mark.parametrize(
    ("event", "word"),
    [
        (Pinned(at=1.0, run="r", target=_target(FIRST), mat_id="m", actor="ben", reason=""), "pin"),
        (Paused(at=1.0, run="r", target=_target(FIRST), actor="ben", reason=""), "pause"),
    ],
    ids=["pinned", "paused"],
)
def test_what_is_set_apart_meanwhile_is_left_alone(event: Event, word: str) -> None:
    world = _edited(_built())
    before = world.published()
    _, told = _applied(world, lambda: _recorded(world, event))
    assert told[FIRST].status is Status.SKIPPED
    assert told[FIRST].note.startswith(word) and told[FIRST].note.endswith("by ben meanwhile")
    assert world.published()[FIRST] == before[FIRST]
