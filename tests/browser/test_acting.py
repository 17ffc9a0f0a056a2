"""Journeys of people who have something done, and of those who watch what others do."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser import till
from tests.browser.conftest import Open
from tests.browser.served import Served, applied, run, serve

SOON = 30_000  # milliseconds for what a process of its own does on a busy machine


@pytest.fixture
def shop(built: Path, tmp_path: Path) -> Iterator[Served]:
    """The till, built and served, to do anything with."""
    with serve(shutil.copytree(built, tmp_path / "till")) as served:
        yield served


def chip(page: Page, word: str) -> None:
    """Wait until the heading says how the asset or the run is."""
    expect(page.locator(".head").first.locator(".chip", has_text=word).first).to_be_visible(
        timeout=SOON
    )


def live(page: Page) -> None:
    """Wait until the page hears what happens."""
    expect(page.locator("#live")).to_have_attribute("data-state", "live")


def test_the_first_look_at_an_empty_project(browser: Browser, tmp_path: Path, visit: Open) -> None:
    del browser
    root = tmp_path / "new"
    root.mkdir()
    (root / "freshline.yaml").write_text("project: new\n")
    with serve(root) as served:
        found = visit(served, "", signed_in=False)
        assert found.page.goto(served.link) is not None
        steps = found.page.locator("ol.steps > li")
        expect(steps).to_have_count(3)
        assert found.violations() == []
        # The same link lets nobody else in.
        other = visit(served, "", signed_in=False)
        answer = other.page.goto(served.link)
        assert answer is not None and answer.status == 401
        expect(other.page.get_by_text("This link does not sign you in.")).to_be_visible()
        other.forgive("401 (Unauthorized)")
        # What is declared from now on shows without a reload.
        live(found.page)
        till.write(root, **{"freshline.yaml": "project: new\nowners: {sales: {}}\n"})
        expect(found.page.get_by_role("heading", name="Needs attention")).to_be_visible(
            timeout=SOON
        )


def test_what_is_materialized_is_exactly_what_was_shown(shop: Served, visit: Open) -> None:
    till.order(shop.root, "4,7,2026-01-02")
    page = visit(shop, "/assets/marts.daily").page
    page.get_by_role("link", name="Materialize…").click()
    table = page.get_by_role("table", name="What would be done")
    expect(table.get_by_role("rowheader")).to_have_text(["staging.orders", "marts.daily"])
    page.get_by_label("Reason").fill("the day is closed")
    page.get_by_role("button", name="Materialize 2 assets").click()
    expect(page).to_have_url(re.compile("/runs/"))
    # The page of the run turns green by itself.
    chip(page, "succeeded")
    expect(page.locator(".lead")).to_contain_text("the day is closed")
    steps = page.get_by_role("table", name="Steps in the order in which they began")
    expect(steps.get_by_role("row").filter(has_text="marts.daily")).to_contain_text("2")
    page.goto(f"{shop.address}/reconciler")
    asked = page.get_by_role("main").get_by_text("local asked to materialize")
    expect(asked).to_contain_text("the day is closed")


def test_a_plan_that_is_another_by_now_is_shown_and_not_begun(shop: Served, visit: Open) -> None:
    till.order(shop.root, "4,7,2026-01-02")
    found = visit(shop, "/materialize?select=staging.orders")
    page = found.page
    till.write(
        shop.root,
        **{"assets/staging/orders.sql": "SELECT order_id, amount, day FROM raw.orders\n"},
    )
    page.get_by_role("button", name="Materialize 1 asset").click()
    expect(page.get_by_text("The plan has changed.")).to_be_visible()
    expect(page).not_to_have_url(re.compile("/runs/"))
    found.forgive("409 (Conflict)")


def test_what_happens_in_another_terminal_shows_by_itself(shop: Served, visit: Open) -> None:
    page = visit(shop, "/assets/marts.daily").page
    live(page)
    page.evaluate("window.isTheSamePage = true")
    versions = page.get_by_role("table", name="Last materializations").locator("tbody tr")
    expect(versions).to_have_count(1)
    page.set_viewport_size({"width": 1280, "height": 500})
    link = page.get_by_role("link", name="revenue")
    link.focus()
    page.mouse.wheel(0, 200)
    before = page.evaluate("scrollY")
    till.order(shop.root, "4,7,2026-01-02")
    done = shop.freshline("apply", "--yes")
    assert done.returncode == 0, done.stderr
    expect(versions).to_have_count(2)
    assert page.evaluate("window.isTheSamePage") is True
    expect(link).to_be_focused()
    assert before > 0 and page.evaluate("scrollY") >= before


def test_an_asset_is_paused_and_resumed(shop: Served, visit: Open) -> None:
    page = visit(shop, "/assets/marts.daily").page
    page.get_by_role("link", name="Pause").click()
    page.get_by_role("button", name="Pause it").click()
    # Nobody is paused without a reason.
    assert page.get_by_label("Reason").evaluate("field => field.validity.valueMissing")
    page.get_by_label("Reason").fill("the till is mended")
    page.get_by_role("button", name="Pause it").click()
    expect(page).to_have_url(re.compile("/assets/marts.daily$"))
    expect(page.locator(".answer").first).to_contain_text("paused", timeout=SOON)
    expect(page.locator(".answer").first).to_contain_text("by local")
    expect(page.locator(".answer").first).to_contain_text("the till is mended")
    page.get_by_role("link", name="Resume").click()
    page.get_by_role("button", name="Resume it").click()
    expect(page.locator(".answer").first).to_contain_text("fresh", timeout=SOON)
    page.goto(f"{shop.address}/assets/marts.daily/history?only=care")
    expect(page.locator("ol.history")).to_contain_text("the till is mended")


def test_a_rollback_pins_until_it_is_unpinned(shop: Served, visit: Open) -> None:
    till.order(shop.root, "4,7,2026-01-02")
    applied(shop.root)
    page = visit(shop, "/assets/marts.daily/runs").page
    page.get_by_role("link", name="roll back…").click()
    page.get_by_label("Reason").fill("the new order was a test")
    page.get_by_role("button", name="Roll back to version 1").click()
    expect(page).to_have_url(re.compile(r"/assets/marts\.daily"), timeout=SOON)
    shop.freshline("catalog", "survey")
    page.goto(f"{shop.address}/assets/marts.daily")
    expect(page.locator(".answer").first).to_contain_text("pinned", timeout=SOON)
    expect(page.locator(".answer").first).to_contain_text("the new order was a test")
    page.get_by_role("link", name="Unpin").click()
    page.get_by_role("button", name="Unpin it").click()
    expect(page.locator(".answer").first).not_to_contain_text("pinned", timeout=SOON)
    applied(shop.root)
    expect(page.locator(".answer").first).to_contain_text("fresh", timeout=SOON)


def test_a_failing_check_is_accepted_as_it_is(shop: Served, visit: Open) -> None:
    till.order(shop.root, "4,700,2026-01-02")
    assert shop.freshline("apply", "--yes").returncode == 1
    page = visit(shop).page
    row = page.get_by_role("table", name="Assets that are not well").get_by_role("row")
    row.filter(has_text="small_amounts").get_by_role("link", name="staging.orders").click()
    page.get_by_role("navigation", name="Pages of this asset").get_by_text("Checks").click()
    check = page.locator("article.check", has_text="small_amounts")
    expect(check).to_contain_text("700")
    check.get_by_role("link", name="accept…").click()
    page.get_by_label("Reason").fill("somebody did buy a piano")
    page.get_by_role("button", name="Accept it as it is").click()
    done = shop.freshline("apply", "--yes")
    assert done.returncode == 0, done.stdout
    page.goto(f"{shop.address}/assets/staging.orders/checks")
    expect(page.locator("article.check", has_text="small_amounts")).to_contain_text(
        "somebody did buy a piano"
    )


def test_a_run_that_takes_too_long_is_cancelled(shop: Served, visit: Open) -> None:
    pairs = "range(1000000) a, range(1000000) b WHERE a.range * b.range % 7 = 3"
    till.write(shop.root, **{"assets/marts/long.sql": f"SELECT count(*) AS n FROM {pairs}\n"})
    page = visit(shop, "/materialize?select=marts.long").page
    page.get_by_role("button", name="Materialize 1 asset").click()
    chip(page, "running")
    page.get_by_role("link", name="Cancel…").click()
    page.get_by_label("Reason").fill("it would take a year")
    page.get_by_role("button", name="Cancel the run").click()
    expect(page).to_have_url(re.compile("/runs/"))
    chip(page, "cancelled")
    expect(page.get_by_role("note").first).to_contain_text("it would take a year")


def test_columns_that_go_are_told_as_a_break(shop: Served, visit: Open) -> None:
    text = till.FILES["assets/marts/daily.sql"].replace("count(*) AS orders", "0.5 AS share")
    till.write(shop.root, **{"assets/marts/daily.sql": text})
    applied(shop.root)
    found = visit(shop, "/assets/marts.daily/history")
    change = found.page.locator("ol.history > li").filter(has_text="breaking").first
    expect(change.locator(".column-changes")).to_contain_text("orders")
    expect(change.locator(".column-changes")).to_contain_text("share")
    assert found.violations() == []


def test_everything_can_be_done_without_scripts(shop: Served, visit: Open) -> None:
    till.order(shop.root, "4,7,2026-01-02")
    page = visit(shop, "/assets/marts.daily", "no script").page
    page.get_by_role("link", name="Materialize…").click()
    page.get_by_role("button", name=re.compile("Materialize 2 assets")).click()
    expect(page).to_have_url(re.compile("/runs/"))
    for _ in range(100):
        if page.locator(".head .chip", has_text="succeeded").count():
            break
        run(shop.root, "status")  # as long as a look at the project takes
        page.reload()
    chip(page, "succeeded")
