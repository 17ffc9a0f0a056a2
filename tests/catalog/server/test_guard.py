"""Nobody gets past a route who may not; a route that says nothing lets nobody past."""

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.testclient import TestClient
from tests.catalog.server.conftest import Served, somebody
from tests.catalog.server.routes import ENDLESS, PARAMETERS, ROUTES

from freshline.errors import InternalError
from freshline_catalog.server.access import needs
from freshline_catalog.server.door import guard
from freshline_catalog.server.door.limits import LARGEST_BODY
from freshline_catalog.server.people import Role
from freshline_catalog.server.services import Services

PEOPLE = (None, Role.VIEWER, Role.OPERATOR)


def served(app: FastAPI) -> Iterator[tuple[str, APIRoute]]:
    for route in app.routes:
        assert isinstance(route, APIRoute), f"{route} is no route of ours"
        for method in sorted(route.methods or ()):
            yield f"{method} {route.path}", route


def asked(client: TestClient, line: str) -> int:
    """Return the status with which a route of the table answers somebody."""
    method, _, path = line.partition(" ")
    filled = re.sub(r"\{([^}]+)\}", lambda found: PARAMETERS[found[1]], path)
    return client.request(method, filled).status_code


def test_every_route_is_in_the_table_and_the_table_holds_no_other(app: FastAPI) -> None:
    assert {line for line, _ in served(app)} == set(ROUTES)


def test_every_route_says_of_itself_what_the_table_says(app: FastAPI) -> None:
    assert {line: guard.role_of(route) for line, route in served(app)} == ROUTES


@pytest.mark.parametrize("line", ROUTES)
def test_a_route_answers_who_may_and_nobody_else(line: str, client: Served) -> None:
    needed = ROUTES[line]
    for role in PEOPLE:
        if line in ENDLESS and role is not None and role.may(needed or role):
            continue
        status = asked(client(role), line)
        if needed is None:
            # A link that signs nobody in is answered as nobody is.
            assert status not in ((403,) if "/login" in line else (401, 403)), role
        elif role is None:
            assert status == 401
        elif not role.may(needed):
            assert status == 403, role
        else:
            assert status not in (401, 403, 405), role


def test_an_application_with_a_route_that_says_nothing_is_not_served(app: FastAPI) -> None:
    def silent() -> None: ...

    app.get("/silent")(silent)
    with pytest.raises(InternalError, match="/silent does not say who may use it"):
        guard.inspect(app)


@pytest.mark.parametrize(
    "route",
    [Route("/aside", Response), Mount("/aside", routes=[])],
    ids=["of another kind", "a mount"],
)
def test_an_application_with_a_route_that_has_no_guard_is_not_served(
    route: Route | Mount, app: FastAPI
) -> None:
    app.router.routes.append(route)
    with pytest.raises(InternalError, match="/aside does not say who may use it"):
        guard.inspect(app)


@pytest.mark.parametrize("role", PEOPLE, ids=["nobody", "viewer", "operator"])
def test_a_route_that_says_nothing_lets_nobody_past_even_where_it_is_served(
    role: Role | None, app: FastAPI, services: Services
) -> None:
    def silent() -> str:
        return "let in"

    app.get("/silent")(silent)
    assert somebody(app, services, role).get("/silent").status_code in (401, 403)


@pytest.mark.parametrize(
    ("role", "status"), [(None, 401), (Role.VIEWER, 403)], ids=["nobody", "viewer"]
)
@pytest.mark.parametrize(
    "body",
    [b"{not json", b'{"sequence": "much"}', b"[" * 100_000, b" " * (LARGEST_BODY + 1)],
    ids=["unreadable", "wrong", "deep", "large"],
)
def test_who_may_not_is_refused_before_anything_they_sent_is_looked_at(
    body: bytes, role: Role | None, status: int, client: Served
) -> None:
    answer = client(role).post(
        "/api/v1/consumers/reports/ack",
        content=body,
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == status


def test_a_role_that_a_route_needs_is_in_the_description_of_the_api(client: Served) -> None:
    paths = client().get("/api/v1/openapi.json").json()["paths"]
    assert paths["/api/v1/consumers/{name}"]["put"]["x-freshline-role"] == "operator"
    assert needs(None) == {"x-freshline-role": "anyone"}
