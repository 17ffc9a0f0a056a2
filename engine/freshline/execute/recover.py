"""Recovery: what an earlier run left behind is adopted or cleared away before a new one begins.

Only what belongs to runs that are not there any more is touched, and by one process at a time.
A version that was published but not recorded is recorded now, as it is; nothing is computed again.
An attempt that published nothing is closed and its private bytes are removed.
"""

from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import replace

from freshline.errors import CorruptError
from freshline.events import AttemptFailed, Event, Materialized, Verified
from freshline.execute.short_lease import short_lease
from freshline.failpoints import failpoint
from freshline.keys import Target
from freshline.ports import Holder, Ports, Resolution, Storage
from freshline.reconcile.observe import Look
from freshline.state import Attempt, State, TargetState
from freshline.versions import Build, Manifest


def settle(run: str, holder: Holder, state: State, ports: Ports) -> tuple[str, ...]:
    """Settle the attempts of runs that are not there any more; say which of them resist.

    `holder` is who asks, under the name of the lease that those share who are there.
    """
    if not _left_open(state, holder, ports):
        return ()
    with short_lease(f"recover:{holder.name}", holder, ports):
        # By now somebody else may have done it. Who is not there never comes again.
        found = _now(state, ports)
        left = _left_open(found, holder, ports)
        return close_attempts(run, State(targets=left), ports.storages, ports)


def _left_open(state: State, holder: Holder, ports: Ports) -> Mapping[Target, TargetState]:
    """Return the targets with an attempt that nobody is at."""
    begun = {
        t: known.attempt.run for t, known in state.targets.items() if known.attempt is not None
    }
    # Asked after the state was read: whoever came since then has no attempt in it.
    there = _there(holder, ports) if begun else frozenset[str]()
    return {target: state.of(target) for target, run in begun.items() if run not in there}


def _there(holder: Holder, ports: Ports) -> frozenset[str]:
    """Return the runs that are there, ours among them."""
    return frozenset({holder.run, *(each.run for each in ports.events.holders(holder.name))})


def _now(state: State, ports: Ports) -> State:
    """Return what is known by now of the same targets."""
    places = {(target.project, target.environment) for target in state.targets}
    targets = {t: known for p in places for t, known in ports.events.snapshot(*p).targets.items()}
    return State(targets={t: known for t, known in targets.items() if t in state.targets})


def close_attempts(
    run: str, state: State, storages: Mapping[str, Storage], ports: Ports
) -> tuple[str, ...]:
    """Settle every attempt of a state; say which of them resist. Nobody may be at them."""
    problems: list[str] = []
    for target, known in state.targets.items():
        if known.attempt is None:
            continue
        failpoint("recover.before")
        if known.candidate is not None:  # the attempt that is closed here was to remove it
            for storage in storages.values():
                storage.abort(target, known.candidate.mat_id)
        found = {
            name: storage.resolve(target, known.attempt.publish_id)
            for name, storage in storages.items()
        }
        published = [name for name, what in found.items() if what is Resolution.PUBLISHED]
        if published:
            problems += _adopt(run, target, known.attempt, storages[published[0]], ports)
        elif Resolution.UNKNOWN in found.values():
            problems.append(f"{target}: nobody can tell whether its last attempt was published")
        else:
            for storage in storages.values():
                storage.abort(target, known.attempt.publish_id)
            ports.events.append([_interrupted(run, target, known.attempt, ports.clock.now())])
    return tuple(problems)


@contextmanager
def catching_up(run: str, holder: Holder, look: Look, ports: Ports) -> Generator[tuple[Event, ...]]:
    """Lend the events by which the catalog catches up with the storage, until they are appended.

    What somebody is about to record, or has recorded since the look, is left out.
    """
    if not look.unrecorded and not look.restamped:
        yield ()
        return
    with short_lease(f"recover:{holder.name}", holder, ports):
        before = look.facts.state
        now = ports.events.snapshot(look.facts.project, look.facts.environment)
        there = _there(holder, ports)

        def is_ours(target: Target) -> bool:
            known, was = now.of(target), before.of(target)
            is_free = known.attempt is None or known.attempt.run not in there
            return is_free and _publish_id(known) == _publish_id(was)

        mine = replace(
            look,
            unrecorded=tuple(m for m in look.unrecorded if is_ours(m.version.target)),
            restamped=tuple(each for each in look.restamped if is_ours(each[0])),
        )
        yield recorded(run, mine, ports)


def _publish_id(known: TargetState) -> str | None:
    return None if known.build is None else known.build.version.publish_id


def recorded(run: str, look: Look, ports: Ports) -> tuple[Event, ...]:
    """Return the events by which the catalog catches up with what the storage has."""
    now = ports.clock.now()
    events: list[Event] = [
        _found(run, manifest, look.facts.builds[manifest.version.target.asset].stamp, now)
        for manifest in look.unrecorded
    ]
    for target, stamp in look.restamped:
        build = look.facts.builds[target.asset]
        events.append(
            Verified(
                at=now,
                run=run,
                target=target,
                mat_id=build.version.mat_id,
                inputs=build.trace.inputs,
                stamp=stamp,
            )
        )
    return tuple(events)


def from_storage(
    run: str, targets: Iterable[Target], storage: Storage, ports: Ports
) -> tuple[tuple[Event, ...], tuple[str, ...]]:
    """Return the events that rebuild a lost catalog from manifests, oldest first, and problems."""
    events: list[Event] = []
    problems: list[str] = []
    for target in targets:
        for number in storage.numbers(target):
            try:
                manifest = storage.manifest(target, number)
            except CorruptError as error:
                problems.append(error.message)
                continue
            stamp = storage.stamp(manifest.version)
            events.append(_found(run, manifest, stamp, manifest.version.at))
    return tuple(events), tuple(problems)


def _adopt(run: str, target: Target, attempt: Attempt, storage: Storage, ports: Ports) -> list[str]:
    for number in reversed(storage.numbers(target)):
        try:
            manifest = storage.manifest(target, number)
        except CorruptError as error:
            return [error.message]
        if manifest.version.publish_id == attempt.publish_id:
            stamp = storage.stamp(manifest.version)
            ports.events.append([_found(run, manifest, stamp, ports.clock.now())])
            failpoint("recover.after_adopt")
            return []
    return [f"{target}: its published version cannot be found again"]


def _found(run: str, manifest: Manifest, stamp: str, at: float) -> Materialized:
    build = Build(version=manifest.version, trace=manifest.trace, stamp=stamp)
    return Materialized(
        at=at,
        run=run,
        target=manifest.version.target,
        build=build,
        logic=manifest.logic,
        recovered=True,
    )


def _interrupted(run: str, target: Target, attempt: Attempt, at: float) -> AttemptFailed:
    return AttemptFailed(
        at=at,
        run=run,
        target=target,
        publish_id=attempt.publish_id,
        code="F402",
        message=f"interrupted: run {attempt.run} ended without finishing it",
    )
