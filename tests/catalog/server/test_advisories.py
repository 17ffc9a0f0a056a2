"""What has happened to others, and does not happen here. Each test is named after what did."""

import dataclasses
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from tests.catalog.server.conftest import HandClock, Served, somebody
from tests.catalog.server.hostile import POISON, RUN, foreign_in, walk, write_catalog
from tests.catalog.server.listening import Stream, listening
from tests.catalog.server.test_events import paused

from freshline import secrets
from freshline.keys import Target
from freshline.survey import Survey
from freshline.testing.specimens import ORDERS
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.server.people import Role
from freshline_catalog.server.services import Services
from freshline_catalog.surveys import SqliteSurveys

EXEMPT = ("health", "healthz", "ready", "readyz", "static", "login", "logout", "theme", "api")
ENDINGS = ("", "/", "%2F", ";", ";x", ".json", "%00", "?", "%3F", "#", ".", "/.", "/..", "//")


@pytest.mark.parametrize("name", EXEMPT)
def test_a_path_that_looks_like_an_open_one_was_let_past(name: str, client: Served) -> None:
    nobody = client(None)
    cases = (name, name.upper(), f"marts.{name}")
    for case in cases:
        for ending in ENDINGS:
            for room in ("/assets/", "/api/v1/consumers/"):
                # What leads nowhere may be said to; what is there is nobody's who is not known.
                answer = nobody.get(f"{room}{case}{ending}")
                assert answer.status_code in (401, 404, 405), answer.url


@pytest.mark.parametrize("name", ["health", "ready", "static", "login"])
def test_an_asset_of_an_open_name_could_be_read_by_anybody(
    name: str, client: Served, services: Services
) -> None:
    from tests.catalog.server.test_events import entry

    survey = Survey(
        project="shop", environment="main", at=1.0, sequence=0, plan_id="", entries=(entry(name),)
    )
    SqliteSurveys(services.log).keep(survey)
    for at in (f"/assets/{name}", f"/assets/{name}.json", f"/api/v1/assets/{name}"):
        assert client(Role.VIEWER).get(at).status_code == 200
        assert client(None).get(at).status_code == 401


@pytest.mark.parametrize(
    "at",
    ["//health", "/./health", "/health/", "/health;x", "/HEALTH", "/login/../health",
     "/static/../health", "/static/%2e%2e/health", "/healthz/../health", "/%68ealth"],
)  # fmt: skip
def test_another_spelling_of_a_path_was_let_past(at: str, client: Served) -> None:
    answer = client(None).get(at)
    assert answer.status_code in (401, 404)
    assert "statuses" not in answer.text


def test_streams_were_left_open_when_everything_else_was_guarded(services: Services) -> None:
    with listening(services) as served, closing(Stream(served, "")) as stream:
        assert stream.answer.status == 401


def test_a_websocket_is_answered_by_nobody(app: FastAPI, services: Services) -> None:
    from starlette.websockets import WebSocketDisconnect

    viewer = somebody(app, services, Role.VIEWER)
    for at in ("/api/v1/stream", "/api/v1/events", "/"):
        with pytest.raises(WebSocketDisconnect):
            with viewer.websocket_connect(f"ws://127.0.0.1:8321{at}"):
                pass


ECHOED = ("no<b>such</b>page", "xq9zzj", "%3Cscript%3Exq9zzj", "{{7*191}}", "..%2Fxq9zzj")


@pytest.mark.parametrize("name", ECHOED)
@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_a_page_that_is_not_there_repeated_its_address(
    name: str, accept: str, client: Served
) -> None:
    viewer = client(Role.VIEWER)
    for room in ("/", "/assets/", "/runs/", "/api/v1/assets/", "/api/v1/consumers/", "/static/x/"):
        answer = viewer.get(f"{room}{name}", headers={"Accept": accept})
        assert answer.status_code in (404, 422), answer.url
        told = answer.text
        if accept == "text/html":  # the choice of a theme leads back to where one is, escaped
            told = told.replace(f'name="next" value="{quote(room + name)}', "")
            assert foreign_in(answer.content) == []
        assert "<b>such" not in told
        assert "1337" not in told
        assert "<script>xq" not in told


