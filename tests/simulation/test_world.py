"""Whole histories of a small world, crash for crash, and what holds in each of them."""

import os
from collections import Counter

import pytest
from tests.simulation.world import CRASHES, World

from freshline import failpoints
from freshline.events import Event, Materialized
from freshline.execute import step
from freshline.execute.commit import Task
from freshline.execute.run import Status
from freshline.execute.setting import Setting
from freshline.keys import Target
from freshline.ports import Storage
from freshline.state import State, fold
from freshline.testing.memory_log import MemoryEventLog
from freshline.versions import Build, Publication, PublishKind

SEEDS = int(os.environ.get("FRESHLINE_SEEDS", "400"))
BLOCKS = 8


@pytest.mark.parametrize("block", range(BLOCKS))
def test_every_history_ends_fresh_with_nothing_lost_and_nothing_computed_twice(block: int) -> None:
    for seed in range(block, SEEDS, BLOCKS):
        _live(World.of(seed))


def test_the_same_seed_gives_the_same_history() -> None:
    first, second = World.of(7), World.of(7)
    _live(first)
    _live(second)
    assert _log(first) == _log(second)


def test_histories_crash_at_every_failpoint_of_an_apply() -> None:
    crashes: Counter[str] = Counter()
    for seed in range(1000, 1200):
        world = World.of(seed)
        _live(world)
        crashes += world.crashes
    assert set(crashes) == set(CRASHES)


def test_a_failing_asset_takes_its_readers_out_and_nothing_else() -> None:
    world = World.of(3)
    key = next(k for k, reads in world.upstreams.items() if not reads)
    applied = world.apply(broken=frozenset({key}))
    assert applied.report is not None
    below = {k for k in world.upstreams if key in _all_above(world, k)}
    for asset, status in applied.report.status.items():
        expected = Status.FAILED if asset == key else Status.BUILT
        assert status is (Status.SKIPPED if asset in below else expected)
    world.until_done()
    assert world.published() == world.expected()


def test_recording_before_publishing_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The suite must notice the one mistake that the protocol exists to prevent."""

    def record_first(
        task: Task, setting: Setting, storage: Storage, publication: Publication
    ) -> Build:
        pretended = {
            name: getattr(publication, name)
            for name in ("target", "publish_id", "mat_id", "fence", "kind", "at", "rows")
        }
        from freshline.versions import Version

        version = Version(
            number=publication.base + 1,
            columns=publication.columns,
            files=publication.files,
            **pretended,
        )
        build = Build(version=version, trace=publication.trace, stamp="")
        event = Materialized(
            at=publication.at,
            run=setting.run,
            target=task.target,
            build=build,
            logic=publication.logic,
        )
        setting.ports.events.append([event])
        failpoints.failpoint("record.before")
        storage.publish(publication)
        return build

    monkeypatch.setattr(step, "publish_and_record", record_first)
    with pytest.raises(AssertionError):
        for seed in range(200):
            _live(World.of(seed))


def _live(world: World) -> None:
    """Let a world live through a few edits and troubled applies, checking after each."""
    for _ in range(world.chance.randint(2, 4)):
        world.until_done()
        check(world)
        for _ in range(world.chance.randint(0, 2)):
            world.edit()
    world.until_done()
    check(world)


def check(world: World) -> None:
    """What must hold whenever an apply has ended well."""
    about = f"seed {world.seed}"
    assert world.published() == world.expected(), f"{about}: readers see something else"
    plan = world.plan()
    assert plan.steps == (), f"{about}: a second look finds work"
    log = MemoryEventLog(world.ledger)
    state = log.snapshot("world", "main")
    for target in world.storage.targets():
        manifest, known = world.storage.current(target), state.of(target)
        assert manifest is not None and known.build is not None, about
        assert known.build.version == manifest.version, f"{about}: {target} is not on record"
        assert known.attempt is None, f"{about}: {target} has an open attempt"
        assert known.candidate is None, f"{about}: {target} keeps a candidate"
        _check_results(world, state, target, about)
    assert fold(log.events(limit=100_000)).targets == dict(state.targets), about
    _check_versions(world, log, about)
    log.close()


def _check_results(world: World, state: State, target: Target, about: str) -> None:
    """Every check has an answer for what is current, and it is the right one."""
    contents = world.expected()
    for check in world.graph().assets[target.asset].checks:
        looked_at = tuple(contents[key] for key in (target.asset, *check.reads))
        result = state.of(target).result(check.digest, looked_at)
        assert result is not None, f"{about}: {target} was not checked"
        refused = check.query.split()[1]
        assert result.passed is not any(c[0] in refused for c in looked_at), about


def _check_versions(world: World, log: MemoryEventLog, about: str) -> None:
    """Each version is recorded once, fences never fall, and no published content is built anew."""
    events: list[Event] = [entry.event for entry in log.events(limit=100_000)]
    recorded = [e.build.version.publish_id for e in events if isinstance(e, Materialized)]
    assert len(recorded) == len(set(recorded)), f"{about}: a publish was recorded twice"
    for target in world.storage.targets():
        manifests = [world.storage.manifest(target, n) for n in world.storage.numbers(target)]
        assert all(m.version.publish_id in recorded for m in manifests), f"{about}: {target} lost"
        fences = [m.version.fence for m in manifests]
        assert fences == sorted(set(fences)), f"{about}: {target} fences {fences}"
        made = [
            (m.trace.code_version, tuple((r.asset, r.data_version) for r in m.trace.inputs))
            for m in manifests
            if m.version.kind is PublishKind.BUILD
        ]
        assert len(made) == len(set(made)), f"{about}: {target} was computed twice"


def _log(world: World) -> list[Event]:
    log = MemoryEventLog(world.ledger)
    return [entry.event for entry in log.events(limit=100_000)]


def _all_above(world: World, key: str) -> set[str]:
    above = set(world.upstreams[key])
    for upstream in world.upstreams[key]:
        above |= _all_above(world, upstream)
    return above
