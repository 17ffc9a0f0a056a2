"""What was decided: ticks, a page at a time, and what came from outside."""

from dataclasses import dataclass
from typing import cast

from freshline import codec
from freshline.ticks import Arrival, Mover, Tick
from freshline_catalog.server.asked import Asked
from freshline_catalog.server.feed import HIGHEST
from freshline_catalog.statements import statements


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticks:
    """Ticks, newest first; `next` is the cursor of what is older, empty at the end."""

    ticks: tuple[Tick, ...]
    next: str


def ticks(
    asked: Asked,
    limit: int,
    *,
    mover: Mover | None = None,
    name: str = "",
    before: int = HIGHEST,
) -> Ticks:
    """Return the ticks of all, of one kind of mover, or of one by its name."""
    bindings: list[str | int | None] = [*asked.services.scope]
    bindings += [mover.value if mover is not None else None, name or None, before, limit + 1]
    which = "tick_page_of" if mover is not None and name else "tick_page"
    sql = statements("automation")[which]
    rows = cast("list[tuple[int, str]]", asked.connection.execute(sql, bindings).fetchall())
    shown = rows[:limit]
    return Ticks(
        ticks=tuple(codec.decode(body, Tick) for _, body in shown),
        next=str(shown[-1][0]) if len(rows) > limit and shown else "",
    )


def last_tick(asked: Asked, mover: Mover, name: str) -> Tick | None:
    """Return the newest tick of a schedule or sensor, None where it never had one."""
    found = ticks(asked, 1, mover=mover, name=name).ticks
    return found[0] if found else None


def arrivals(asked: Asked, limit: int) -> tuple[Arrival, ...]:
    """Return the newest events from outside, newest first."""
    sql, bindings = statements("automation")["latest_arrivals"], (*asked.services.scope, limit)
    rows = asked.connection.execute(sql, bindings).fetchall()
    return tuple(
        Arrival(sequence=sequence, name=name, at=at, actor=actor, body=body)
        for sequence, name, at, actor, body in cast("list[tuple[int, str, float, str, str]]", rows)
    )
