"""Requests that come twice: the second gets the answer of the first, and nothing is done twice."""

import threading
from typing import Annotated

import pytest
from fastapi import Body, FastAPI
from starlette.testclient import TestClient
from tests.catalog.server.conftest import HandClock, Served, somebody

from freshline.errors import BusyError
from freshline_catalog.server.access import needs
from freshline_catalog.server.door.sessions import new_link
from freshline_catalog.server.people import Role
from freshline_catalog.server.repeats import HEADER, KEPT, REPLAYED
from freshline_catalog.server.services import Services

COUNT = "/api/v1/count"


class Counter:
    """A route that counts how often it was really asked."""

    def __init__(self, app: FastAPI) -> None:
        self.count = 0
        self.error: Exception | None = None
        self.hold: threading.Event | None = None
        self.begun = threading.Event()
        app.post(COUNT, openapi_extra=needs(Role.VIEWER))(self.ask)

    def ask(self, text: Annotated[str, Body(embed=True)] = "") -> dict[str, int]:
        self.count += 1
        self.begun.set()
        if self.hold is not None:
            self.hold.wait(10)
        if self.error is not None:
            raise self.error
        return {"count": self.count}


@pytest.fixture
def counter(app: FastAPI) -> Counter:
    return Counter(app)


@pytest.fixture
def operator(counter: Counter, app: FastAPI, services: Services) -> TestClient:
    return somebody(app, services, Role.OPERATOR)


def ask(client: TestClient, key: str = "k1", text: str = "a") -> tuple[int, object, str | None]:
    answer = client.post(COUNT, json={"text": text}, headers={HEADER: key})
    return answer.status_code, answer.json(), answer.headers.get(REPLAYED)


def test_the_same_request_with_the_same_key_is_done_once(
    operator: TestClient, counter: Counter
) -> None:
    assert ask(operator) == (200, {"count": 1}, None)
    assert ask(operator) == (200, {"count": 1}, "true")
    assert ask(operator, key="k2") == (200, {"count": 2}, None)
    assert counter.count == 2


def test_without_a_key_every_request_is_done(operator: TestClient, counter: Counter) -> None:
    for _ in range(2):
        assert operator.post(COUNT, json={}).status_code == 200
    assert counter.count == 2


def test_the_same_key_with_another_request_is_refused(
    operator: TestClient, counter: Counter
) -> None:
    ask(operator)
    status, answer, _ = ask(operator, text="b")
    assert status == 409
    assert isinstance(answer, dict)
    assert answer["error"]["code"] == "F710"
    assert counter.count == 1


def test_a_key_is_of_who_uses_it(
    operator: TestClient, counter: Counter, app: FastAPI, services: Services
) -> None:
    ask(operator)
    other = somebody(app, services, None)
    other.get(new_link(services, Role.VIEWER, "mara"))
    assert ask(other) == (200, {"count": 2}, None)


def test_after_a_refusal_the_key_can_be_used_again(operator: TestClient, counter: Counter) -> None:
    counter.error = BusyError("somebody else is at it")
    assert ask(operator)[0] == 409
    counter.error = None
    assert ask(operator) == (200, {"count": 2}, None)


def test_after_a_failure_of_ours_nobody_knows_and_the_key_stays_taken(
    operator: TestClient, counter: Counter
) -> None:
    counter.error = ValueError("half way")
    assert ask(operator)[0] == 500
    counter.error = None
    status, answer, _ = ask(operator)
    assert status == 409
    assert isinstance(answer, dict)
    assert "its end is not on record" in answer["error"]["message"]
    assert counter.count == 1


def test_while_the_first_is_under_way_the_second_does_nothing(
    operator: TestClient, counter: Counter, app: FastAPI, services: Services
) -> None:
    second = somebody(app, services, Role.OPERATOR)
    counter.hold = threading.Event()
    first = threading.Thread(target=ask, args=(operator,))
    first.start()
    try:
        assert counter.begun.wait(10)
        assert ask(second)[0] == 409
    finally:
        counter.hold.set()
        first.join()
    assert ask(second) == (200, {"count": 1}, "true")
    assert counter.count == 1


@pytest.mark.parametrize(("after", "count"), [(KEPT - 1, 1), (KEPT + 1, 2)])
def test_keys_are_kept_for_a_day(
    after: float,
    count: int,
    operator: TestClient,
    counter: Counter,
    clock: HandClock,
    services: Services,
) -> None:
    ask(operator)
    clock.at += after
    operator.get(new_link(services))
    assert ask(operator)[1] == {"count": count}


@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb", "\u00e9"], ids=repr)
def test_a_key_that_is_none_is_refused(key: str, operator: TestClient, counter: Counter) -> None:
    headers = {HEADER.encode(): key.encode()}
    answer = operator.post(COUNT, json={}, headers=headers)
    assert answer.status_code == 422
    assert counter.count == 0


def test_a_key_of_something_that_is_not_there_is_free_again(client: Served) -> None:
    operator = client()
    for _ in range(2):
        headers = {HEADER: "k"}
        answer = operator.post(
            "/api/v1/consumers/nobody/ack", json={"sequence": 0}, headers=headers
        )
        assert answer.status_code == 404
