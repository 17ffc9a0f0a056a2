"""Rollback: an older version becomes the current one again, and stays so until it is unpinned.

The pin comes first, then the publish. A pin is a wish that every plan compares with what is there:
whoever dies behind it has left a step for the next apply, which points back and computes nothing.
The other way round, dying in between would leave an asset that is stale without a word of why it
is, and the next apply would bring the bad version back.

| after          | durable                         | if everything dies now                     |
|----------------|---------------------------------|--------------------------------------------|
| bytes are read | nothing                         | nothing happened                           |
| pin            | the wish, in the catalog        | the next apply points back                 |
| publish        | the older version is current    | the next apply records that, and no more   |
| record         | all of it                       | nothing to do                              |
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from freshline.errors import CheckFailedError, CorruptError, FreshlineError, UsageError
from freshline.events import Pinned
from freshline.execute.opening import opening
from freshline.execute.place import Place
from freshline.execute.place_views import refresh_views
from freshline.execute.present import Present
from freshline.execute.recover import catching_up, settle
from freshline.execute.runner import execute
from freshline.execute.setting import Setting
from freshline.failpoints import failpoint
from freshline.keys import Target
from freshline.lineage.graph import downstreams, reach
from freshline.ports import Holder, Ports, Storage, Wait
from freshline.reconcile.facts import Facts
from freshline.reconcile.fingerprint import storage_of
from freshline.reconcile.observe import look, plan_from
from freshline.reconcile.planned import Wish
from freshline.versions import PublishKind, Version

_LISTED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the caller asks for: an asset, a version of it (None: the one before), and why.

    `wait` is called while somebody has the environment alone, and without it that is an error.
    """

    asset: str
    number: int | None
    reason: str
    until: float | None
    holder: Holder
    command: str
    wait: Wait | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback:
    """What a rollback does: from which version to which, and the readers that follow it."""

    asset: str
    now: Version
    then: Version
    followers: tuple[str, ...]

    @property
    def is_current(self) -> bool:
        """Whether the version is current already, so that there is only a pin to record."""
        return self.now.mat_id == self.then.mat_id


@dataclass(frozen=True, slots=True, kw_only=True)
class RolledBack:
    """The version that is current now, and what a check has against it."""

    version: Version
    problem: FreshlineError | None = None


def roll_back(
    place: Place, ports: Ports, wanted: Wanted, agree: Callable[[Rollback], None]
) -> RolledBack:
    """Make an older version current again and pin it; return the version that is current then.

    `agree` sees first what will happen and may raise to stop it. UsageError where there is no such
    version, CorruptError where it is not what was written, BusyError while somebody has the
    environment alone. An apply that is at the asset ends that first. What the publish fails on is
    raised; the pin stays, and the next apply tries again.
    """
    run = ports.ids.new()
    holder = replace(wanted.holder, run=run)
    lease = ports.events.acquire(holder, shared=True, wait=wanted.wait)
    try:
        state = ports.events.snapshot(place.graph.project.name, place.environment)
        settle(run, holder, state, ports)
        seen = look(place.graph, place.root, place.environment, ports)
        with catching_up(run, holder, seen, ports) as caught_up:
            if caught_up:
                ports.events.append(caught_up)
        rollback = _chosen(place, ports.storages, wanted, seen.facts)
        agree(rollback)
        failpoint("pin.before")
        target = place.target(wanted.asset)
        ports.events.append([_pinned(run, target, rollback, wanted, ports.clock.now())])
        failpoint("pin.after_commit")
        if rollback.is_current:
            return RolledBack(version=rollback.now)
        return _pointed_back(place, ports, holder, wanted)
    finally:
        lease.release()


