"""Recovery: what an earlier run left behind is adopted or cleared away before a new one begins.

A version that was published but not recorded is recorded now, as it is; nothing is computed again.
An attempt that published nothing is closed and its private bytes are removed.
"""

from collections.abc import Iterable, Mapping

from freshline.errors import CorruptError
from freshline.events import AttemptFailed, Event, Materialized, Verified
from freshline.failpoints import failpoint
from freshline.keys import Target
from freshline.ports import Ports, Resolution, Storage
from freshline.reconcile.observe import Look
from freshline.state import Attempt, State
from freshline.versions import Build, Manifest


def close_attempts(
    run: str, state: State, storages: Mapping[str, Storage], ports: Ports
) -> tuple[str, ...]:
    """Settle every attempt that never said how it ended; say which of them resist."""
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
