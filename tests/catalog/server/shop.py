"""The small real project behind a server: one for all tests of a module, to be read only."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.catalog.server.conftest import ADDRESS, HandClock, IdleEngine, somebody
from tests.catalog.server.html import Element, parsed
from tests.catalog.server.world import PROJECT, opened

from freshline_catalog.server.app import create_app
from freshline_catalog.server.people import Role
from freshline_catalog.server.services import Scope, Services

LATER = 7200.0  # after the last thing that happened


@pytest.fixture(scope="module")
def shop(made_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Return an operator who looks at the project two hours after all was done."""
    root = shutil.copytree(made_world, tmp_path_factory.mktemp("shop") / PROJECT)
    with opened(root) as log:
        last = log.latest(1)[0].event.at
        services = Services(
            scope=Scope(PROJECT, "main"),
            log=log,
            engine=IdleEngine(),
            clock=HandClock(last + LATER),
            logs=root / ".freshline/logs",
            address=ADDRESS,
            version="0",
        )
        with somebody(create_app(services), services, Role.OPERATOR) as client:
            yield client


def page(client: TestClient, path: str, status: int = 200) -> Element:
    """Return a page that somebody asks for."""
    answer = client.get(path)
    assert answer.status_code == status, answer.text[:500]
    return parsed(answer.text)
