"""What is wrong with the definitions, so that every page can say which are in force."""

from dataclasses import dataclass
from typing import cast

from msgspec import MsgspecError

from freshline import codec
from freshline.errors import Span
from freshline.ticks import DEFINITIONS, Broken, leadership
from freshline_catalog.server.asked import Asked
from freshline_catalog.statements import statements


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """Why the project cannot be read as it is now: the first error, and how many `more` there are.

    Where somebody decides, `is_in_force` says that the definitions before go on being kept fresh.
    """

    message: str
    help: str
    place: Span | None
    more: int
    since: float
    is_in_force: bool


def unreadable(asked: Asked) -> Unreadable | None:
    """Return why the project cannot be read: whoever decides knows, else who makes surveys."""
    found = _of_the_leader(asked)
    if found is not None:
        return found
    trouble = asked.services.hub.trouble if asked.services.hub is not None else None
    if trouble is None:
        return None
    return Unreadable(
        message=trouble.message,
        help=trouble.help,
        place=None,
        more=0,
        since=trouble.since,
        is_in_force=False,
    )


def _of_the_leader(asked: Asked) -> Unreadable | None:
    """Return what whoever decides says; None where nobody does, or the project can be read."""
    scope = asked.services.scope
    sql = statements("automation")["memory"]
    rows = asked.connection.execute(sql, (*scope, DEFINITIONS)).fetchall()
    if not rows:
        return None
    try:
        broken = codec.decode(cast(str, rows[0][0]), Broken)
    except (MsgspecError, ValueError):  # of another release
        return None
    if not broken.is_old or not broken.problems:
        return None
    if asked.services.log.holder(leadership(scope.environment)) is None:
        return None
    first = broken.problems[0]
    return Unreadable(
        message=f"{first.code} {first.message}",
        help=first.fix,
        place=first.span,
        more=broken.count - 1,
        since=broken.since,
        is_in_force=True,
    )
