"""Laws of event logs: whatever happens, the tables are the fold of the log."""

import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshline.claims import Claim
from freshline.errors import BusyError
from freshline.events import AssetDefined, Event, Outcome, RunFinished, Verified
from freshline.keys import Target
from freshline.ports import EventLog
from freshline.state import fold
from freshline.testing.event_log_reading import folded
from freshline.testing.memory_log import MemoryEventLog
from freshline.testing.specimens import (
    attempt_failed,
    build,
    cared_for,
    claim,
    materialized,
    run_started,
    source_observed,
)
from freshline.versions import Read
from freshline_catalog.event_log import SqliteEventLog

TARGETS = tuple(
    Target("shop", environment, asset, partition)
    for environment in ("main", "dev")
    for asset, partition in (("staging.orders", ""), ("marts.daily", "2024-01-01"), ("a.b", "ü'🧪"))
)
PUBLISH_IDS = ("m1", "m2", "m3")
RUNS = ("r1", "r2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
    """Events brought in one call."""

    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """Claims brought in one call."""

    claims: tuple[Claim, ...]


Call = Appended | Claimed

targets = st.sampled_from(TARGETS)
publish_ids = st.sampled_from(PUBLISH_IDS)
runs = st.sampled_from(RUNS)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
specs = st.dictionaries(st.text(max_size=8), json_values, max_size=3)
verified = st.builds(
    Verified,
    at=st.floats(allow_nan=False, allow_infinity=False),
    run=runs,
    target=targets,
    mat_id=publish_ids,
    inputs=st.tuples(st.builds(Read, st.just("raw.orders"), st.text(max_size=4), st.just("d"))),
    stamp=st.none() | st.text(max_size=4),
)
defined = st.builds(
    AssetDefined, at=st.just(1.0), run=runs, target=targets, digest=st.text(max_size=4), spec=specs
)
published = st.builds(materialized, runs, targets, publish_ids, fence=st.integers(1, 9))


@st.composite
def reverts(draw: st.DrawFn) -> Event:
    """Publishes of an older build under an identifier of their own."""
    target, mat_id = draw(targets), draw(publish_ids)
    old = build(target, mat_id)
    version = replace(old.version, publish_id=draw(publish_ids), number=draw(st.integers(2, 9)))
    event = materialized(draw(runs), target, mat_id)
    return replace(event, build=replace(old, version=version))


@st.composite
def cares(draw: st.DrawFn) -> Event:
    """Events by which people keep an asset as it is, or find it damaged, or remove it."""
    return draw(st.sampled_from(cared_for(draw(runs), draw(targets), draw(publish_ids))))


events = st.one_of(
    published,
    cares(),
    reverts(),
    verified,
    defined,
    st.builds(attempt_failed, runs, targets, publish_ids, message=st.text(max_size=20)),
    st.builds(source_observed, runs, targets, st.text(max_size=4)),
    st.builds(run_started, runs),
    st.builds(RunFinished, at=st.just(9.0), run=runs, outcome=st.sampled_from(Outcome)),
)
calls = st.one_of(
    st.builds(Appended, events=st.lists(events, min_size=1, max_size=5).map(tuple)),
    st.builds(
        Claimed,
        claims=st.lists(
            st.builds(claim, runs, targets, publish_ids, base=st.integers(0, 3)),
            min_size=1,
            max_size=3,
        ).map(tuple),
    ),
)


def perform(log: EventLog, call: Call) -> object:
    """Make a call and return its answer, a refusal being one too."""
    try:
        match call:
            case Appended():
                return log.append(call.events)
            case Claimed():
                return log.claim(call.claims)
    except BusyError:
        return "busy"


def questions() -> tuple[Callable[[EventLog], object], ...]:
    """Return what may be asked of a log, about everything the calls above can touch."""
    return (
        lambda log: log.events(),
        lambda log: log.events(after=3, limit=2),
        lambda log: [log.events(asset=target.asset, run=run) for target in TARGETS for run in RUNS],
        lambda log: [log.latest(asset=target.asset, limit=3) for target in TARGETS],
        lambda log: [log.snapshot("shop", environment) for environment in ("main", "dev")],
        lambda log: [log.builds(target) for target in TARGETS],
        lambda log: [log.builds(target, limit=1) for target in TARGETS],
        lambda log: log.logic([*PUBLISH_IDS, "unknown"]),
        lambda log: log.runs("shop"),
    )


@settings(deadline=None, max_examples=60)
@given(st.lists(calls, max_size=12))
def test_a_log_in_sqlite_answers_as_one_in_memory(made: Sequence[Call]) -> None:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        path = Path(folder) / "catalog.db"
        first = stack.enter_context(closing(SqliteEventLog(path)))
        model = MemoryEventLog()
        for call in made:
            assert perform(first, call) == perform(model, call)
        second = stack.enter_context(closing(SqliteEventLog(path)))
        for question in questions():
            assert question(first) == question(second) == question(model)


@settings(deadline=None, max_examples=60)
@given(st.lists(calls, max_size=12))
def test_the_tables_are_the_fold_of_the_log(made: Sequence[Call]) -> None:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        log = stack.enter_context(closing(SqliteEventLog(Path(folder) / "catalog.db")))
        for call in made:
            perform(log, call)
        for environment in ("main", "dev"):
            assert log.snapshot("shop", environment) == folded(log, "shop", environment)
        before = [question(log) for question in questions()]
        assert log.check() == ()
        log.rebuild()
        assert log.check() == ()
        assert [question(log) for question in questions()] == before


@settings(deadline=None)
@given(st.lists(calls, max_size=12), st.integers(0, 20))
def test_a_state_can_be_carried_on_from_any_event(made: Sequence[Call], split: int) -> None:
    """Folding in two stretches, one of them twice, leads where folding at once does."""
    log = MemoryEventLog()
    for call in made:
        perform(log, call)
    whole = log.events()
    early = fold(whole[:split])
    assert fold(whole[split:], early) == fold(whole)
    assert fold(whole, fold(whole)) == fold(whole)


@given(st.lists(st.tuples(targets, st.booleans()), max_size=12))
def test_at_most_one_attempt_lives_on_a_target(wanted: Sequence[tuple[Target, bool]]) -> None:
    """A claim is refused exactly while an attempt lives, and fences only grow."""
    log = MemoryEventLog()
    live: dict[Target, str] = {}
    fences: dict[Target, list[int]] = {}
    for number, (target, is_end) in enumerate(wanted):
        if is_end:
            log.append([attempt_failed("r1", target, live.pop(target, "none"))])
        elif target in live:
            with pytest.raises(BusyError):
                log.claim([claim("r1", target, f"m{number}")])
        else:
            fences.setdefault(target, []).extend(log.claim([claim("r1", target, f"m{number}")]))
            live[target] = f"m{number}"
    assert all(given == sorted(set(given)) for given in fences.values())
