"""Several projects at one address, as people see them: side by side, and linked to each other."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from tests.browser.conftest import Open
from tests.browser.served import Served, applied, serve


def write(root: Path, project: str, asset: str, sql: str) -> Path:
    """Write a project of one asset."""
    folder, name = asset.split(".")
    (root / "assets" / folder).mkdir(parents=True)
    (root / "freshline.yaml").write_text(f"project: {project}\n")
    (root / "assets" / folder / f"{name}.sql").write_text(sql)
    return root


@pytest.fixture
def teams(browser: Browser, tmp_path: Path) -> Iterator[Served]:
    """Two teams, one of which reads what the other makes, and a third whose project is broken."""
    del browser  # without one there is nothing to build for
    applied(write(tmp_path / "finance", "finance", "marts.rates", "SELECT 2 AS rate"))
    sales = write(
        tmp_path / "sales", "sales", "marts.paid", "SELECT 3 * rate AS paid FROM fin.rates"
    )
    (sales / "sources").mkdir()
    (sales / "sources/fin.yaml").write_text(
        "sources:\n  fin.rates: {catalog: finance, asset: marts.rates}\n"
    )
    (sales / "freshline.yaml").write_text("project: sales\ncatalogs: {finance: ../finance}\n")
    applied(sales)
    (write(tmp_path / "stock", "stock", "marts.bins", "SELECT 1") / "freshline.yaml").write_text(
        "["
    )
    with serve(tmp_path) as served:
        yield served


def test_projects_are_listed_live_and_lead_to_each_other(teams: Served, visit: Open) -> None:
    found = visit(teams, "/")
    page = found.page
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    expect(page.get_by_text("stock cannot be opened")).to_be_visible()
    rows = page.get_by_role("table").get_by_role("row")
    expect(rows.filter(has_text="sales")).to_contain_text("2 assets and sources")
    assert found.violations() == []

    # What is mended shows by itself, and nothing was loaded again.
    page.evaluate("window.isSame = true")
    (teams.root / "stock/freshline.yaml").write_text("project: stock\n")
    expect(rows.filter(has_text="stock").get_by_role("link", name="stock")).to_be_visible()
    expect(page.get_by_text("stock cannot be opened")).to_have_count(0)
    assert page.evaluate("window.isSame")

    rows.filter(has_text="sales").get_by_role("link", name="sales").click()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Assets").click()
    page.get_by_role("link", name="fin.rates").first.click()
    page.get_by_role("link", name="marts.rates").click()
    expect(page).to_have_url(f"{teams.address}/projects/finance/assets/marts.rates")
    page.get_by_role("link", name="sales/fin.rates").click()
    expect(page).to_have_url(f"{teams.address}/projects/sales/assets/fin.rates")

    page.locator("summary", has_text="sales").focus()
    page.keyboard.press("Enter")
    assert found.violations() == []
    page.get_by_role("navigation", name="Projects").get_by_role("link", name="finance").click()
    expect(page).to_have_url(f"{teams.address}/projects/finance/")
    page.set_viewport_size({"width": 390, "height": 844})
    for path in ("/", "/projects/finance/"):
        assert found.go(path) == 200
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.emulate_media(color_scheme="dark")
        assert found.violations() == []
