"""Programs with a token: let through where a route says so, and by nothing else."""

import re
from collections.abc import Callable

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from tests.catalog.server.conftest import ORIGIN, HandClock, Served
from tests.catalog.server.routes import PARAMETERS, ROUTES, SCOPES
from tests.catalog.server.test_guard import served

from freshline.tokens import Token, TokenScope, hash_of, secret_of
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.server.doings import Kind
from freshline_catalog.server.door import guard
from freshline_catalog.server.services import Services
from freshline_catalog.tokens import SqliteTokens

NOW = 1_800_000_000.0
ALL = tuple(TokenScope)
Shown = Callable[..., TestClient]


def kept(
    log: SqliteEventLog,
    scopes: tuple[TokenScope, ...] = ALL,
    *,
    name: str = "sales",
    selection: str = "",
    scope: tuple[str, str] = ("shop", "main"),
) -> str:
    """Keep a token, and return its secret."""
    secret = secret_of(hash_of(f"{name} {scopes} {scope}").encode()[:32])
    token = Token(
        name=name,
        actor="ada",
        scopes=scopes,
        selection=selection,
        created=NOW,
        expires=NOW + 1000,
    )
    assert SqliteTokens(log).create(*scope, token, hash_of(secret))
    return secret


def showing(app: FastAPI, header: str) -> TestClient:
    headers = {"Authorization": header}
    return TestClient(app, base_url=ORIGIN, headers=headers, follow_redirects=False)


def asked(client: TestClient, line: str) -> int:
    method, _, path = line.partition(" ")
    filled = re.sub(r"\{([^}]+)\}", lambda found: PARAMETERS[found[1]], path)
    headers = {"Sec-Fetch-Site": "none"}
    return client.request(method, filled, headers=headers).status_code


def test_the_table_says_of_every_route_which_scope_it_takes(app: FastAPI) -> None:
    said = {line: guard.scope_of(route) for line, route in served(app)}
    assert {line: scope for line, scope in said.items() if scope is not None} == SCOPES


def test_a_token_opens_what_takes_its_scope_and_nothing_else(
    app: FastAPI, log: SqliteEventLog
) -> None:
    for scope in TokenScope:
        client = showing(app, f"Bearer {kept(log, (scope,), name=scope.name.lower())}")
        for line, needed in ROUTES.items():
            status = asked(client, line)
            if needed is None:
                continue
            opens = SCOPES.get(line) is scope
            assert (status not in (401, 403)) if opens else status == 403, (scope, line, status)


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("", id="nothing"),
        pytest.param("Bearer", id="no secret"),
        pytest.param(f"Bearer {secret_of(bytes(32))}", id="a secret that nobody made"),
        pytest.param(f"Bearer {hash_of('x')}", id="a hash"),
        pytest.param("Basic {secret}", id="another scheme"),
        pytest.param("Bearer {secret}x", id="a longer one"),
        pytest.param("{secret}", id="no scheme"),
    ],
)
def test_what_is_no_token_is_nobody(app: FastAPI, log: SqliteEventLog, header: str) -> None:
    client = showing(app, header.format(secret=kept(log)))
    assert asked(client, "GET /api/v1/events") == 401


def test_a_token_in_an_address_is_nobodys(app: FastAPI, log: SqliteEventLog) -> None:
    secret = kept(log)
    client = TestClient(app, base_url=ORIGIN)
    for name in ("token", "access_token", "authorization"):
        assert client.get(f"/api/v1/events?{name}={secret}").status_code == 401


def test_whoever_shows_a_bad_token_is_not_who_the_cookie_says(client: Served) -> None:
    answer = client().get("/api/v1/events", headers={"Authorization": "Bearer flt_nothing"})
    assert answer.status_code == 401


def test_a_token_is_of_one_project_and_environment(app: FastAPI, log: SqliteEventLog) -> None:
    for scope in (("shop", "dev"), ("farm", "main")):
        client = showing(app, f"Bearer {kept(log, scope=scope)}")
        assert asked(client, "GET /api/v1/events") == 401


def test_what_was_revoked_opens_nothing_from_then_on(app: FastAPI, log: SqliteEventLog) -> None:
    client = showing(app, f"Bearer {kept(log)}")
    assert asked(client, "GET /api/v1/events") == 200

    assert SqliteTokens(log).revoke("shop", "main", "sales", "ada", NOW + 1)
    answer = client.get("/api/v1/events")
    assert answer.status_code == 401
    assert answer.json()["error"]["message"] == "the token sales was revoked"


def test_what_has_expired_opens_nothing_and_says_so(
    app: FastAPI, log: SqliteEventLog, clock: HandClock
) -> None:
    client = showing(app, f"Bearer {kept(log)}")
    clock.at = NOW + 1000
    answer = client.get("/api/v1/events")
    assert answer.status_code == 401
    assert answer.json()["error"]["message"] == "the token sales has expired"


def test_making_and_revoking_are_on_record(log: SqliteEventLog) -> None:
    kept(log)
    SqliteTokens(log).revoke("shop", "main", "sales", "bob", NOW + 1)
    with log.reader() as connection:
        rows = connection.execute(
            "select kind, subject, actor, outcome from action order by at"
        ).fetchall()
    assert rows == [
        (Kind.TOKEN.value, "sales", "ada", "done"),
        (Kind.REVOKE.value, "sales", "bob", "done"),
    ]


def test_the_secret_is_nowhere_in_the_catalog(log: SqliteEventLog) -> None:
    secret = kept(log)
    for path in log.path.parent.glob(f"{log.path.name}*"):
        assert secret.encode() not in path.read_bytes()


def test_that_a_token_is_used_is_on_record_to_the_minute(
    app: FastAPI, log: SqliteEventLog, clock: HandClock
) -> None:
    client = showing(app, f"Bearer {kept(log)}")
    seen: list[float | None] = []
    for at in (0, 30, 61):
        clock.at = NOW + at
        asked(client, "GET /api/v1/events")
        seen.append(SqliteTokens(log).tokens("shop", "main")[0].seen)
    assert seen == [NOW, NOW, NOW + 61]


def test_a_secret_that_lies_in_somebodys_text_does_not_leave(
    app: FastAPI, services: Services, log: SqliteEventLog
) -> None:
    from freshline_catalog.server.door.redaction import Redactor

    assert Redactor().text(f"see {kept(log)}.") == "see ***."
