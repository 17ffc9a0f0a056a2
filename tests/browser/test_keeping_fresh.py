"""`freshline up` as people see it: what it decides shows on the pages, and nobody reloads them."""

import shutil
from pathlib import Path

from playwright.sync_api import Browser, Page, expect
from tests.browser import till
from tests.browser.conftest import Open, copied
from tests.browser.served import applied, run, serve

LONG = 60_000  # milliseconds: as long as anybody would wait for a machine with much else to do
# As the forecast team's function makes it, but from no library that would have to be installed.
FORECAST = """
SELECT DATE '2014-01-01' + i::INTEGER AS flight_date,
    CASE WHEN i = 0 THEN 'New Year''s Day' END AS holiday,
    700 + i AS flights
FROM range(30) AS days(i)
"""


def test_a_new_month_is_dropped_into_the_folder_and_the_marts_follow(
    browser: Browser, tmp_path: Path, visit: Open
) -> None:
    del browser
    root = copied("flights", tmp_path)
    december = max(root.glob("data/flights/*.parquet"))
    kept = december.rename(tmp_path / december.name)
    run(root, "apply", "--yes")
    with serve(root, keeps_fresh=True) as served:
        page = visit(served, "/assets/marts.months").page
        said = page.locator(".answer").first
        expect(said).to_contain_text("there are 11 rows", timeout=LONG)
        _live(page)
        kept.rename(december)
        expect(said).to_contain_text("built", timeout=LONG)
        expect(said).to_contain_text("fresh", timeout=LONG)
        expect(page.get_by_role("note")).to_have_count(0, timeout=LONG)
        rows = page.get_by_role("table", name="Last materializations").get_by_role("row")
        expect(rows.nth(1)).to_contain_text("12")
        assert _stayed(page)
        page.goto(f"{served.address}/assets/marts.worst_days")
        expect(rows.nth(1)).to_contain_text("marts.days")
        expect(page.locator(".refreshed")).to_contain_text("succeeded", timeout=LONG)


def test_what_one_team_publishes_moves_the_other_and_its_sensor_says_why(
    browser: Browser, tmp_path: Path, visit: Open
) -> None:
    del browser
    theirs, ours = copied("two_teams", tmp_path), copied("staffing", tmp_path)
    forecast = theirs / "assets/forecast"
    (forecast / "next_year.py").unlink()
    (forecast / "next_year.sql").write_text(FORECAST)
    shutil.rmtree(theirs / "assets/calendar")
    (theirs / "freshline.yaml").write_text("project: two_teams\n")
    sensor = ours / "sensors/forecast.yaml"
    sensor.write_text(sensor.read_text().replace("every: 10s", "every: 1s"))
    applied(theirs)
    applied(ours)
    with serve(ours, keeps_fresh=True) as served:
        page = visit(served, "/automation/ticks?mover=sensor&name=forecast_is_out").page
        awaited = page.get_by_role("table", name="What the sensor waits for")
        expect(awaited).to_contain_text("forecast.quiet_days", timeout=LONG)
        expect(awaited).to_contain_text("nothing yet")
        _live(page)
        quiet = forecast / "quiet_days.sql"
        quiet.write_text(quiet.read_text().replace("LIMIT 10", "LIMIT 12"))
        assert run(theirs, "apply", "--yes").returncode == 0
        expect(awaited).to_contain_text("consumed", timeout=LONG)
        fired = page.locator(".mover")
        expect(fired).to_contain_text("forecast.quiet_days (flight_date, flights)")
        assert _stayed(page)
        page.goto(f"{served.address}/assets/plans.days_off")
        builds = page.get_by_role("table", name="Last materializations")
        expect(builds.get_by_role("row")).to_have_count(3, timeout=LONG)
        expect(builds.get_by_role("row").nth(1)).to_contain_text("forecast.quiet_days")
        asked = page.locator(".refreshed")
        expect(asked).to_contain_text("succeeded", timeout=LONG)


def test_what_fails_is_an_incident_that_is_muted_and_closed_when_it_is_mended(
    built: Path, tmp_path: Path, visit: Open
) -> None:
    root = shutil.copytree(built, tmp_path / "till")
    with serve(root, keeps_fresh=True) as served:
        found = visit(served, "/")
        page = found.page
        expect(page.get_by_role("heading", name="Needs attention")).to_be_visible(timeout=LONG)
        _live(page)
        till.order(root, "4,7,the day after")
        incidents = page.get_by_role("table", name="Incidents that are open")
        expect(incidents).to_contain_text("the day after", timeout=LONG)
        expect(incidents.get_by_role("row").nth(1)).to_contain_text("2 assets")
        assert found.violations() == []
        assert _stayed(page)

        incidents.get_by_role("link", name="staging.orders").click()
        trouble = page.get_by_role("note").filter(has_text="In trouble:")
        trouble.get_by_text("Mute it").click()
        trouble.get_by_label("because").fill("the till is being mended")
        trouble.get_by_role("button", name="Mute").click()
        expect(page.get_by_role("note").filter(has_text="Muted")).to_contain_text("being mended")
        page.goto(f"{served.address}/")
        expect(incidents.get_by_role("row").nth(1)).to_contain_text("muted")
        _live(page)
        orders = root / "data/orders.csv"
        orders.write_text(orders.read_text().replace("the day after", "2026-01-03"))
        expect(incidents).to_have_count(0, timeout=LONG)
        assert _stayed(page)

        settings = root / "freshline.yaml"
        good = settings.read_text()
        settings.write_text("project: [till\n")
        banner = page.get_by_role("note").filter(has_text="The project cannot be read")
        expect(banner).to_contain_text("What could be read last is in force", timeout=LONG)
        expect(banner).to_contain_text("freshline.yaml")
        assert found.violations() == []
        settings.write_text(good)
        expect(banner).to_have_count(0, timeout=LONG)
        assert _stayed(page)
        page.goto(f"{served.address}/incidents")
        closed = page.get_by_role("table", name="Incidents that were closed last")
        expect(closed).to_contain_text("staging.orders")


def _live(page: Page) -> None:
    """Wait until the page hears of what happens, and leave a mark that a reload would take away."""
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    page.evaluate("window.stayed = true")


def _stayed(page: Page) -> bool:
    return bool(page.evaluate("window.stayed === true"))
