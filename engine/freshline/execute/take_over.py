"""An asset takes over what there is under the key that it had before: files, records, wishes.

Nothing is computed, and no byte is written twice where files can have two names. The versions are
published under the new key oldest first, each as what it was; then one transaction records all of
it, and that the old key is dropped.

| after              | durable                        | if everything dies now                   |
|--------------------|--------------------------------|------------------------------------------|
| share              | second names of files          | the next apply finds them there          |
| publish (each)     | versions under the new key     | the next apply publishes the others      |
| record             | the new key has it all         | nothing to do                            |
"""

from collections.abc import Iterator
from dataclasses import replace

from freshline.errors import CorruptError
from freshline.events import (
    CheckAccepted,
    Checked,
    Dropped,
    Event,
    Materialized,
    Paused,
    Pinned,
    Renamed,
)
from freshline.failpoints import failpoint
from freshline.keys import Target
from freshline.ports import Ports, Storage
from freshline.reconcile.facts import Facts
from freshline.reconcile.fingerprint import storage_of
from freshline.state import TargetState
from freshline.versions import Build, Manifest, Publication


def take_over(run: str, facts: Facts, ports: Ports) -> None:
    """Carry out the renames that a look has found, and record them."""
    for new, old in facts.renames.items():
        definition = facts.graph.assets[new].definition
        storage = ports.storages[storage_of(definition, facts.graph.project)]
        here, there = facts.target(new), facts.target(old)
        known = facts.state.of(here)
        failpoint("rename.before")
        published = tuple(_published(storage, there, here))
        events = (*_materialized(run, published, known, storage, ports), *_wishes(run, here, known))
        at = ports.clock.now()
        renamed = Renamed(at=at, run=run, target=here, was=known.was)
        failpoint("rename.before_record")
        ports.events.append([*events, renamed, Dropped(at=at, run=run, target=there)])


def _published(storage: Storage, there: Target, here: Target) -> Iterator[Manifest]:
    """Publish every whole version of one target as one of another, as far as that is not done."""
    done = {m.version.publish_id: m for m in _manifests(storage, here)}
    for manifest in _manifests(storage, there):
        old = manifest.version
        if old.publish_id in done:
            yield done[old.publish_id]
            continue
        try:
            files = storage.share(old.files, here)
        except CorruptError:
            continue  # nobody can go back to it any more
        head = storage.current(here)
        publication = Publication(
            target=here,
            publish_id=old.publish_id,
            mat_id=old.mat_id,
            fence=max(old.fence, head.version.fence if head else 0),
            base=head.version.number if head else 0,
            kind=old.kind,
            at=old.at,
            rows=old.rows,
            columns=old.columns,
            files=files,
            trace=manifest.trace,
            logic=manifest.logic,
            query=old.query,
            layout=old.layout,
        )
        yield replace(manifest, version=storage.publish(publication))


def _manifests(storage: Storage, target: Target) -> Iterator[Manifest]:
    for number in storage.numbers(target):
        try:
            yield storage.manifest(target, number)
        except CorruptError:
            continue  # `verify` tells of it


def _materialized(
    run: str,
    published: tuple[Manifest, ...],
    known: TargetState,
    storage: Storage,
    ports: Ports,
) -> Iterator[Materialized]:
    current = known.build
    for manifest in published:
        version, trace = manifest.version, manifest.trace
        if current is not None and current.version.publish_id == version.publish_id:
            trace = current.trace  # what it was verified to stand for since
        yield Materialized(
            at=version.at,
            run=run,
            target=version.target,
            build=Build(version=version, trace=trace, stamp=storage.stamp(version)),
            logic=manifest.logic,
            recovered=True,
        )


def _wishes(run: str, here: Target, known: TargetState) -> Iterator[Event]:
    """Yield what people and checks have said of the asset, as said of it under the new key."""
    pin, pause, build = known.pin, known.pause, known.build
    if pin is not None:
        yield Pinned(
            at=pin.at,
            run=run,
            target=here,
            mat_id=pin.mat_id,
            actor=pin.actor,
            reason=pin.reason,
            until=pin.until,
        )
    if pause is not None:
        yield Paused(at=pause.at, run=run, target=here, actor=pause.actor, reason=pause.reason)
    if known.checks and build is not None:
        yield Checked(
            at=build.version.at,
            run=run,
            target=here,
            version=build.version.mat_id,
            data_version=build.trace.data_version,
            results=known.checks,
        )
    for accepted in known.accepted:
        yield CheckAccepted(
            at=accepted.at,
            run=run,
            target=here,
            name=accepted.name,
            check=accepted.check,
            contents=accepted.contents,
            actor=accepted.actor,
            reason=accepted.reason,
        )
