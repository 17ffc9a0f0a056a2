"""Incidents: what is wrong, by its first cause, from when it is seen until all is well again.

An incident is about the first asset or source, as data flows, at which something is wrong. What
hangs on it and is wrong too is no incident of its own: it is listed below.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from freshline.acts import (
    AssetVersion,
    Change,
    Delivery,
    Happening,
    Incident,
    Kind,
    Trouble,
    notice_id,
)
from freshline.codec import digest
from freshline.lineage.graph import Graph, reach
from freshline.operate.ground import Ground
from freshline.operate.scene import Evaluated, Scene, Standing
from freshline.reconcile.checks import sentence
from freshline.refresh import Notify

_UNREADABLE = ("E101", "E301", "E307")
_MOST_BELOW = 200
_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """What is wrong with an asset or source, and since when, as far as that is known."""

    key: str
    trouble: Trouble
    why: str
    since: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrongs:
    """All that is wrong at one look. `held` hangs on some of it; `needs` are the edges upstream."""

    found: Mapping[str, Wrong]
    needs: Mapping[str, Sequence[str]]
    held: frozenset[str] = frozenset()
    owners: Mapping[str, str]


class Scope(NamedTuple):
    """Of which project and environment, and when."""

    project: str
    environment: str
    now: float


def look(
    scene: Scene, evaluated: Evaluated, known: Sequence[Incident], owners: Mapping[str, str]
) -> tuple[Change, ...]:
    """Return what becomes of incidents by one look at a project.

    `known` are those that are open. `owners` are those of assets and sources, also of such as are
    set aside now.
    """
    facts = scene.facts
    scope = Scope(facts.project, facts.environment, scene.now)
    return changes(known, wrongs(scene, evaluated, owners), scope)


def wrongs(scene: Scene, evaluated: Evaluated, owners: Mapping[str, str]) -> Wrongs:
    """Return all that is wrong in a scene."""
    ground = Ground(scene)
    graph = ground.graph
    found: dict[str, Wrong] = {}
    for key, aside in graph.quarantined.items():
        if aside.is_source and aside.code in _UNREADABLE:
            said = (d.message for d in graph.diagnostics if d.asset == key and d.code == aside.code)
            why = next(said, "it cannot be read")
            found[key] = Wrong(key=key, trouble=Trouble.SOURCE, why=why, since=scene.now)
    for key in (*graph.sources, *graph.assets):
        if (wrong := _of(ground, evaluated, key)) is not None:
            found[key] = wrong
    needs: dict[str, Sequence[str]] = {key: node.needs for key, node in graph.assets.items()}
    for key, aside in graph.quarantined.items():
        needs[key] = (aside.because,) if aside.because else ()
    held = {*ground.blocked, *(key for key, a in graph.quarantined.items() if a.because)}
    return Wrongs(found=found, needs=needs, held=frozenset(held), owners=owners)


def owners_of(graph: Graph) -> Mapping[str, str]:
    """Return who owns the assets and sources of a graph, as far as somebody does."""
    owners = {key: asset.definition.owner for key, asset in graph.assets.items()}
    owners |= {key: source.definition.owner for key, source in graph.sources.items()}
    return {key: owner for key, owner in owners.items() if owner}


def changes(known: Sequence[Incident], wrongs: Wrongs, scope: Scope) -> tuple[Change, ...]:
    """Return what becomes of the open incidents, and which are new; nothing where all is as it was.

    Whoever owns the cause is told when an incident is opened and when it is closed.
    """
    causes = _causes(wrongs)
    found: list[Change] = []
    taken: set[str] = set()
    for incident in sorted(known, key=lambda each: (each.opened, each.id)):
        now = _after(incident, causes, wrongs, scope.now)
        taken |= {now.cause, *_wrong_below(now, wrongs)} if now.closed is None else set()
        if now != incident:
            told = () if now.closed is None else _told(now, Kind.CLOSED, scope)
            found.append(Change(incident=now, deliveries=told))
    for key, below in causes.items():
        if key not in taken:
            opened = _opened(wrongs.found[key], below, wrongs, scope)
            told = _told(opened, Kind.OPENED, scope)
            found.append(Change(incident=opened, deliveries=told))
    return tuple(found)


def _of(ground: Ground, evaluated: Evaluated, key: str) -> Wrong | None:
    """Return the worst of what is wrong with an asset or source that is there."""
    failure = ground.facts.state.of(ground.facts.target(key)).failure
    if failure is not None and key in ground.graph.assets:
        why = f"its last attempt failed: {failure.message}"
        trouble = Trouble.CHECK if failure.code == "F310" else Trouble.FAILED
        return Wrong(key=key, trouble=trouble, why=_first_line(why), since=failure.at)
    failing = ground.failing(key)
    if failing is not None:
        why = sentence(failing.result, failing.check.definition.name)
        since = ground.moved(key) or ground.now
        return Wrong(key=key, trouble=Trouble.CHECK, why=_first_line(why), since=since)
    age = evaluated.ages.get(key)
    if age is not None and age.standing is Standing.FAILS:
        since = age.since or ground.now
        return Wrong(key=key, trouble=Trouble.FRESHNESS, why=age.why, since=since)
    return None


def _causes(wrongs: Wrongs) -> Mapping[str, tuple[str, ...]]:
    """Return the keys at which something is wrong first, each with what hangs on it.

    What hangs on several is listed below each.
    """
    readers: dict[str, list[str]] = {}
    for key, needs in wrongs.needs.items():
        for need in needs:
            readers.setdefault(need, []).append(key)
    behind = {key: reach((key,), readers) - {key} for key in wrongs.found}
    follows = {key for found in behind.values() for key in found}
    return {
        key: tuple(sorted(behind[key] & (wrongs.found.keys() | wrongs.held)))[:_MOST_BELOW]
        for key in wrongs.found
        if key not in follows
    }


def _after(
    incident: Incident, causes: Mapping[str, tuple[str, ...]], wrongs: Wrongs, now: float
) -> Incident:
    """Return an incident as it is now."""
    wrong = wrongs.found.get(incident.cause)
    if wrong is not None:
        below = causes.get(incident.cause, incident.below)
        return replace(incident, trouble=wrong.trouble, why=wrong.why, below=below, well=None)
    well = incident.well if incident.well is not None else now
    incident = replace(incident, well=well)
    left = _wrong_below(incident, wrongs)
    if not left:
        return replace(incident, closed=now)
    more = {each for key in left for each in causes.get(key, ())}
    return replace(incident, below=tuple(sorted({*incident.below, *more}))[:_MOST_BELOW])


def _wrong_below(incident: Incident, wrongs: Wrongs) -> tuple[str, ...]:
    """Return what is wrong below an incident; of one whose cause is well, only since before that.

    What goes wrong later goes wrong by itself.
    """
    found = (wrongs.found.get(key) for key in incident.below)
    return tuple(
        wrong.key
        for wrong in found
        if wrong is not None and (incident.well is None or wrong.since <= incident.well)
    )


def _opened(wrong: Wrong, below: tuple[str, ...], wrongs: Wrongs, scope: Scope) -> Incident:
    id = digest("incident", scope.project, scope.environment, wrong.key, repr(scope.now))
    return Incident(
        id=id,
        cause=wrong.key,
        trouble=wrong.trouble,
        why=wrong.why,
        opened=scope.now,
        below=below,
        owner=wrongs.owners.get(wrong.key, ""),
    )


def _told(incident: Incident, kind: Kind, scope: Scope) -> tuple[Delivery, ...]:
    """Return what is told of an incident to whoever owns its cause; nothing where nobody does."""
    if not incident.owner:
        return ()
    why = incident.why
    if kind is Kind.CLOSED:
        why = f"all is well again; it was: {incident.why}"
    happening = Happening(
        kind=kind,
        name=incident.cause,
        at=scope.now,
        why=why,
        assets=(AssetVersion(incident.cause),),
        details=tuple(_lines(incident.below)) if kind is Kind.OPENED else (),
        incident=incident.id,
    )
    return (
        Delivery(
            id=notice_id(incident.id, kind),
            project=scope.project,
            environment=scope.environment,
            at=scope.now,
            act=Notify(to=(incident.owner,)),
            happening=happening,
        ),
    )


def _lines(below: Sequence[str]) -> Iterable[str]:
    for key in below[:_SHOWN]:
        yield f"with it: {key}"
    if len(below) > _SHOWN:
        yield f"and {len(below) - _SHOWN} more"


def _first_line(text: str) -> str:
    return (text.splitlines() or [""])[0][:500]
