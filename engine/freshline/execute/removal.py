"""Removing what nobody has to keep: versions out of retention, leftovers of attempts, old caches.

Every environment's lease is held alone meanwhile: versions belong to the project, an apply in one
environment may point to bytes that another is about to give up, and a step may be reading a version
that was replaced since it began. First everything is found, which can be shown alone; then it is
removed, version by version. Who dies in between has removed less.
"""

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from freshline.errors import CorruptError, FreshlineError
from freshline.events import Removed
from freshline.execute.recover import close_attempts
from freshline.keys import Target
from freshline.lineage.files.prepared import CACHE
from freshline.lineage.graph import Graph
from freshline.ports import Holder, Leftover, Ports, Sight, Storage, Wait
from freshline.reconcile.fingerprint import storage_of
from freshline.reconcile.retention import expired, freed
from freshline.state import State
from freshline.versions import Version

_DAY = 86_400.0
_GRACE = _DAY  # who is at work may not be in the catalog yet
_AT_ONCE = 100  # a commit for each would take most of the time
_CACHE_KEPT = 7 * 86_400.0
_SCRATCH = ".freshline/tmp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """Versions of one target in one storage that go, and the bytes that this gives back."""

    storage: str
    target: Target
    versions: tuple[Version, ...]
    bytes: int

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of the versions, ascending."""
        return tuple(version.number for version in self.versions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rubbish:
    """All that can be removed, and what is left alone with the reason, in sentences.

    `orphans` are assets with versions that nobody declares any more, or that are kept in another
    storage now.
    """

    versions: tuple[Removal, ...] = ()
    orphans: tuple[Removal, ...] = ()
    leftovers: tuple[tuple[str, Leftover], ...] = ()
    files: tuple[tuple[Path, int], ...] = ()
    left_alone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Yard:
    """Where is looked for rubbish: a project with all its environments and storages."""

    graph: Graph
    root: Path
    sight: Sight

    @property
    def environments(self) -> tuple[str, ...]:
        """The environments that are declared, and those that have versions."""
        found = {t.environment for s in self.sight.storages.values() for t in self.targets(s)}
        return tuple(sorted({*self.graph.project.environments, *found}))

    def targets(self, storage: Storage) -> list[Target]:
        """Return the targets of this project that a storage has versions of."""
        return [t for t in storage.targets() if t.project == self.graph.project.name]


@dataclass(slots=True)
class _Seen:
    """What is known while looking: states by environment, and what must stay for each asset."""

    now: float
    states: Mapping[str, State]
    kept: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    left_alone: list[str] = field(default_factory=list[str])


def find(yard: Yard) -> Rubbish:
    """Return what can be removed now; nothing is changed."""
    project, events = yard.graph.project.name, yard.sight.events
    states = {name: events.snapshot(project, name) for name in yard.environments}
    seen = _Seen(yard.sight.clock.now(), states)
    for state in states.values():
        for target, known in state.targets.items():
            kept = seen.kept.setdefault(target.asset, set())
            if known.candidate is not None:
                kept.add(known.candidate.mat_id)
            if known.attempt is not None:
                kept.add(known.attempt.publish_id)
            if known.pin is not None and known.pin.holds(seen.now):
                kept.add(known.pin.mat_id)
    versions: list[Removal] = []
    orphans: list[Removal] = list(_forgotten(yard, seen))
    for name, storage in yard.sight.storages.items():
        targets = yard.targets(storage)
        for asset in sorted({target.asset for target in targets}):
            mine = [target for target in targets if target.asset == asset]
            is_orphan = _is_orphan(yard, name, asset)
            found = orphans if is_orphan and not _is_dropped(yard, seen, mine) else versions
            found += _of_asset(yard, seen, name, mine, is_orphan=is_orphan)
    return Rubbish(
        versions=tuple(versions),
        orphans=tuple(orphans),
        leftovers=tuple(_leftovers(yard, seen)),
        files=tuple(_old_files(yard.root, seen.now)),
        left_alone=tuple(seen.left_alone),
    )


def collect(
    yard: Yard,
    ports: Ports,
    holders: Sequence[Holder],
    *,
    orphans: bool,
    wait: Wait | None = None,
) -> Rubbish:
    """Remove what can be removed and record it; return what that was.

    `holders` say for each environment who asks. While somebody works in one of them `wait` is
    called; without it that is a BusyError.
    """
    with ExitStack() as leases:
        for holder in sorted(holders, key=lambda each: each.name):  # two cannot wait for each other
            leases.callback(ports.events.acquire(holder, wait=wait).release)
        run = ports.ids.new()
        for environment in yard.environments:
            state = ports.events.snapshot(yard.graph.project.name, environment)
            close_attempts(run, state, ports.storages, ports)
        found = find(yard)
        going = (*found.versions, *(found.orphans if orphans else ()))
        for first in range(0, len(going), _AT_ONCE):
            _remove(going[first : first + _AT_ONCE], ports, run, holders[0].actor)
        for name, leftover in found.leftovers:
            ports.storages[name].abort(leftover.target, leftover.attempt)
        for path, _ in found.files:
            _delete(path)
        return found


def _remove(removals: Sequence[Removal], ports: Ports, run: str, actor: str) -> None:
    """Remove versions, and record in one transaction what was removed, also if one refuses."""
    done: list[Removed] = []
    try:
        for removal in removals:
            ports.storages[removal.storage].remove(removal.target, removal.numbers)
            done.append(
                Removed(
                    at=ports.clock.now(),
                    run=run,
                    target=removal.target,
                    storage=removal.storage,
                    numbers=removal.numbers,
                    publish_ids=tuple(version.publish_id for version in removal.versions),
                    bytes=removal.bytes,
                    actor=actor,
                )
            )
    except FreshlineError:
        ports.events.append(done)
        raise
    ports.events.append(done)


def _of_asset(
    yard: Yard, seen: _Seen, name: str, targets: Iterable[Target], *, is_orphan: bool
) -> Iterator[Removal]:
    """Yield what goes of one asset in one storage, in all its environments and partitions."""
    storage, retention = yard.sight.storages[name], yard.graph.project.retention
    shelves = {target: _versions(storage, target, seen) for target in targets}
    gone: dict[Target, tuple[Version, ...]] = {}
    for target, versions in shelves.items():
        if _is_left_alone(seen, target, is_orphan=is_orphan):
            continue
        kept = seen.kept.get(target.asset, set[str]())
        out = versions if is_orphan else expired(versions, kept, retention, seen.now)
        if out:
            gone[target] = out
    staying = [v for t, all in shelves.items() for v in all if v not in gone.get(t, ())]
    for place, (target, versions) in enumerate(gone.items(), 1):
        # Bytes that several targets give up together are counted with the last of them.
        later = [version for each in list(gone.values())[place:] for version in each]
        size = freed(versions, (*staying, *later))
        yield Removal(storage=name, target=target, versions=versions, bytes=size)


def _versions(storage: Storage, target: Target, seen: _Seen) -> tuple[Version, ...]:
    """Return the versions of a target; none, and a sentence, where one of them cannot be read."""
    try:
        return tuple(storage.manifest(target, n).version for n in storage.numbers(target))
    except CorruptError as error:
        seen.left_alone.append(f"{target}: {error.message}")
        return ()


def _is_orphan(yard: Yard, name: str, asset: str) -> bool:
    graph = yard.graph
    if asset in graph.quarantined:
        return False
    if asset not in graph.assets:
        return True
    home = storage_of(graph.assets[asset].definition, graph.project)
    others = yard.sight.storages[home]
    return home != name and any(target.asset == asset for target in yard.targets(others))


def _is_dropped(yard: Yard, seen: _Seen, targets: Iterable[Target]) -> bool:
    """Say whether an asset was dropped wherever it was, longer ago than versions are kept."""
    dropped = [seen.states[target.environment].of(target).dropped for target in targets]
    kept = yard.graph.project.retention.days * _DAY
    return all(at is not None and seen.now - at > kept for at in dropped)


def _is_left_alone(seen: _Seen, target: Target, *, is_orphan: bool) -> bool:
    known = seen.states[target.environment].of(target)
    pin = known.pin
    if known.attempt is not None:
        seen.left_alone.append(f"{target}: attempt {known.attempt.publish_id} is not settled")
    elif is_orphan and pin is not None and pin.holds(seen.now):
        seen.left_alone.append(f"{target}: pinned by {pin.actor}: {pin.reason}")
    else:
        return False
    return True


def _forgotten(yard: Yard, seen: _Seen) -> Iterator[Removal]:
    """Yield what the catalog has of assets that are neither declared nor in any storage."""
    there = {target for s in yard.sight.storages.values() for target in yard.targets(s)}
    for state in seen.states.values():
        for target, known in sorted(state.targets.items()):
            graph = yard.graph
            is_declared = target.asset in graph.assets or target.asset in graph.quarantined
            if known.build is not None and not is_declared and target not in there:
                name = next(iter(yard.sight.storages))
                version = known.build.version
                yield Removal(storage=name, target=target, versions=(version,), bytes=0)


def _leftovers(yard: Yard, seen: _Seen) -> Iterator[tuple[str, Leftover]]:
    for name, storage in yard.sight.storages.items():
        for leftover in storage.leftovers(yard.graph.project.name, seen.now - _GRACE):
            if leftover.attempt not in seen.kept.get(leftover.target.asset, ()):
                yield name, leftover


def _old_files(root: Path, now: float) -> Iterator[tuple[Path, int]]:
    """Yield prepared files that nobody asked for in a week, and what a dead engine swapped out."""
    for folder, kept in ((root / CACHE, _CACHE_KEPT), (root / _SCRATCH, _GRACE)):
        with suppress(OSError):
            for path in sorted(folder.iterdir()):
                if path.name != "index" and _touched(path) < now - kept:
                    yield path, _size(path)


def _touched(path: Path) -> float:
    """Return when a file, or any in a folder, was last written to."""
    return max(each.stat().st_mtime for each in (path, *path.rglob("*")))


def _size(path: Path) -> int:
    return sum(each.stat().st_size for each in (path, *path.rglob("*")) if each.is_file())


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
