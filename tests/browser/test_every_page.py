"""Every page in every guise: well to the eye of axe, quiet, and light."""

import json

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import Open
from tests.browser.crawling import crawled, faults
from tests.browser.served import Served

TABS = ("columns", "lineage", "runs", "checks", "metrics", "definition", "history")
# RUN stands for the run that built the project.
PATHS = (
    "/",
    "/assets",
    "/assets?q=carrers",
    "/assets?q=nothing+of+that+name",
    "/assets?view=columns&q=delay",
    "/assets/marts.carriers",
    *(f"/assets/marts.carriers/{tab}" for tab in TABS),
    "/assets/marts.carriers/columns?col=flights",
    "/assets/raw.flights",
    "/lineage",
    "/lineage?select=marts.carriers&up=9&down=9",
    "/lineage?select=marts.carriers&view=table",
    "/impact?select=staging.flights",
    "/runs",
    "/runs/RUN",
    "/runs/RUN/log",
    "/checks",
    "/events",
    "/search",
    "/search?q=carriers",
    "/owners",
    "/owners/operations",
    "/groups",
    "/tags",
    "/automation",
    "/automation/ticks",
    "/reconciler",
    "/health",
    "/materialize?select=marts.carriers&force=true",
    "/pause?select=marts.carriers",
    "/api/docs",
)
MISSING = "/assets/there.is.none"
MOST_BYTES = 150 * 1024
# The API has a section for each of its shapes, and a minute is long.
MORE_OF_THE_SAME = ("main > section:nth-of-type(n + 12)", "tbody > tr:nth-child(n + 30)")
# What may differ between light and dark: all else has been looked at in the light.
COLOURS = ("color-contrast", "link-in-text-block")


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_well_in_the_light_in_the_dark_and_on_a_phone(
    path: str, flights: Served, visit: Open
) -> None:
    found = visit(flights, "")
    assert found.go(_named(path, flights)) == 200
    # A first visit: nothing was in the browser before, and all of it came over the wire.
    expect(found.page.locator("#live")).to_have_attribute("data-state", "live")
    weight = sum(found.sizes)
    assert 0 < weight <= MOST_BYTES, f"{weight / 1024:.0f} KiB were sent"
    assert found.page.locator("h1").count() == 1
    assert found.violations(but=MORE_OF_THE_SAME) == []
    found.page.emulate_media(color_scheme="dark")
    assert found.violations(COLOURS, MORE_OF_THE_SAME) == []
    found.page.set_viewport_size({"width": 390, "height": 844})
    width = found.page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390, f"the page is {width} px wide on a phone of 390"
    found.page.emulate_media(color_scheme="light")
    assert found.violations(but=MORE_OF_THE_SAME) == []


@pytest.mark.parametrize("guise", ["light", "narrow"])
def test_what_is_not_there_is_said_well(guise: str, flights: Served, visit: Open) -> None:
    found = visit(flights, "", guise)
    assert found.go(MISSING) == 404
    assert found.violations() == []
    assert found.page.get_by_role("main").get_by_role("link").count() >= 2
    found.forgive("404 (Not Found)")


def test_signing_in_is_a_page_like_the_others(flights: Served, visit: Open) -> None:
    found = visit(flights, "", "narrow", signed_in=False)
    assert found.go("/assets/marts.carriers") == 401
    assert found.page.get_by_label("Link").is_visible()
    assert found.violations() == []
    found.forgive("401 (Unauthorized)")


@pytest.mark.parametrize("path", PATHS)
def test_a_page_can_be_read_without_scripts(path: str, flights: Served, visit: Open) -> None:
    found = visit(flights, _named(path, flights), "no script")
    main = found.page.locator("main")
    assert len(main.inner_text()) > 40
    # What only a script can do is not offered.
    assert found.page.locator("main button[data-copy]:visible").count() == 0


def test_whatever_is_linked_is_there_and_well_formed(flights: Served) -> None:
    pages = crawled(flights)
    assert len(pages) >= 60, "too few pages were found for the crawl to say anything"
    found = [f"{path}: {fault}" for path, page in pages.items() for fault in faults(page)]
    assert not found, "\n".join(found)


def _named(path: str, served: Served) -> str:
    if "RUN" not in path:
        return path
    return path.replace("RUN", json.loads(served.ask("/api/v1/runs").text)["runs"][-1]["run"])
