"""What holds for every request and every answer: names, origins, headers and sizes."""

import logging

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from tests.catalog.server.conftest import ORIGIN, Served, somebody

from freshline_catalog.server.access import needs
from freshline_catalog.server.door.doorway import HEADERS
from freshline_catalog.server.door.limits import DEEPEST, LARGEST_BODY
from freshline_catalog.server.people import Role
from freshline_catalog.server.services import Address, Services

CONSUMER = "/api/v1/consumers/reports"
FOREIGN_HOSTS = [
    "evil.example",
    "evil.example:8321",
    "127.0.0.1",
    "127.0.0.1:80",
    "127.0.0.1:83210",
    "localhost:8321.evil.example",
    "127.0.0.1:8321@evil.example",
    "0.0.0.0:8321",
    "127.1:8321",
    "2130706433:8321",
    "",
]


@pytest.mark.parametrize("host", FOREIGN_HOSTS, ids=repr)
@pytest.mark.parametrize("at", ["/healthz", "/health", "/nothing", "/login"])
def test_a_request_for_another_name_is_sent_away(at: str, host: str, client: Served) -> None:
    answer = client().get(at, headers={"Host": host})
    assert answer.status_code == 421
    assert answer.json()["error"]["code"] == "F706"


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8321", "localhost:8321", "LocalHost:8321", "[::1]:8321"]
)
def test_every_name_of_this_machine_will_do(host: str, client: Served) -> None:
    assert client(None).get("/healthz", headers={"Host": host}).status_code == 200


def test_on_port_80_nobody_needs_to_say_it() -> None:
    assert "localhost" in Address(port=80).hosts
    assert "localhost" not in Address(port=8321).hosts
    assert "[::1]:9" in Address(host="::1", port=9).hosts


@pytest.mark.parametrize(
    ("headers", "is_ours"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": ""}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": ORIGIN}, False),
        ({"Origin": ORIGIN}, True),
        ({"Origin": "http://localhost:8321"}, False),
        ({"Origin": "http://127.0.0.1:8322"}, False),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": f"{ORIGIN}.evil.example"}, False),
        ({"Origin": f"{ORIGIN}@evil.example"}, False),
        ({"Origin": "file://127.0.0.1:8321"}, False),
        ({"Origin": "http://["}, False),
        ({"Origin": "null"}, False),
        ({"Referer": f"{ORIGIN}/events"}, False),
        ({}, False),
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH", "MADE-UP"])
def test_what_changes_something_has_to_come_from_our_own_pages(
    method: str, headers: dict[str, str], is_ours: bool, client: Served
) -> None:
    browser = client()
    del browser.headers["Sec-Fetch-Site"]
    answer = browser.request(method, CONSUMER, headers=headers)
    refused = answer.status_code == 403 and answer.json()["error"]["code"] == "F706"
    assert refused is not is_ours


def test_looking_is_possible_from_anywhere_a_link_can_be(client: Served) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://wiki.example"}
    answer = client().get("/health", headers=headers)
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_no_other_site_is_let_in_by_asking_beforehand(client: Served) -> None:
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "PUT"}
    answer = client().options(CONSUMER, headers=headers)
    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    ("method", "at", "status"),
    [
        ("GET", "/health", 200),
        ("GET", "/api/v1/health", 200),
        ("GET", "/nothing", 404),
        ("GET", "/api/v1/consumers/nobody", 404),
        ("GET", "/api/v1/events?after=much", 422),
        ("GET", "/login", 303),
        ("DELETE", "/health", 405),
        ("GET", "/fails", 500),
    ],
    ids=lambda each: str(each),
)
def test_every_answer_says_what_browsers_may_do_with_it(
    method: str, at: str, status: int, app: FastAPI, services: Services
) -> None:
    app.get("/fails", openapi_extra=needs(Role.VIEWER))(lambda: 1 / 0)
    answer = somebody(app, services, Role.OPERATOR).request(method, at)
    assert answer.status_code == status
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert len(answer.headers["x-request-id"]) == 12


def test_the_policy_lets_nothing_run_that_is_not_a_file_of_ours() -> None:
    policy = HEADERS["Content-Security-Policy"]
    rules = {rule.partition(" ")[0]: rule.partition(" ")[2] for rule in policy.split("; ")}
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == "'self'"
    assert rules["frame-ancestors"] == rules["base-uri"] == "'none'"
    assert rules["require-trusted-types-for"] == "'script'"
    assert "unsafe" not in policy
    assert "*" not in policy


BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def failing(app: FastAPI, services: Services) -> TestClient:
    def fails() -> None:
        raise ValueError("a path of this machine: /srv/secret")

    app.get("/fails", openapi_extra=needs(Role.VIEWER))(fails)
    app.get("/api/v1/fails", openapi_extra=needs(Role.VIEWER))(fails)
    return somebody(app, services, Role.VIEWER)


