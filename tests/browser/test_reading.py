"""Journeys of people who look for something and change nothing."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from tests.browser.conftest import Open
from tests.browser.served import Served, serve
from tests.catalog.server.world import made_world

__all__ = ["made_world"]


@pytest.fixture(scope="module")
def shop(browser: Browser, made_world: Path) -> Iterator[Served]:
    """A project with assets in every state, to look at and to leave as it is."""
    del browser
    with serve(made_world) as served:
        yield served


def test_a_typo_is_forgiven_and_says_so(shop: Served, visit: Open) -> None:
    page = visit(shop).page
    page.get_by_role("search").get_by_label("Search assets and columns").fill("custmoer")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/assets\?q=custmoer"))
    expect(page.get_by_text("close match", exact=False).first).to_be_visible()
    rows = page.get_by_role("table", name="Assets").get_by_role("rowheader")
    expect(rows.first).to_contain_text("customers")
    expect(rows.first.locator("mark").first).to_be_visible()


def test_a_column_is_found_and_its_row_is_shown(shop: Served, visit: Open) -> None:
    page = visit(shop, "/assets?q=column:revenue").page
    main = page.get_by_role("main")
    main.get_by_role("link", name=re.compile("^Columns")).click()
    cell = (
        page.get_by_role("table", name="Columns").get_by_role("row").filter(has_text="marts.daily")
    )
    cell.get_by_role("link", name="revenue").click()
    expect(page).to_have_url(re.compile(r"/assets/marts\.daily/columns\?col=revenue"))
    expect(page.locator("tr.is-chosen")).to_contain_text("revenue")
    expect(page.get_by_role("complementary", name="revenue")).to_be_visible()


def test_filters_stay_in_the_address_through_back_and_reload(shop: Served, visit: Open) -> None:
    page = visit(shop, "/assets").page
    filters = page.get_by_role("complementary", name="Filters")

    def count() -> int:
        return page.get_by_role("table", name="Assets").locator("tbody tr").count()

    every = count()
    owned = filters.locator("a", has_text="finance")
    said = int(owned.first.locator(".number").inner_text())
    owned.first.click()
    expect(page).to_have_url(re.compile("owner=finance|group=finance"))
    assert count() == said < every
    stale = filters.locator("a", has_text="stale").first
    stale.click()
    expect(page).to_have_url(re.compile("status="))
    both, narrowed = page.url, count()
    assert 0 < narrowed < said
    page.reload()
    assert (page.url, count()) == (both, narrowed)
    page.go_back()
    expect(page).not_to_have_url(re.compile("status="))
    assert count() == said
    page.go_forward()
    expect(page).to_have_url(both)
    assert count() == narrowed
    # What is chosen is taken back by the same link.
    page.get_by_role("complementary", name="Filters").locator("a[aria-current]").first.click()
    expect(page).not_to_have_url(both)
    assert count() > narrowed


def test_a_failure_is_followed_from_home_to_the_line_of_the_log(shop: Served, visit: Open) -> None:
    page = visit(shop).page
    table = page.get_by_role("table", name="Assets that are not well")
    row = table.get_by_role("row").filter(has_text="marts.ratio")
    expect(row).to_contain_text("failed")
    row.get_by_role("link", name="marts.ratio").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("marts.ratio")
    freshness = page.locator(".answer").first
    expect(freshness).to_contain_text("The last attempt failed")
    freshness.get_by_role("link").first.click()
    card = (
        page.get_by_role("region", name="What failed")
        .locator(".failure")
        .filter(has_text="marts.ratio")
    )
    expect(card).to_contain_text("none of")
    card.get_by_role("link", name=re.compile(r"line \d+ of the log")).click()
    line = page.locator(".log-line:target")
    expect(line).to_contain_text("marts.ratio")


def test_a_viewer_is_offered_nothing_and_refused_everything(made_world: Path, visit: Open) -> None:
    with serve(made_world, read_only=True) as viewer:
        found = visit(viewer, "/assets/marts.daily")
        expect(found.page.locator(".who")).to_have_attribute("title", re.compile("viewer"))
        assert found.page.locator("main .actions a, main .actions button").count() == 0
        for kind in ("materialize", "pause", "unpin", "rollback", "accept", "cancel"):
            body = "id=0123456789abcdef&select=marts.daily&reason=x&number=1&check=x&run=x&plan=x"
            assert viewer.ask(f"/{kind}", "POST", body).status == 403, kind
            assert found.go(f"/{kind}?select=marts.daily&number=1&check=x&run=x") == 403, kind
        found.forgive("403 (Forbidden)")


def test_a_column_is_traced_over_three_hops(shop: Served, visit: Open) -> None:
    page = visit(shop, "/assets/finance.forecast/columns?col=next").page
    trace = page.get_by_role("complementary", name="next").locator("ol.trace").first
    hops = trace.locator("li")
    expect(hops.filter(has=page.get_by_role("link", name="finance.ledger.amount"))).to_have_count(1)
    expect(
        hops.filter(has=page.get_by_role("link", name="raw.orders.amount")).locator(".hops")
    ).to_have_text("3")
    page.get_by_role("link", name="As a graph").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("finance.forecast.next")
    graph = page.locator("svg.lineage").first
    for name in ("raw.orders", "staging.orders", "finance.ledger", "finance.forecast"):
        expect(graph.locator(f".node[data-key='{name}']")).to_have_count(1)
    page.get_by_role("navigation", name="How it is shown").get_by_role("link", name="Table").click()
    table = page.get_by_role("table", name="Steps, the nearest first")
    expect(table).to_contain_text("raw.orders.amount")


def test_the_graph_is_moved_and_walked_by_keys(shop: Served, visit: Open) -> None:
    page = visit(shop, "/lineage?select=staging.orders&up=1&down=1").page
    graph = page.locator(".graph svg.lineage")
    before = graph.get_attribute("viewBox")
    assert before is not None
    node = graph.locator(".node[data-key='staging.orders']")
    node.focus()
    page.keyboard.press("ArrowLeft")
    expect(graph.locator(".node[data-key='raw.orders']")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(node).to_be_focused()
    page.keyboard.press("+")
    expect(graph).not_to_have_attribute("viewBox", before)
    zoomed = graph.get_attribute("viewBox") or ""
    box = page.locator(".graph-view").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 60, steps=4)
    page.mouse.up()
    expect(graph).not_to_have_attribute("viewBox", zoomed)
    node.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("staging.orders")


@pytest.mark.parametrize("guise", ["narrow", "no script"])
def test_lineage_is_a_table_where_a_graph_is_of_no_use(
    guise: str, shop: Served, visit: Open
) -> None:
    page = visit(shop, "/lineage?select=marts.daily&view=table", guise).page
    rows = page.get_by_role("table").locator("tbody tr")
    expect(rows.filter(has_text="raw.orders")).to_contain_text("upstream")
    rows.filter(has_text="raw.orders").get_by_role("link", name="raw.orders").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("raw.orders")


def test_all_of_it_can_be_done_with_the_keyboard(shop: Served, visit: Open) -> None:
    page = visit(shop, "/assets").page
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("?")
    shortcuts = page.get_by_role("dialog", name="Shortcuts")
    expect(shortcuts).to_be_visible()
    page.keyboard.press("Escape")
    expect(shortcuts).to_be_hidden()
    page.keyboard.press("/")
    field = page.get_by_label("Search assets and columns")
    expect(field).to_be_focused()
    # Shortcuts are letters in a field.
    page.keyboard.type("jk?")
    expect(field).to_have_value("jk?")
    expect(shortcuts).to_be_hidden()
    page.keyboard.press("Escape")
    page.locator("#main").focus()
    for key in "jjk":
        page.keyboard.press(key)
    chosen = page.locator("tr.is-cursor")
    expect(chosen).to_have_count(1)
    name = chosen.get_by_role("rowheader").get_by_role("link").first.inner_text()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    page.keyboard.press("2")
    expect(page).to_have_url(re.compile("/columns$"))
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    page.keyboard.press("g")
    page.keyboard.press("r")
    expect(page.get_by_role("heading", level=1, name="Runs")).to_be_visible()


def test_a_theme_is_kept_and_there_from_the_first_byte(shop: Served, visit: Open) -> None:
    found = visit(shop, "/assets")
    page = found.page
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_role("button", name="Dark").click()
    dark = page.evaluate(ground)
    assert dark != light
    # The server says it: no script has to run before the first paint is dark.
    answer = page.reload()
    assert answer is not None and 'data-theme="dark"' in answer.text()
    assert page.evaluate(ground) == dark
    page.get_by_role("button", name="As the system").click()
    assert page.evaluate(ground) == light


def test_a_theme_can_be_chosen_without_scripts(shop: Served, visit: Open) -> None:
    page = visit(shop, "/assets?q=orders", "no script").page
    page.get_by_role("button", name="Dark").click()
    expect(page).to_have_url(re.compile(r"/assets\?q=orders"))
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
