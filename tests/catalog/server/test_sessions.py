"""Signing in and out: links that work once, sessions that end, and addresses to go back to."""

import dataclasses
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient
from tests.catalog.server.conftest import ORIGIN, HandClock, Served

from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.server.app import create_app
from freshline_catalog.server.door import sessions
from freshline_catalog.server.door.links import LASTS, Links
from freshline_catalog.server.pages.login import safe_next
from freshline_catalog.server.people import Role
from freshline_catalog.server.services import Address, Services

PAGE = "/health"


def is_in(client: TestClient) -> bool:
    return client.get(PAGE).status_code == 200


def rows(log: SqliteEventLog) -> list[tuple[object, ...]]:
    with log.reader() as connection:
        return [*connection.execute("select hash, actor, role, seen, expires from session")]


def test_a_link_signs_in_once(client: Served, services: Services) -> None:
    link = sessions.new_link(services, Role.VIEWER)
    first, second = client(None), client(None)
    answer = first.get(link)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert is_in(first)
    assert second.get(link).status_code == 401
    assert not is_in(second)


def test_a_link_is_good_for_ten_minutes(
    client: Served, services: Services, clock: HandClock
) -> None:
    late, in_time = sessions.new_link(services), sessions.new_link(services)
    clock.at += LASTS - 1
    assert client(None).get(in_time).status_code == 303
    clock.at += 1
    assert client(None).get(late).status_code == 401


