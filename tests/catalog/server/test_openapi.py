"""The API is what it says it is, and nothing that anybody sends makes it fail."""

import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis import checks as any_server
from schemathesis.specs.openapi import checks as described_server
from starlette.testclient import TestClient
from tests.catalog.server.conftest import (
    ADDRESS,
    ORIGIN,
    HandClock,
    IdleEngine,
    Served,
    somebody,
)
from tests.catalog.server.routes import ENDLESS, ROUTES
from tests.catalog.server.world import ENVIRONMENT, PROJECT, opened

from freshline_catalog.server.api.description import described, document
from freshline_catalog.server.app import create_app
from freshline_catalog.server.people import Role
from freshline_catalog.server.services import Scope, Services

# A parameter that may hold slashes is to the description a parameter like others.
OPERATIONS = [
    line.replace(":path}", "}")
    for line in ROUTES
    if " /api/v1/" in line and line not in ENDLESS and not line.endswith("openapi.json")
]
# The library leaves the type of what a body may be open.
CHECKS: list[Any] = [
    vars(any_server)["not_a_server_error"],
    vars(described_server)["status_code_conformance"],
    vars(described_server)["content_type_conformance"],
    vars(described_server)["response_headers_conformance"],
    vars(described_server)["response_schema_conformance"],
]
FEW = 12


@pytest.fixture
def viewer(client: Served) -> TestClient:
    return client(Role.VIEWER)


class Standing(NamedTuple):
    """A server over a real project, and who may ask it anything; made once for all tests here."""

    app: FastAPI
    description: dict[str, Any]
    cookies: dict[str, str]
    run: str


@pytest.fixture(scope="module")
def standing(made_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    root = shutil.copytree(made_world, tmp_path_factory.mktemp("standing") / "shop")
    with opened(root) as log:
        services = Services(
            scope=Scope(PROJECT, ENVIRONMENT),
            log=log,
            engine=IdleEngine(),
            clock=HandClock(log.latest(limit=1)[0].event.at),
            logs=root / ".freshline/logs",
            address=ADDRESS,
        )
        app = create_app(services)
        operator = somebody(app, services, Role.OPERATOR)
        operator.put("/api/v1/consumers/reports", json={"position": 1})
        run = log.runs(PROJECT)[0].event.run
        yield Standing(app, document(app), dict(operator.cookies), run)


@pytest.fixture
def paths(standing: Standing) -> Mapping[str, Mapping[str, Any]]:
    found: Mapping[str, Mapping[str, Any]] = standing.description["paths"]
    return found


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=str)
@pytest.mark.parametrize("line", OPERATIONS)
def test_whatever_is_sent_is_answered_as_the_description_says(
    line: str, mode: GenerationMode, standing: Standing
) -> None:
    method, _, path = line.partition(" ")
    schema: Any = schemathesis.openapi.from_dict(standing.description)
    schema.app = standing.app
    operation: Any = schema[path][method]
    there = {"key": "marts.daily", "run": standing.run, "name": "reports"}

    @settings(
        max_examples=FEW,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(case=operation.as_strategy(generation_mode=mode), is_there=st.booleans())
    def asked(case: Any, is_there: bool) -> None:
        _wait_for_nothing(case)
        given: dict[str, Any] = case.path_parameters or {}
        if is_there:  # what is made up is seldom there
            given.update({name: there[name] for name in given if name in there})
        headers = {"Sec-Fetch-Site": "same-origin"}
        answer = case.call(base_url=ORIGIN, cookies=standing.cookies, headers=headers)
        case.validate_response(answer, checks=CHECKS)

    asked()


def _wait_for_nothing(case: Any) -> None:
    """Waiting is tested elsewhere."""
    query: dict[str, Any] = case.query or {}
    try:
        is_long = 0 < float(str(query.get("wait"))) <= 30
    except ValueError:
        return
    if is_long:
        query["wait"] = 0


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(path=st.text(max_size=60), query=st.text(max_size=60))
def test_no_address_makes_the_server_fail(path: str, query: str, viewer: TestClient) -> None:
    for room in ("", "events", "api/v1/events", "api/v1/consumers/"):
        assert viewer.get(f"/{room}{quote(path)}?{quote(query, safe='=&')}").status_code < 500


def test_every_operation_has_a_name_of_its_own_and_a_sentence(
    paths: Mapping[str, Mapping[str, Any]],
) -> None:
    operations = [said for methods in paths.values() for said in methods.values()]
    names = [said["operationId"] for said in operations]
    assert len(set(names)) == len(names)
    for said in operations:
        assert re.fullmatch(r"[A-Z`].*\.", said["summary"]), said["operationId"]


def test_every_operation_says_who_may_and_how_it_refuses(
    paths: Mapping[str, Mapping[str, Any]],
) -> None:
    for path, methods in paths.items():
        for method, said in methods.items():
            assert said["x-freshline-role"] in [*Role], path
            answers = said["responses"]
            assert {"401", "403", "421", "422", "429"} <= set(answers), (path, method)
            for status, answer in answers.items():
                if status[0] in "45":
                    schema = answer["content"]["application/json"]["schema"]
                    assert schema == {"$ref": "#/components/schemas/Refusal"}, (path, status)


def test_every_parameter_says_what_it_is_for(paths: Mapping[str, Mapping[str, Any]]) -> None:
    silent = [
        f"{path}: {parameter['name']}"
        for path, methods in paths.items()
        for said in methods.values()
        for parameter in said.get("parameters", ())
        if not parameter.get("description")
    ]
    assert silent == []


def test_whatever_is_done_once_under_a_key_says_so(
    paths: Mapping[str, Mapping[str, Any]],
) -> None:
    for path, methods in paths.items():
        for method, said in methods.items():
            named = {parameter["name"] for parameter in said.get("parameters", ())}
            assert ("Idempotency-Key" in named) is (method == "post"), path


def test_every_route_of_the_api_is_described(paths: Mapping[str, Mapping[str, Any]]) -> None:
    told = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    assert told == {*OPERATIONS, *ENDLESS}


def test_no_reference_leads_nowhere(standing: Standing) -> None:
    whole = standing.description
    assert "#/views/" not in str(whole)
    known = {f"#/components/schemas/{name}" for name in whole["components"]["schemas"]}
    assert set(re.findall(r"#/components/schemas/\w+", str(whole))) <= known
    assert not [name for name in known if "Validation" in name]


def test_it_is_the_same_however_often_it_is_asked_for(client: Served) -> None:
    viewer = client(Role.VIEWER)
    texts = {viewer.get("/api/v1/openapi.json").text for _ in range(3)}
    assert len(texts) == 1


def test_the_page_tells_people_the_same(client: Served, app: FastAPI) -> None:
    page = client(Role.VIEWER).get("/api/docs").text
    told = described(document(app))
    for operation in told.operations:
        assert f'id="{operation.name}"' in page
        assert operation.path in page
        for parameter in operation.parameters:
            assert parameter.description.partition("'")[0][:20] in page
    for shape in told.shapes:
        assert f'id="shape-{shape.name}"' in page
    assert "http://" not in page.replace("http://www.w3.org/", "")
    assert "https://" not in page