TRAVERSAL = (
    "..", "../..", "../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e%2f", "....//",
    "/etc/passwd", "%2Fetc%2Fpasswd", "C:%5Cx", "x%00.css", "%00", ".%00.", "~root", 
    "%c0%ae%c0%ae/", "..\\..\\x",
    "freshline.css/../../../app.py", "\u2025", "\uff0e\uff0e", "a" * 1500,
)  # fmt: skip


@pytest.mark.parametrize("name", TRAVERSAL, ids=lambda name: name[:20])
def test_an_id_that_was_a_path_led_out_of_its_folder(
    name: str, client: Served, services: Services, tmp_path: Path
) -> None:
    services.logs.mkdir()
    for secret in (tmp_path / "x.jsonl", tmp_path / "x"):
        secret.write_text('{"message": "outside of the folder"}\n')
    viewer = client()
    digest = "0" * 16
    for at in (
        f"/static/{digest}/{name}",
        f"/static/{name}/freshline.css",
        f"/runs/{name}",
        f"/runs/{name}/log",
        f"/runs/{name}/log.txt",
        f"/runs/..%2Fx/log.txt?{name}",
        f"/api/v1/runs/{name}/log",
        f"/assets/{name}",
        f"/assets/{name}/rows",
        f"/api/v1/consumers/{name}",
    ):
        answer = viewer.get(at)
        # What a client has cut off itself leads to another page, and not out of anything.
        assert ".." in name or answer.status_code in (401, 404, 405, 422), at
        assert "outside of the folder" not in answer.text
        assert "root:" not in answer.text


def test_a_link_among_the_logs_led_out_of_their_folder(
    client: Served, services: Services, tmp_path: Path
) -> None:
    write_catalog(services, "fine", "marts.daily")
    log = services.logs / f"{RUN}.jsonl"
    log.unlink()
    (tmp_path / "outside").write_text('{"message": "outside of the folder"}\n')
    log.symlink_to(tmp_path / "outside")
    for at in (f"/runs/{RUN}", f"/runs/{RUN}/log", f"/runs/{RUN}/log.txt"):
        assert "outside of the folder" not in client().get(at).text


IDENTIFIERS = (
    "]", "[x]", '"', '""', "'", "`", "\\", ";", "--", "/*", "a b", "a.b.c.d", "%", "_", "*", "?",
    "\x00", "a\x00b", "\n", "\t", "\x7f", "..", ".", "/", "a/b", "é", "日本", "\u202e", "😀", "İ",
    "' or 1=1 --", '" union select hash from session --', "x'; drop table entry; --", "A" * 200,
)  # fmt: skip


@pytest.mark.parametrize("name", IDENTIFIERS, ids=ascii)
def test_an_identifier_ended_what_it_stood_in(
    name: str, client: Served, services: Services
) -> None:
    write_catalog(services, "fine", "marts.daily")
    services.log.append([paused(Target("shop", "main", name.replace("\x00", "") or "x"))])
    operator = client()
    quoted = quote(name, safe="")
    for at in (
        f"/assets/{quoted}",
        f"/assets/{quoted}/columns?col={quoted}",
        f"/assets/marts.daily/columns?col={quoted}",
        f"/assets/{quoted}/rows?show=1",
        f"/events?asset={quoted}",
        f"/events?run={quoted}",
        f"/events?select={quoted}",
        f"/api/v1/events?asset={quoted}",
        f"/checks?owner={quoted}",
        f"/runs?actor={quoted}&asset={quoted}",
    ):
        answer = operator.get(at, headers={"Accept": "text/html"})
        assert answer.status_code < 500, at
        assert foreign_in(answer.content) == [] or at.startswith("/api/"), at
    with services.log.reader() as connection:
        assert connection.execute("select count(*) from entry").fetchall() == [(2,)]


# What browsers keep as a file, or show as the text it is.
DOWNLOADS = {
    *("application/json", "application/x-ndjson", "text/plain", "text/csv", ""),
    *("image/svg+xml", "text/vnd.mermaid", "text/vnd.graphviz"),
}


