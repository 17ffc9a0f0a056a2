"""The catalog as a folder, in a real browser that opens it from disk: no server, no complaint."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from tests.bench.plain import sql_of_flights
from tests.browser.served import Served, run
from tests.browser.visit import GUISES, Visit

TABS = ("index", "columns", "lineage", "runs", "checks", "metrics", "definition", "history")
FILES = (
    "index.html",
    "assets/index.html",
    *(f"assets/marts.carriers/{tab}.html" for tab in TABS),
    "assets/staging.flights/impact.html",
    "lineage/index.html",
    "runs/index.html",
    "checks/index.html",
    "owners/index.html",
    "owners/operations/index.html",
    "groups/index.html",
    "tags/index.html",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the flights project as a folder; no server is there, nor was."""
    root, folder = (tmp_path_factory.mktemp("docs") / name for name in ("flights", "docs"))
    sql_of_flights(root)
    for words in (("apply", "--yes"), ("docs", str(folder))):
        done = run(root, *words)
        assert done.returncode == 0, done.stderr
    return folder


def visited(browser: Browser, folder: Path, guise: str) -> Visit:
    """Return a window that may read the folder and nothing else."""
    there = Served(folder, f"{folder.as_uri()}/", "")
    return Visit(browser, there, guise, signed_in=False)


@pytest.fixture(params=[guise for guise in GUISES if guise != "no script"])
def opened(request: pytest.FixtureRequest, browser: Browser, folder: Path) -> Iterator[Visit]:
    """A window in every guise; what goes wrong in it fails the test."""
    visit = visited(browser, folder, request.param)
    yield visit
    visit.close()
    assert visit.complaints == []


@pytest.mark.parametrize("file", FILES)
def test_a_file_is_well(file: str, opened: Visit) -> None:
    opened.go(file)
    before = list(opened.complaints)
    assert opened.violations() == []
    opened.complaints[:] = before  # axe asks for the style sheets once more, which it may not
    assert opened.page.locator("h1").count() == 1
    assert opened.page.evaluate("document.fonts.ready.then(f => [...f].map(x => x.status))") == [
        "loaded"
    ]
    wide = opened.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the page is {wide} px too wide"


def test_the_list_narrows_while_one_types(opened: Visit) -> None:
    opened.go("assets/index.html")
    rows = opened.page.locator("main tbody tr:visible")
    assert rows.count() == 23
    opened.page.get_by_label("Narrow the list").fill("CARRIERS operations")
    assert rows.count() == 0
    opened.page.get_by_label("Narrow the list").fill("carriers")
    assert rows.count() == 2
    assert opened.page.locator("[data-still-count]").inner_text() == "2 of 23"


def test_a_picture_is_moved_in_and_leads_on(browser: Browser, folder: Path) -> None:
    visit = visited(browser, folder, "light")
    visit.go("lineage/index.html")
    before = visit.page.locator("svg.lineage").first.get_attribute("viewBox")
    visit.page.get_by_role("button", name="Zoom in").click()
    assert visit.page.locator("svg.lineage").first.get_attribute("viewBox") != before
    visit.page.locator('[data-key="marts.carriers"]').press("f")  # would ask a server
    visit.page.locator('[data-key="marts.carriers"]').press("Enter")
    visit.page.wait_for_url("**/assets/marts.carriers/index.html")
    visit.close()
    assert visit.complaints == []


def test_without_scripts_it_is_a_plain_list(browser: Browser, folder: Path) -> None:
    visit = visited(browser, folder, "no script")
    visit.go("assets/index.html")
    assert visit.page.locator("main tbody tr:visible").count() == 23
    assert visit.page.get_by_label("Narrow the list").is_hidden()
    visit.close()
    assert visit.complaints == []
