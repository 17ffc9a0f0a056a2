"""The server under test: an application over a catalog, and whoever asks it something."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from tests.catalog.server.world import made_world, world

from freshline.catalog import By, Ended, Engine, Rows, Surveyed, Wanted
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.server.app import create_app
from freshline_catalog.server.door.sessions import new_link
from freshline_catalog.server.people import Role
from freshline_catalog.server.services import Address, Scope, Services

__all__ = ["made_world", "world"]

ADDRESS = Address(host="127.0.0.1", port=8321)
ORIGIN = f"http://{ADDRESS.host}:{ADDRESS.port}"


class HandClock:
    """A clock that is turned by hand."""

    def __init__(self, at: float = 1_800_000_000.0) -> None:
        self.at = at

    def now(self) -> float:
        return self.at

    def until(self, at: float) -> float:
        self.at = max(self.at, at)
        return 0.0


class IdleEngine:
    """An engine for who wants nothing done: it remembers what was asked of it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, object]] = []

    def folders(self) -> tuple[Path, ...]:
        """Say that nothing moves."""
        return ()

    def stamp(self) -> str:
        return ""

    def survey(self) -> Surveyed:
        self.asked.append(("survey", None))
        return Surveyed("")

    def trace(self) -> None:
        self.asked.append(("trace", None))

    def plan(self, wanted: Wanted) -> Mapping[str, object]:
        self.asked.append(("plan", wanted))
        return {"version": 1, "plan_id": "0" * 12, "steps": []}

    def apply(
        self, wanted: Wanted, plan_id: str, by: By, run: str, ended: Callable[[Ended], None]
    ) -> None:
        self.asked.append(("apply", (wanted, plan_id, by, run)))
        ended(Ended(0, ""))

    def cancel(self, run: str, by: By) -> None:
        self.asked.append(("cancel", (run, by)))

    def pause(self, keys: Sequence[str], by: By) -> None:
        self.asked.append(("pause", (tuple(keys), by)))

    def resume(self, keys: Sequence[str], by: By) -> None:
        self.asked.append(("resume", (tuple(keys), by)))

    def rollback(self, key: str, number: int, until: str | None, by: By) -> None:
        self.asked.append(("rollback", (key, number, until, by)))

    def unpin(self, key: str, by: By) -> None:
        self.asked.append(("unpin", (key, by)))

    def accept(self, key: str, check: str, by: By) -> None:
        self.asked.append(("accept", (key, check, by)))

    def rows(self, key: str, limit: int) -> Rows:
        self.asked.append(("rows", (key, limit)))
        return Rows((), ())


_: type[Engine] = IdleEngine


class Served(Protocol):
    """How a test gets somebody who asks: signed in with a role, or None for nobody."""

    def __call__(self, role: Role | None = Role.OPERATOR) -> TestClient: ...


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def engine() -> IdleEngine:
    return IdleEngine()


@pytest.fixture
def services(log: SqliteEventLog, engine: IdleEngine, clock: HandClock, tmp_path: Path) -> Services:
    return Services(
        scope=Scope("shop", "main"),
        log=log,
        engine=engine,
        clock=clock,
        logs=tmp_path / "logs",
        address=ADDRESS,
        version="0",
    )


@pytest.fixture
def app(services: Services) -> FastAPI:
    return create_app(services)


@pytest.fixture
def client(app: FastAPI, services: Services) -> Iterator[Served]:
    """Return how somebody comes to ask: as a browser that stands on one of our pages."""
    with ExitStack() as open_clients:

        def served(role: Role | None = Role.OPERATOR) -> TestClient:
            return open_clients.enter_context(somebody(app, services, role))

        yield served


def somebody(app: FastAPI, services: Services, role: Role | None, **how: Any) -> TestClient:
    """Return a client that is signed in by a link, as people are; None for nobody."""
    headers = {"Sec-Fetch-Site": "same-origin", **how.pop("headers", {})}
    made = TestClient(app, base_url=ORIGIN, headers=headers, follow_redirects=False, **how)
    if role is not None:
        answer = made.get(new_link(services, role))
        assert answer.status_code == 303, answer.text
    return made