def _pointed_back(place: Place, ports: Ports, holder: Holder, wanted: Wanted) -> RolledBack:
    """Do what any plan would do about the pin, and nothing else of it."""
    key = wanted.asset
    seen = look(place.graph, place.root, place.environment, ports)
    plan, facts = plan_from(seen, ports, Wish(selected=frozenset({key}), only=True))
    steps = tuple(replace(step, after=()) for step in plan.steps if step.asset == key)
    if not steps:
        raise CorruptError(f"the version that {key} is pinned to is gone", name=key)
    alone = replace(plan, steps=steps)
    present = Present(ports.events, holder, facts.state)
    setting = Setting(
        run=holder.run,
        root=place.root,
        graph=place.graph,
        ports=ports,
        sources=facts.sources,
        present=present,
    )
    started, *_ = opening(alone, facts, setting, wanted.holder.actor, wanted.command)
    ports.events.append([started])
    report, builds = execute(alone, facts, setting, 1)
    refresh_views(place, ports, present, builds)
    problem = report.errors.get(key)
    if problem is not None and not isinstance(problem, CheckFailedError):
        raise problem
    return RolledBack(version=builds[key].version, problem=problem)


def _chosen(
    place: Place, storages: Mapping[str, Storage], wanted: Wanted, facts: Facts
) -> Rollback:
    """Find the version that is wanted and read all its bytes."""
    key, graph = wanted.asset, place.graph
    storage = storages[storage_of(graph.assets[key].definition, graph.project)]
    target, build = place.target(key), facts.builds.get(key)
    if graph.assets[key].is_view:
        read = ", ".join(graph.assets[key].upstreams)
        raise UsageError(
            f"{key} is a view: it has no rows", help=f"roll back what it reads: {read}"
        )
    if build is None:
        raise UsageError(f"{key} has no version", help=f"build it: `freshline apply {key}`")
    now = build.version
    older = list(_newest_first(storage, target))
    if wanted.number is None:
        then = _before(older, now, is_pinned=key in facts.pins)
    else:
        then = next((version for version in older if version.number == wanted.number), None)
    if then is None:
        raise _no_such(key, wanted.number, older, now)
    if problems := storage.verify(then):
        raise CorruptError(
            f"version {then.number} of {key} is damaged: {'; '.join(problems)}",
            name=str(target),
            help=_listed(key, [version for version in older if version != then], now),
        )
    readers = downstreams({k: asset.needs for k, asset in graph.assets.items()})
    below = reach([key], readers) - {key}
    followers = () if then.mat_id == now.mat_id else tuple(k for k in graph.assets if k in below)
    return Rollback(asset=key, now=now, then=then, followers=followers)


def _before(newest_first: list[Version], now: Version, *, is_pinned: bool) -> Version | None:
    """Return the version before the present content.

    Where that is there because of a rollback, those it went back over are not what is meant.
    """
    number = now.number
    if is_pinned and now.kind is PublishKind.REVERT:
        same = (v.number for v in newest_first if v.mat_id == now.mat_id and v.number < number)
        number = next(same, number)
    older = (v for v in newest_first if v.number < number and v.mat_id != now.mat_id)
    return next(older, None)


def _newest_first(storage: Storage, target: Target) -> Iterator[Version]:
    for number in reversed(storage.numbers(target)):
        try:
            version = storage.manifest(target, number).version
        except CorruptError:
            continue  # `verify` tells of it
        if not version.query:  # it was a view then
            yield version


def _no_such(key: str, number: int | None, older: list[Version], now: Version) -> UsageError:
    if number is None:
        message = f"{key} has no version before the present content"
    else:
        message = f"{key} has no version {number}"
    return UsageError(message, help=_listed(key, older, now))


def _listed(key: str, versions: list[Version], now: Version) -> str:
    """Return in words which versions there are."""
    names = [f"{v.number} (current)" if v == now else str(v.number) for v in versions[:_LISTED]]
    more = f" and {len(versions) - _LISTED} older ones" if len(versions) > _LISTED else ""
    told = f"there are {', '.join(names)}{more}; " if names else ""
    return f"{told}see `freshline history {key}`"


def reason_of(rollback: Rollback, wanted: Wanted) -> str:
    """Return why the asset is pinned: what the caller said, or what was done."""
    done = "kept as it was" if rollback.is_current else f"back from version {rollback.now.number}"
    return wanted.reason or done


def _pinned(run: str, target: Target, rollback: Rollback, wanted: Wanted, at: float) -> Pinned:
    return Pinned(
        at=at,
        run=run,
        target=target,
        mat_id=rollback.then.mat_id,
        actor=wanted.holder.actor,
        reason=reason_of(rollback, wanted),
        until=wanted.until,
    )
