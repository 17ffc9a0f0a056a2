"""A real browser on a real server: each test sees a catalog in whatever guise it asks for.

Chromium comes from the system or from a package of it; where there is none the tests say so and are
skipped, but in CI they fail.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from tests.bench.plain import sql_of_flights
from tests.browser import till
from tests.browser.served import Served, applied, serve
from tests.browser.visit import SECONDS, Visit

# The shell is the same engine without the window around it: a context costs a fifth.
_NAMES = (
    *("chromium-headless-shell", "chrome-headless-shell"),
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
)


class Open(Protocol):
    """Open a page as somebody who is signed in, or as nobody."""

    def __call__(
        self, served: Served, path: str = "/", guise: str = "light", *, signed_in: bool = True
    ) -> Visit: ...


def chromium() -> str | None:
    """Return where a Chromium is, None where there is none."""
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = chromium()
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("there is no Chromium, and in CI there has to be one: see .ci/browser")
        pytest.skip("there is no Chromium on the PATH: install your system's package of it")
    # A machine with much else to do takes longer to get to where it always gets.
    expect.set_options(timeout=SECONDS * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


def copied(project: str, into: Path) -> Path:
    """Copy one of the example projects, without what it has built."""
    if project == "flights":
        return sql_of_flights(into / project)
    there = Path(__file__).parents[2] / "projects" / project
    ignored = shutil.ignore_patterns(".freshline", "views*.duckdb")
    return Path(shutil.copytree(there, into / project, ignore=ignored))


@pytest.fixture(scope="session")
def flights(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The flights project, built and served; tests that change something take one of their own."""
    del browser  # without one there is nothing to build for
    root = copied("flights", tmp_path_factory.mktemp("flights"))
    applied(root)
    with serve(root) as served:
        yield served


@pytest.fixture(scope="session")
def built(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The till, built once: to be copied, and left as it is."""
    del browser
    root = till.write(tmp_path_factory.mktemp("built") / "till")
    applied(root)
    return root


@pytest.fixture
def visit(browser: Browser) -> Iterator[Open]:
    """Open a page; whatever goes wrong in the window fails the test."""
    opened: list[Visit] = []

    def visit(
        served: Served, path: str = "/", guise: str = "light", *, signed_in: bool = True
    ) -> Visit:
        found = Visit(browser, served, guise, signed_in=signed_in)
        opened.append(found)
        if path:
            found.go(path)
        return found

    yield visit
    for each in opened:
        each.close()
    complaints = [complaint for each in opened for complaint in each.complaints]
    assert complaints == []
