"""A real browser on a real server: each test sees a catalog in whatever guise it asks for.

Chromium comes from the system or from a package of it; where there is none the tests say so and are
skipped, but in CI they fail.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from tests.browser.served import Served, serve
from tests.browser.visit import GUISES, Visit

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
]
Open = Callable[..., Visit]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("there is no Chromium, and in CI there has to be one")
        pytest.skip("there is no Chromium on the PATH: install your system's package of it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def flights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The flights project, built and served; tests that change it take one of their own."""
    root = tmp_path_factory.mktemp("flights") / "flights"
    there = Path(__file__).parents[2] / "projects/flights"
    ignored = shutil.ignore_patterns(".freshline", "views*.duckdb")
    shutil.copytree(there, root, ignore=ignored)
    with serve(root, apply=True) as served:
        yield served


@pytest.fixture
def visit(browser: Browser) -> Iterator[Open]:
    """Open a page as somebody signed in; whatever goes wrong in the window fails the test."""
    opened: list[Visit] = []

    def visit(served: Served, path: str = "/", guise: str = "light", role: str = "") -> Visit:
        context = browser.new_context(**GUISES[guise])
        found = Visit(context, served.address)
        opened.append(found)
        found.page.goto(served.link(role))
        found.go(path)
        return found

    yield visit
    for each in opened:
        each.close()
    for each in opened:
        assert each.complaints == []
