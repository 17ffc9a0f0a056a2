"""Incidents as pages show them: what is wrong, who was told, and whether it is muted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from freshline import codec
from freshline.acts import DeliveryState, Incident, Kind, Mute, Trouble, notice_id
from freshline_catalog.server.asked import Asked
from freshline_catalog.statements import statements

_MOST_OPEN, _MOST_CLOSED = 300, 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class MuteFacts:
    """Of what no notices are sent, by whom, why, and until when."""

    subject: str
    actor: str
    reason: str
    at: float
    until: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Somebody who is told of an incident, how far that is, and since when it is over."""

    to: str
    state: DeliveryState
    at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentFacts:
    """Something that is or was wrong: at `cause`, and with it at all that is `below`.

    `downstreams` counts all that hangs on the cause, also what is still well. `well` is since when
    nothing is wrong at the cause itself, though something below still is.
    `told` is to whom it was told that it was opened; `mute` by what nobody is told any more.
    """

    id: str
    cause: str
    trouble: Trouble
    why: str
    opened: float
    below: tuple[str, ...]
    downstreams: int
    owner: str
    well: float | None
    closed: float | None
    told: tuple[Told, ...]
    mute: MuteFacts | None


def open_incidents(asked: Asked, asset: str = "") -> tuple[IncidentFacts, ...]:
    """Return the incidents that are open, the newest first; only what concerns an asset, if named.

    Of those that concern it, the ones that it is the cause of stand first.
    """
    found = [each for each in _read(asked, "open_incidents", _MOST_OPEN) if _concerns(each, asset)]
    return _facts(asked, sorted(found, key=lambda each: bool(asset) and each.cause != asset))


def closed_incidents(asked: Asked, limit: int, asset: str = "") -> tuple[IncidentFacts, ...]:
    """Return the incidents that were closed last, the newest first."""
    found = (each for each in _read(asked, "incidents", _MOST_CLOSED) if each.closed is not None)
    return _facts(asked, [each for each in found if _concerns(each, asset)][:limit])


def mute_of(asked: Asked, name: str) -> MuteFacts | None:
    """Return by what an asset or sensor is muted now, None where it is not."""
    return _mute_of(mutes(asked), name)


def mutes(asked: Asked) -> tuple[Mute, ...]:
    """Return all that is muted now."""
    rows = asked.connection.execute(statements("acts")["mutes"], asked.services.scope).fetchall()
    read = (
        Mute(subject=subject, actor=actor, reason=reason, at=at, until=until)
        for subject, actor, reason, at, until in cast(
            "list[tuple[str, str, str, float, float | None]]", rows
        )
    )
    return tuple(mute for mute in read if mute.holds(asked.now))


def mute_facts(mute: Mute) -> MuteFacts:
    """Return a mute as pages and the API show it."""
    return MuteFacts(
        subject=mute.subject,
        actor=mute.actor,
        reason=mute.reason,
        at=mute.at,
        until=mute.until,
    )


def _mute_of(known: Iterable[Mute], name: str) -> MuteFacts | None:
    """Return the mute that names it itself before one whose pattern does."""
    found = [mute for mute in known if mute.concerns(name)]
    return next((mute_facts(m) for m in sorted(found, key=lambda m: m.subject != name)), None)


def _read(asked: Asked, name: str, limit: int) -> list[Incident]:
    sql = statements("acts")[name]
    rows = asked.connection.execute(sql, (*asked.services.scope, limit)).fetchall()
    return [codec.decode(cast(str, row[0]), Incident) for row in rows]


def _concerns(incident: Incident, asset: str) -> bool:
    return not asset or asset == incident.cause or asset in incident.below


def _facts(asked: Asked, found: Sequence[Incident]) -> tuple[IncidentFacts, ...]:
    if not found:
        return ()
    told = _told(asked, found)
    known = mutes(asked)
    hanging = _hanging(asked, found)
    return tuple(
        IncidentFacts(
            id=incident.id,
            cause=incident.cause,
            trouble=incident.trouble,
            why=incident.why,
            opened=incident.opened,
            below=incident.below,
            downstreams=max(hanging.get(incident.cause, 0), len(incident.below)),
            owner=incident.owner,
            well=incident.well,
            closed=incident.closed,
            told=told.get(incident.id, ()),
            mute=_mute_of(known, incident.cause),
        )
        for incident in found
    )


def _told(asked: Asked, found: Sequence[Incident]) -> dict[str, tuple[Told, ...]]:
    """Return by incident to whom it was told that it was opened."""
    notices = {notice_id(incident.id, Kind.OPENED): incident.id for incident in found}
    sql, ids = statements("acts")["told"], codec.encode(list(notices)).decode()
    rows = asked.connection.execute(sql, (ids,)).fetchall()
    return {
        notices[id]: (Told(to=to, state=DeliveryState(state), at=settled),)
        for id, to, state, settled in cast("list[tuple[str, str, str, float | None]]", rows)
    }


def _hanging(asked: Asked, found: Sequence[Incident]) -> dict[str, int]:
    """Return how many assets hang on each cause that is declared."""
    causes = codec.encode([incident.cause for incident in found]).decode()
    sql = statements("acts")["hanging"]
    return dict(
        cast(
            "list[tuple[str, int]]",
            asked.connection.execute(sql, (asked.survey, causes)).fetchall(),
        )
    )
