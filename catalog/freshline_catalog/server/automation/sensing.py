"""What a sensor waits for, as its last tick told it, and what became of each: arrived, ignored."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from freshline import codec
from freshline.ticks import Mover, Tick
from freshline_catalog.server.asked import Asked
from freshline_catalog.statements import statements


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """One thing that a sensor waits for, and what has become of it.

    `arrived` waits for the rest, `consumed` fired the sensor at its last tick. `ignored` says what
    does not count and why, `unknown` why nobody can tell.
    """

    what: str
    arrived: tuple[str, ...] = ()
    consumed: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


_VERBS = ("arrived", "consumed", "ignored", "unknown")


def awaited(tick: Tick | None) -> tuple[Awaited, ...]:
    """Return what a sensor waits for since a tick of it; nothing where that told nothing."""
    return tuple(_awaited(tick.details)) if tick is not None else ()


def last_fired(asked: Asked, mover: Mover, name: str) -> Tick | None:
    """Return the tick with which a schedule or sensor asked for something last, None for none."""
    sql, scope = statements("automation")["last_fired"], asked.services.scope
    rows = asked.connection.execute(sql, (*scope, mover.value, name)).fetchall()
    return codec.decode(cast(str, rows[0][0]), Tick) if rows else None


def _awaited(details: Iterable[str]) -> Iterable[Awaited]:
    what, found = "", dict[str, list[str]]()
    for line in details:
        verb, _, words = line.partition(": ")
        if verb == "awaited":
            if what:
                yield _made(what, found)
            what, found = words, {}
        elif verb in _VERBS and what:
            found.setdefault(verb, []).append(words)
    if what:
        yield _made(what, found)


def _made(what: str, found: dict[str, list[str]]) -> Awaited:
    arrived, consumed, ignored, unknown = (tuple(found.get(verb, ())) for verb in _VERBS)
    return Awaited(what=what, arrived=arrived, consumed=consumed, ignored=ignored, unknown=unknown)
