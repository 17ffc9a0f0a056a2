"""Definitions that cannot be used: every page says so, and which are in force."""

from dataclasses import replace

import pytest
from starlette.testclient import TestClient
from tests.catalog.server.conftest import Served
from tests.catalog.server.moved import HERE, NOW, leader, moved, tick
from tests.catalog.server.shop import page

from freshline import codec
from freshline.errors import Diagnostic, Severity, Span
from freshline.ticks import DEFINITIONS, Broken, Decided, Mover, TickOutcome
from freshline_catalog.automation import SqliteAutomation
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.server.feed import moment
from freshline_catalog.server.people import Role
from freshline_catalog.server.services import Scope

__all__ = ["moved"]


@pytest.fixture
def operator(client: Served, moved: SqliteAutomation) -> TestClient:
    return client(Role.OPERATOR)


def broken(*, is_old: bool) -> str:
    problem = Diagnostic(
        code="E102",
        severity=Severity.ERROR,
        message="the file is no YAML",
        span=Span(file="freshline.yaml", line=3, column=1),
        fix="mend it",
    )
    return codec.encode(
        Broken(is_old=is_old, since=NOW - 600, count=3, problems=(problem,))
    ).decode()


@pytest.mark.parametrize("address", ["/", "/assets", "/automation", "/assets/marts.daily"])
def test_every_page_says_what_is_wrong_with_the_definitions_and_what_is_in_force(
    operator: TestClient, moved: SqliteAutomation, log: SqliteEventLog, address: str
) -> None:
    """In the words of whoever decides: of one who is gone nobody knows whether it is still so."""
    memory = {DEFINITIONS: broken(is_old=True)}
    failed = replace(
        tick(Mover.RECONCILER, DEFINITIONS, "1", 60, "they cannot be used"),
        outcome=TickOutcome.FAILED,
    )
    lease = log.acquire(leader())
    before = serial(log)
    moved.decide(lease, [Decided(tick=failed, memories=memory)])
    shown = page(operator, address).text
    assert "The project cannot be read E102 the file is no YAML freshline.yaml:3:1" in shown
    assert "Since 10 min ago" in shown and "with 2 other errors" in shown
    assert "What could be read last is in force" in shown
    assert serial(log) > before, "every page looks again"
    lease.release()
    assert "The project cannot be read" not in page(operator, address).text


def test_what_is_only_set_aside_is_no_trouble_of_the_whole_project(
    operator: TestClient, moved: SqliteAutomation, log: SqliteEventLog
) -> None:
    lease = log.acquire(leader())
    aside = replace(tick(Mover.RECONCILER, DEFINITIONS, "1", 60, "x"), outcome=TickOutcome.FAILED)
    moved.decide(lease, [Decided(tick=aside, memories={DEFINITIONS: broken(is_old=False)})])
    assert operator.get("/api/v1/automation").json()["unreadable"] is None
    lease.release()


def serial(log: SqliteEventLog) -> int:
    with log.reader() as connection:
        return moment(connection, Scope(*HERE)).survey
