"""Actions with the real engine: from the plan that a page shows to the run that its id leads to."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.catalog.server.conftest import ADDRESS, HandClock, somebody
from tests.catalog.server.served import eventually
from tests.catalog.server.world import PROJECT, opened

from freshline.cli.by_command import CommandEngine
from freshline_catalog.server.app import create_app
from freshline_catalog.server.people import Role
from freshline_catalog.server.services import Scope, Services

HTML = {"Accept": "text/html"}


@pytest.fixture
def operator(world: Path) -> Iterator[TestClient]:
    """Return an operator at the pages of a copy of the real project, with the real engine."""
    with opened(world) as log, ExitStack() as stack:
        services = Services(
            scope=Scope(PROJECT, "main"),
            log=log,
            engine=CommandEngine(world, "main"),
            clock=HandClock(),
            logs=world / ".freshline/logs",
            address=ADDRESS,
        )
        yield stack.enter_context(somebody(create_app(services), services, Role.OPERATOR))


def fields_of(page: str) -> dict[str, str]:
    """Return what the form of a page would send if nobody touched it."""
    form = page[page.index('<form class="act"') :]
    inputs = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form)
    return {str(name): str(value) for name, value in inputs}


def test_what_a_page_plans_is_what_its_run_does(operator: TestClient) -> None:
    page = operator.get("/materialize?select=finance.budget", headers=HTML).text
    assert "Materialize 1 asset" in page
    fields = {**fields_of(page), "reason": "the budget is due"}
    place = operator.post("/materialize", data=fields).headers["location"]

    told = eventually(
        lambda: operator.get(f"{place}.json").json(),
        lambda seen: seen["began_by"]["outcome"] != "begun",
    )
    assert (told["facts"]["outcome"], told["counts"]) == ("succeeded", {"built": 1})
    assert told["facts"]["actor"] == "local"
    assert told["began_by"]["reason"] == "the budget is due"
    assert told["began_by"]["outcome"] == "done"
    assert "finance.budget" in operator.get(f"{place}/log", headers=HTML).text
    again = operator.post("/materialize", data=fields)
    assert again.headers["location"] == place


def test_a_pause_and_its_end_are_done_and_on_record(operator: TestClient) -> None:
    page = operator.get("/pause?select=marts.daily", headers=HTML).text
    done = operator.post("/pause", data={**fields_of(page), "reason": "the till is being mended"})
    assert done.status_code == 303
    page = operator.get("/resume?select=marts.daily", headers=HTML).text
    assert "the till is being mended" in page
    assert operator.post("/resume", data=fields_of(page)).status_code == 303
    assert operator.get("/resume.json?select=marts.daily").status_code == 422
    kinds = [each["kind"] for each in operator.get("/reconciler.json").json()["asked_for"]]
    assert sorted(kinds) == ["pause", "resume"]


def test_what_the_engine_refuses_comes_back_in_its_words(operator: TestClient) -> None:
    answer = operator.get("/materialize.json?select=marts.dayly")
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert "marts.daily" in error["message"] + error["help"]