def test_a_link_can_be_pasted_whole_and_leads_back(client: Served, services: Services) -> None:
    link = ORIGIN + sessions.new_link(services)
    somebody = client(None)
    answer = somebody.post("/login", data={"link": f" {link} ", "next": "/events?kind=paused"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/events?kind=paused")
    assert is_in(somebody)


def test_looking_at_a_link_without_opening_it_does_not_use_it_up(
    client: Served, services: Services
) -> None:
    link = sessions.new_link(services)
    assert client(None).head(link).status_code == 405
    assert client(None).get(link).status_code == 303


def test_what_the_browser_holds_is_out_of_reach_of_scripts_and_of_other_sites(
    client: Served, services: Services
) -> None:
    answer = client(None).get(sessions.new_link(services))
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("freshline_8321=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert answer.headers["cache-control"] == "no-store"


def test_below_a_path_the_cookie_is_for_that_path(services: Services) -> None:
    placed = dataclasses.replace(services, address=Address(port=8321, path="/data"))
    link = sessions.new_link(placed)
    assert link.startswith("/data/login/")
    with TestClient(create_app(placed), base_url=ORIGIN, follow_redirects=False) as client:
        answer = client.get(link)
        assert answer.headers["location"] == "/data/"
        assert "Path=/data" in answer.headers["set-cookie"]
        assert client.get(f"/data{PAGE}").status_code == 200


def test_only_a_hash_is_on_record(client: Served, log: SqliteEventLog) -> None:
    cookies = client(Role.VIEWER).cookies
    secret = cookies["freshline_8321"]
    ((hashed, actor, role, *_),) = rows(log)
    assert (actor, role) == ("local", "viewer")
    assert hashed == hashlib.sha256(secret.encode()).hexdigest()
    assert len(secret) >= 43  # 256 bits


@pytest.mark.parametrize(
    ("steps", "lasts"),
    [
        ([sessions.IDLE - 1], True),
        ([sessions.IDLE], False),
        ([sessions.IDLE - 1, sessions.IDLE - 1], True),
        ([sessions.IDLE / 2] * 28, False),
        ([sessions.IDLE / 2] * 27 + [sessions.IDLE / 2 - 1], True),
    ],
    ids=[
        "used within half a day",
        "unused for half a day",
        "used again and again",
        "used for seven days",
        "used for less than seven days",
    ],
)
def test_a_session_ends(steps: list[float], lasts: bool, client: Served, clock: HandClock) -> None:
    somebody = client()
    for step in steps[:-1]:
        clock.at += step
        assert is_in(somebody)
    clock.at += steps[-1]
    assert is_in(somebody) is lasts


def test_signing_out_ends_the_session_for_whoever_has_the_cookie(client: Served) -> None:
    somebody, thief = client(), client(None)
    thief.cookies.update(somebody.cookies)
    assert is_in(thief)
    assert somebody.post("/logout").status_code == 303
    assert not is_in(thief)
    assert not is_in(somebody)


def test_signing_in_again_begins_another_session_and_ends_the_one_before(
    client: Served, services: Services, log: SqliteEventLog
) -> None:
    somebody = client()
    before = somebody.cookies["freshline_8321"]
    assert somebody.get(sessions.new_link(services, Role.VIEWER)).status_code == 303
    assert somebody.cookies["freshline_8321"] != before
    assert len(rows(log)) == 1
    assert sessions.find(services, before) is None


def test_sessions_that_have_ended_leave_the_catalog(
    client: Served, clock: HandClock, log: SqliteEventLog
) -> None:
    client()
    clock.at += sessions.IDLE
    client()
    assert len(rows(log)) == 1


def test_being_seen_is_written_once_a_minute(
    client: Served, clock: HandClock, log: SqliteEventLog
) -> None:
    somebody = client()
    commits = log.commits
    for _ in range(5):
        clock.at += 10
        assert is_in(somebody)
    assert log.commits == commits
    clock.at += 11
    assert is_in(somebody)
    assert log.commits == commits + 1


@pytest.mark.parametrize("secret", ["", "x", "x" * 43, "\u00e9" * 43], ids=repr)
def test_a_made_up_secret_signs_nobody_in(secret: str, services: Services) -> None:
    assert sessions.begin(services, secret) is None
    assert sessions.find(services, secret) is None


@pytest.mark.parametrize("cookie", ["x", "x" * 5000, "\u00e9", '"', "a=b"], ids=lambda c: c[:5])
def test_a_made_up_cookie_signs_nobody_in(cookie: str, client: Served) -> None:
    answer = client(None).get(PAGE, headers={b"Cookie": f"freshline_8321={cookie}".encode()})
    assert answer.status_code == 401


def test_links_of_another_process_are_worth_nothing(services: Services, client: Served) -> None:
    restarted = dataclasses.replace(services, links=Links())
    link = sessions.new_link(services)
    with TestClient(create_app(restarted), base_url=ORIGIN) as other:
        assert other.get(link, follow_redirects=False).status_code == 401


def test_who_is_signed_in_needs_no_login_page(client: Served) -> None:
    answer = client().get("/login", params={"next": "/events"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/events")


def test_guessing_is_slow_however_it_is_spread(client: Served, clock: HandClock) -> None:
    statuses = [client(None).get(f"/login/{n:043}").status_code for n in range(11)]
    assert statuses == [401] * 10 + [429]
    clock.at += 6
    again = client(None)
    assert again.get(f"/login/{99:043}").status_code == 401
    answer = again.post("/login", data={"link": "x" * 43})
    assert answer.status_code == 429
    assert answer.headers["retry-after"].isdecimal()


ELSEWHERE = [
    "//evil.example",
    "///evil.example",
    r"/\evil.example",
    r"\\evil.example",
    r"/\/evil.example",
    "https://evil.example",
    "http:evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,x",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/ /evil.example",
    "evil.example",
    "@evil.example",
    "?next=//evil.example",
    "#x",
    "",
    "/\x00",
    "/login",
    "/login/abc",
    "/logout",
]


@pytest.mark.parametrize("wanted", ELSEWHERE, ids=repr)
def test_signing_in_leads_to_no_other_server(wanted: str, client: Served) -> None:
    assert safe_next(wanted) == "/"
    if "\x00" not in wanted:
        answer = client().get("/login", params={"next": wanted})
        assert answer.headers["location"] == "/"


@pytest.mark.parametrize(
    "wanted", ["/", "/assets/marts.daily", "/assets?q=a%20b&tag=x", "/runs/1#L3", "/a//b"]
)
def test_signing_in_leads_back_to_any_page(wanted: str) -> None:
    assert safe_next(wanted) == wanted
    assert safe_next(wanted, "/data") == "/data/"
    assert safe_next(f"/data{wanted}", "/data") == f"/data{wanted}"


@given(st.text())
def test_where_signing_in_leads_is_always_a_path_of_this_server(wanted: str) -> None:
    found = safe_next(wanted)
    assert found.startswith("/")
    assert found[1:2] not in ("/", "\\")
    assert not set(found) & set("\\\t\r\n\0 ")