@pytest.mark.parametrize("at", ["/fails", "/api/v1/fails"])
@pytest.mark.parametrize("headers", [{}, BROWSER], ids=["program", "browser"])
def test_an_error_of_ours_tells_its_number_and_nothing_of_its_cause(
    at: str,
    headers: dict[str, str],
    app: FastAPI,
    services: Services,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR, logger="freshline.server"):
        answer = failing(app, services).get(at, headers=headers)
    number = answer.headers["x-request-id"]
    assert answer.status_code == 500
    assert number in answer.text
    assert "srv" not in answer.text
    assert "ValueError" not in answer.text
    assert number in caplog.text
    assert "a path of this machine" in caplog.text


def test_programs_get_json_and_people_a_page(client: Served) -> None:
    viewer = client(Role.VIEWER)
    page = viewer.get("/nothing", headers=BROWSER)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "There is nothing at this address" in page.text
    for path in ("/api/v1/nothing", "/nothing.json"):
        answer = viewer.get(path, headers=BROWSER)
        assert answer.headers["content-type"] == "application/json"
        assert set(answer.json()["error"]) == {"code", "message", "help", "request"}
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers


def test_who_is_not_signed_in_is_shown_how_where_they_wanted_to_go(client: Served) -> None:
    answer = client(None).get("/events?kind=paused", headers=BROWSER)
    assert answer.status_code == 401
    assert "www-authenticate" in answer.headers
    assert 'name="next" value="/events?kind=paused"' in answer.text
    assert client(None).get("/events").json()["error"]["code"] == "F705"


@pytest.mark.parametrize(
    ("at", "name"),
    [
        ("/api/v1/events?after=-2", "after"),
        ("/api/v1/events?limit=1001", "limit"),
        ("/api/v1/events?wait=31", "wait"),
        ("/api/v1/events?payload=perhaps", "payload"),
    ],
)
def test_a_parameter_that_does_not_fit_is_named_and_not_repeated(
    at: str, name: str, client: Served
) -> None:
    answer = client().get(at)
    assert answer.status_code == 422
    message = answer.json()["error"]["message"]
    assert message.startswith(f"{name}: ")
    assert "perhaps" not in message


@pytest.mark.parametrize(
    ("at", "status"),
    [
        ("/" + "x" * 2048, 413),
        ("/events?kind=" + "x" * 8192, 413),
        ("/events?run=" + "x" * 150, 200),
    ],
    ids=["a long path", "a long query", "one that will do"],
)
def test_an_address_has_its_length(at: str, status: int, client: Served) -> None:
    assert client().get(at).status_code == status


@pytest.mark.parametrize(
    ("body", "media", "status"),
    [
        (b"{}", "application/json", 200),
        (b"{}", "application/json; charset=utf-8", 200),
        (b"{}", "text/plain", 415),
        (b"{}", "", 415),
        (b"<x/>", "application/xml", 415),
        (b"--x--", "multipart/form-data; boundary=x", 415),
        (b"{", "application/json", 422),
        (b'{"selection": "\\ud800"}', "application/json", 422),
        (b'{"selection": "\xff"}', "application/json", 422),
        (b'{"position": 1e999}', "application/json", 422),
        (b'{"position": NaN}', "application/json", 422),
        (b'{"position": 9223372036854775808}', "application/json", 422),
        (b'{"position": 99999999999999999999999999999}', "application/json", 422),
        (b'{"selection": ' + b"[" * DEEPEST + b"]" * DEEPEST + b"}", "application/json", 413),
        (b"[" * 100_000 + b"]" * 100_000, "application/json", 413),
        (b'{"selection": "%b"}' % (b"x" * LARGEST_BODY), "application/json", 413),
    ],
    ids=lambda each: str(each)[:40],
)
def test_a_body_has_its_form_and_its_size(
    body: bytes, media: str, status: int, client: Served
) -> None:
    answer = client().put(CONSUMER, content=body, headers={"Content-Type": media})
    assert answer.status_code == status, answer.text


def test_a_body_that_does_not_say_its_size_is_counted(client: Served) -> None:
    def pieces() -> "list[bytes]":
        return [b" " * 65536] * (LARGEST_BODY // 65536 + 1)

    headers = {"Content-Type": "application/json"}
    answer = client().put(CONSUMER, content=iter(pieces()), headers=headers)
    assert answer.status_code == 413


def test_what_is_known_is_not_sent_again(client: Served) -> None:
    viewer = client(Role.VIEWER)
    for path in ("/health", "/health.json", "/api/v1/health", "/api/v1/openapi.json"):
        tag = viewer.get(path).headers["etag"]
        for known in (tag, f"W/{tag}", f'"other", {tag}'):
            answer = viewer.get(path, headers={"If-None-Match": known})
            assert (answer.status_code, answer.content) == (304, b""), path
        assert viewer.get(path, headers={"If-None-Match": '"other"'}).status_code == 200