@pytest.mark.parametrize(
    "key", ["marts.daily", '"><script>alert(1)</script>'], ids=["key", "hostile"]
)
@pytest.mark.parametrize("poison", [" ".join(POISON), POISON[3] + POISON[4]], ids=["all", "ends"])
def test_text_that_somebody_wrote_ran_in_the_browser_of_who_read_it(
    poison: str, key: str, client: Served, services: Services
) -> None:
    write_catalog(services, poison.replace("\x00", ""), key)
    operator = client()
    pages = 0
    for seen in walk(operator, key, (poison[:60],)):
        assert seen.status < 500, seen.at
        if seen.media == "text/html":
            pages += 1
            assert foreign_in(seen.body) == [], seen.at
            assert b"1337" not in seen.body
        else:
            assert seen.media in DOWNLOADS, seen.at
            if seen.media == "image/svg+xml":
                assert foreign_in(seen.body) == ["<style>"], seen.at  # its own, and no other
    assert pages > 30


def test_the_walk_would_see_what_ran() -> None:
    assert foreign_in(b"<script>x</script>")
    assert foreign_in(b'<a href="java\nscript:x">')
    assert foreign_in(b"<img src=//evil.example/x>")
    assert foreign_in(b'<p onclick="x">')
    assert foreign_in(b'<p style="x">')
    assert not foreign_in(b'<a href="https://example.org">x</a><script src="/static/x"></script>')


CANARY = 'c4n4ry"<&\u00e4/secret'


@pytest.fixture
def with_a_secret(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(secrets, "_KNOWN", set[str]())
    secrets.remember_all({"FRESHLINE_SECRET_WAREHOUSE_PASSWORD": CANARY})
    yield


@pytest.mark.usefixtures("with_a_secret")
def test_a_secret_in_a_message_or_a_log_was_shown_to_everybody(
    client: Served, services: Services
) -> None:
    text = (
        f"could not connect: postgres://ana:{quote(CANARY, safe='')}@db/x said {CANARY!r} {CANARY}"
    )
    write_catalog(services, text, "marts.daily")
    asked = 0
    for seen in walk(client(), "marts.daily", ("x",)):
        asked += 1
        for form in (b"secret'", b'n4ry"', b"n4ry%22", b"n4ry&#34;", b"n4ry\\\\"):
            assert form not in seen.body, (seen.at, form)
        assert b"/secret" not in seen.body, seen.at
    assert asked > 100


@pytest.mark.usefixtures("with_a_secret")
def test_a_secret_went_out_by_the_stream(services: Services, log: SqliteEventLog) -> None:
    with listening(services) as served, closing(Stream(served, served.signed_in())) as stream:
        next(stream.blocks())
        log.append([paused(Target("shop", "main", f"x{CANARY}"))])
        told = json.dumps(next(stream.events()))
    assert "/secret" not in told
    assert "***" in told


def test_what_is_under_a_telling_name_was_shown(client: Served, services: Services) -> None:
    from tests.catalog.server.test_events import entry

    made = dataclasses.replace(entry("marts.daily"), meta={"api_key": "abcdefgh", "team": "sales"})
    survey = Survey(
        project="shop", environment="main", at=1.0, sequence=0, plan_id="", entries=(made,)
    )
    SqliteSurveys(services.log).keep(survey)
    for seen in walk(client(), "marts.daily", ()):
        assert b"abcdefgh" not in seen.body, seen.at


def test_a_get_request_changed_something(
    client: Served, services: Services, clock: HandClock
) -> None:
    write_catalog(services, "fine", "marts.daily")
    operator = client()
    before = _content(services)
    for _ in walk(operator, "marts.daily", ("x",)):
        pass
    after = _content(services)
    # That somebody looked at rows goes on record, and that is all.
    assert before | {"action": after["action"]} == after


def _content(services: Services) -> dict[str, object]:
    with services.log.reader() as connection:
        names = ("event", "target_state", "entry", "consumer", "survey", "action", "answered")
        return {
            name: connection.execute(f"select count(*) from {name}").fetchall() for name in names
        }


def test_an_event_told_of_the_reader_of_another_environment(
    client: Served, services: Services
) -> None:
    services.log.append([paused(ORDERS), paused(Target("shop", "prod", "finance.pay"))])
    client().put("/api/v1/consumers/mine", json={})
    elsewhere = dataclasses.replace(services, scope=services.scope._replace(environment="prod"))
    from freshline_catalog.server.app import create_app

    other = somebody(create_app(elsewhere), elsewhere, Role.OPERATOR)
    assert "finance.pay" not in client().get("/api/v1/events").text
    assert "staging.orders" not in other.get("/api/v1/events").text
    assert other.get("/api/v1/consumers").json() == {"consumers": []}
    assert other.get("/api/v1/consumers/mine").status_code == 404
