"""Every page in every guise: well to the eye of axe, quiet, and light."""

import pytest
from tests.browser.conftest import Open
from tests.browser.served import Served
from tests.browser.visit import GUISES

TABS = ("", "/columns", "/lineage", "/runs", "/checks", "/metrics", "/rows", "/definition")
PATHS = (
    "/",
    "/assets",
    "/assets?q=carriers",
    "/assets?q=nothing+of+that+name",
    "/assets?view=columns&q=delay",
    *(f"/assets/marts.carriers{tab}" for tab in (*TABS, "/history")),
    "/assets/marts.carriers/columns?col=flights",
    "/assets/nycflights13.flights",
    "/assets/there.is.none",
    "/lineage",
    "/lineage?select=marts.carriers&up=9&down=9",
    "/lineage?select=marts.carriers&view=table",
    "/impact?select=staging.flights",
    "/impact?select=staging.flights&col=carrier",
    "/runs",
    "/checks",
    "/events",
    "/owners",
    "/owners/operations",
    "/groups",
    "/tags",
    "/reconciler",
    "/health",
    "/materialize?select=marts.carriers&force=1",
    "/api/docs",
)
MOST_BYTES = 150 * 1024


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("guise", [guise for guise in GUISES if guise != "no script"])
def test_a_page_is_well(path: str, guise: str, flights: Served, visit: Open) -> None:
    found = visit(flights, path, guise)
    assert found.violations() == []
    title = found.page.title()
    assert title and found.page.locator("h1").count() == 1
    if guise == "narrow":
        width = found.page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, f"the page is {width} px wide"


@pytest.mark.parametrize("path", PATHS)
def test_a_page_can_be_read_without_scripts(path: str, flights: Served, visit: Open) -> None:
    found = visit(flights, path, "no script")
    assert found.page.locator("main").inner_text().strip()


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_light(path: str, flights: Served, visit: Open) -> None:
    found = visit(flights, "/health")
    sizes: list[int] = []
    found.page.on(
        "requestfinished",
        lambda request: sizes.append(request.sizes()["responseBodySize"]),
    )
    found.page.context.clear_cookies(name="nothing")
    found.go(path)
    found.page.wait_for_load_state("load")
    assert sum(sizes) <= MOST_BYTES
