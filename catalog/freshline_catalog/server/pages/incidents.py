"""Incidents: what is wrong by its first cause, what hangs on it, and what people were told."""

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Query

from freshline import codec
from freshline.acts import Delivering, Delivery, DeliveryState
from freshline.refresh import CallWebhook
from freshline_catalog.connection import Row
from freshline_catalog.server.automation.incidents import (
    IncidentFacts,
    closed_incidents,
    open_incidents,
)
from freshline_catalog.server.page import Page
from freshline_catalog.server.people import Role
from freshline_catalog.server.reading import Reading
from freshline_catalog.statements import statements

MOST_CLOSED = 50
_MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Incidents:
    """Incidents that are open, the newest first, and the last that were closed."""

    open: tuple[IncidentFacts, ...]
    closed: tuple[IncidentFacts, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFacts:
    """A webhook or notice: to whom, about what, and what became of it."""

    id: str
    kind: str
    to: str
    about: str
    why: str
    at: float
    state: DeliveryState
    attempts: int
    due: float | None
    settled: float | None
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliveries:
    """Webhooks and notices, the newest first."""

    deliveries: tuple[DeliveryFacts, ...]


def incidents(
    asked: Reading,
    asset: Annotated[str, Query(max_length=200, description="Only what concerns it")] = "",
) -> Incidents:
    """List what is wrong by its first cause, and what was wrong last."""
    return Incidents(
        open=open_incidents(asked, asset),
        closed=closed_incidents(asked, MOST_CLOSED, asset),
    )


def deliveries(
    asked: Reading,
    state: Annotated[DeliveryState | None, Query(description="Only what stands so")] = None,
) -> Deliveries:
    """List webhooks and notices, and what became of them."""
    which = state.value if state is not None else None
    scope = asked.services.scope
    rows = asked.connection.execute(
        statements("acts")["deliveries"], (*scope, which, _MOST)
    ).fetchall()
    return Deliveries(deliveries=tuple(_delivery(row) for row in rows))


def _delivery(row: Row) -> DeliveryFacts:
    body, state, attempts, due, settled, said = cast(
        tuple[str, str, int, float, "float | None", str], row
    )
    each = Delivering(delivery=codec.decode(body, Delivery), state=DeliveryState(state))
    delivery = each.delivery
    return DeliveryFacts(
        id=delivery.id,
        kind="webhook" if isinstance(delivery.act, CallWebhook) else "notice",
        to=delivery.recipient,
        about=delivery.happening.name,
        why=delivery.happening.why,
        at=delivery.at,
        state=each.state,
        attempts=attempts,
        due=due if each.state is DeliveryState.WAITING else None,
        settled=settled,
        said=said,
    )


PAGES = (
    Page(path="/incidents", make=incidents, template="incidents.html"),
    # An address that is called may be known to few.
    Page(path="/deliveries", make=deliveries, template="deliveries.html", role=Role.OPERATOR),
)
