"""The pages of automation in a browser: well in every guise, and they follow what is decided."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from tests.browser.conftest import Open
from tests.browser.served import Served
from tests.catalog.conftest import log, path
from tests.catalog.server.conftest import HandClock, clock, engine, services
from tests.catalog.server.listening import listening
from tests.catalog.server.moved import HERE, NOW, QUEUED, leader, moved, tick

from freshline.acts import Change, Incident, Mute, Trouble
from freshline.ticks import Decided, Mover
from freshline_catalog.acts import SqliteActs
from freshline_catalog.automation import SqliteAutomation
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.server.door.sessions import new_link
from freshline_catalog.server.people import Role
from freshline_catalog.server.services import Services

__all__ = ["clock", "engine", "log", "moved", "path", "services"]
PATHS = (
    "/",
    "/incidents",
    "/automation",
    "/automation/ticks",
    "/automation/ticks?mover=sensor&name=landed",
    "/automation/pause?mover=schedule&name=morning",
    f"/automation/withdraw?run={QUEUED}",
    "/assets/marts.daily",
    "/assets?freshness=fails",
)


@pytest.fixture
def catalog(
    browser: Browser,
    services: Services,
    moved: SqliteAutomation,
    log: SqliteEventLog,
    tmp_path: Path,
) -> Iterator[Served]:
    """Return a catalog in which automation was at work, and things went wrong, for an operator."""
    del browser, moved
    trouble(log)
    with listening(services) as served:
        address = f"http://127.0.0.1:{served.port}"
        yield Served(tmp_path, address, address + new_link(served.services, Role.OPERATOR))


def trouble(log: SqliteEventLog) -> None:
    """Open two incidents, one of them of a long name; the other is muted."""
    acts = SqliteActs(log)
    daily = Incident(
        id="i1",
        cause="marts.daily",
        trouble=Trouble.FAILED,
        why="its last attempt failed: the value n/a of the column amount is no number",
        opened=NOW - 4000,
        below=tuple(f"marts.hangs_on_it_{number}" for number in range(30)),
        owner="sales",
    )
    name = "marts." + "a_long_name_" * 8 + "of_an_asset"
    lease = log.acquire(leader())
    both = (daily, replace(daily, id="i2", cause=name, owner="", below=()))
    acts.change(lease, *HERE, [Change(incident=each) for each in both])
    lease.release()
    acts.mute(*HERE, Mute(subject="marts.a*", actor="ben", reason="it is being moved", at=NOW))


@pytest.mark.parametrize("path_of", PATHS)
def test_a_page_is_well_in_the_light_in_the_dark_and_on_a_phone(
    path_of: str, catalog: Served, visit: Open
) -> None:
    found = visit(catalog, "")
    assert found.go(path_of) == 200
    assert found.page.locator("h1").count() == 1
    assert found.violations() == []
    found.page.emulate_media(color_scheme="dark")
    assert found.violations() == []
    found.page.set_viewport_size({"width": 390, "height": 844})
    width = found.page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390, f"the page is {width} px wide on a phone of 390"
    found.page.emulate_media(color_scheme="light")
    assert found.violations() == []


def test_a_schedule_is_paused_and_resumed_with_the_keyboard(
    catalog: Served, visit: Open, moved: SqliteAutomation
) -> None:
    page = visit(catalog, "/automation").page
    page.get_by_role("link", name="Pause morning").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Pause the schedule morning")).to_be_visible()
    page.get_by_label("Reason").fill("the till is being counted")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{catalog.address}/automation")
    row = page.get_by_role("table", name="Schedules").get_by_role("row").filter(has_text="morning")
    expect(row).to_contain_text("the till is being counted")
    assert {halt.name for halt in moved.halts(*HERE)} == {"evening", "morning"}
    row.get_by_role("link", name="Resume morning").click()
    page.get_by_role("button", name="Resume it").click()
    expect(row.get_by_role("link", name="Pause morning")).to_be_visible()


def test_the_page_follows_what_is_decided_elsewhere(
    catalog: Served,
    visit: Open,
    moved: SqliteAutomation,
    log: SqliteEventLog,
    clock: HandClock,
) -> None:
    """A decision, who leads, and that a run is withdrawn; a list of assets is not disturbed."""
    page = visit(catalog, "/automation").page
    other = visit(catalog, "/assets").page
    for each in (page, other):
        expect(each.locator("#live")).to_have_attribute("data-state", "live")
    lease = log.acquire(leader())
    why = "the till has nothing new"
    new = Decided(tick=tick(Mover.SENSOR, "landed", "f3", 0, why), memories={})
    moved.decide(lease, [new])
    expect(page.get_by_text(why).first).to_be_visible()
    expect(page.get_by_text("ada decides on host1")).to_be_visible()
    expect(other.locator("#news")).to_have_count(0)
    queue = page.get_by_role("table", name="What is queued and running")
    expect(queue.get_by_role("row").filter(has_text="and 2 more")).to_have_count(1)
    moved.withdraw(QUEUED, NOW, "ben")
    expect(queue.get_by_role("row").filter(has_text="and 2 more")).to_have_count(0)
