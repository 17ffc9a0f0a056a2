"""Journeys where something is wrong: with what people wrote, with the project, with the server."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from tests.browser import till
from tests.browser.conftest import Open
from tests.browser.served import Served, run, serve

SOON = 30_000  # milliseconds for what a process of its own does on a busy machine
# What has opened dialogs, left pages or loaded things elsewhere when a page took text for markup.
HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>',
    "'-alert(1)-'",
    "</textarea></title><script>alert(1)</script>",
    "[click](javascript:alert(1))",
    "![x](https://elsewhere.example/x.png)",
    "<a href=javascript:alert(1)>click</a>",
    "{{ 7 * 7 }}{% raw %}",
    "<style>*{display:none}</style>",
    "\u202egnp.exe",
)
ALL = " ".join(HOSTILE)


@pytest.fixture(scope="module")
def hostile(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A project whose authors mean no good, in everything that they may write."""
    del browser
    said = json.dumps(ALL)
    root = till.write(
        tmp_path_factory.mktemp("hostile") / "till",
        **{
            "assets/marts/daily.sql": f"""\
/*---
description: {said}
owner: {json.dumps(HOSTILE[1])}
tags: [{json.dumps(HOSTILE[0])}, {json.dumps(HOSTILE[2])}]
links: {{"click <b>me</b>": "javascript:alert(1)", safe: "https://shop.example/<b>"}}
meta: {{note: {said}}}
columns:
  revenue: {{description: {said}}}
checks:
  - name: told
    description: {said}
    severity: warn
    sql: {json.dumps("SELECT '" + HOSTILE[1] + "' AS said FROM marts.daily")}
---*/
SELECT day, sum(amount) AS revenue, 1 AS "<img src=x onerror=alert(1)>" FROM staging.orders
GROUP BY day
""",
            "assets/marts/wrong.sql": (
                "SELECT error('<script>alert(1)</script><img src=x onerror=alert(1)>') AS x,"
                " * FROM staging.orders\n"
            ),
        },
    )
    run(root, "apply", "--yes")
    run(root, "catalog", "survey")
    with serve(root) as served:
        yield served


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/assets",
        "/assets?q=%3Cscript%3Ealert(1)%3C/script%3E",
        "/assets/marts.daily",
        "/assets/marts.daily/columns?col=revenue",
        "/assets/marts.daily/columns?col=%3Cimg+src%3Dx+onerror%3Dalert(1)%3E",
        "/assets/marts.daily/checks",
        "/assets/marts.daily/definition",
        "/assets/marts.daily/history",
        "/assets/marts.wrong",
        "/assets/marts.daily/lineage",
        "/lineage?select=%3Cscript%3Ealert(1)%3C/script%3E",
        "/impact?select=staging.orders",
        "/owners",
        "/owners/%3Cimg%20src=x%20onerror=alert(1)%3E",
        "/tags",
        "/tags/%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "/runs",
        "/runs?actor=%22%3E%3Csvg/onload=alert(1)%3E",
        "/reconciler",
        "/events?asset=%3Cimg+src=x+onerror=alert(1)%3E",
    ],
)
def test_whatever_authors_write_is_text(path: str, hostile: Served, visit: Open) -> None:
    found = visit(hostile, "")
    assert found.go(path) < 500
    main = found.page.get_by_role("main")
    expect(main).to_be_visible()
    # Nothing of it has become an element, and no link leads to a script.
    alien = "main img, main script, main style, main a[href^='javascript' i], main [onerror]"
    assert found.page.locator(alien).count() == 0
    found.forgive("404 (Not Found)")
    found.forgive("422 (")


def test_hostile_words_can_be_read(hostile: Served, visit: Open) -> None:
    found = visit(hostile, "/assets/marts.daily")
    main = found.page.get_by_role("main")
    for word in (HOSTILE[0], HOSTILE[1], "javascript:alert(1)"):
        expect(main.get_by_text(word, exact=False).first).to_be_visible()
    found.go("/assets/marts.wrong")
    expect(main.get_by_text("<script>alert(1)</script>").first).to_be_visible()
    main.locator(".answer").first.get_by_role("link").first.click()
    log = found.page.locator(".log")
    expect(log).to_contain_text("<script>alert(1)</script>")
    assert found.violations() == []


def test_a_server_that_ends_is_told_and_one_that_comes_back_is_found(
    built: Path, tmp_path: Path, visit: Open
) -> None:
    root = shutil.copytree(built, tmp_path / "till")
    with serve(root) as served:
        found = visit(served, "/assets/marts.daily")
        dot = found.page.locator("#live")
        expect(dot).to_have_attribute("data-state", "live")
        port = int(served.address.rpartition(":")[2])
    expect(dot).to_have_attribute("data-state", "offline", timeout=SOON)
    with serve(root, port=port):
        # The session is on record: nobody has to sign in again.
        expect(dot).to_have_attribute("data-state", "live", timeout=SOON)
        found.go("/assets/marts.daily")
        expect(found.page.get_by_role("heading", level=1)).to_have_text("marts.daily")
    found.forgive("net::ERR_CONNECTION_REFUSED")
    found.forgive("net::ERR_INCOMPLETE_CHUNKED_ENCODING")
    found.forgive("net::ERR_EMPTY_RESPONSE")


def test_two_catalogs_side_by_side_keep_their_people_apart(
    browser: Browser, tmp_path: Path, visit: Open
) -> None:
    del browser
    one, other = (
        till.write(
            tmp_path / name, **{"freshline.yaml": f"project: {name}\nowners: {{sales: {{}}}}\n"}
        )
        for name in ("one", "other")
    )
    with serve(one) as here, serve(other, read_only=True) as there:
        found = visit(here)
        page = found.page
        found.known.append(there.address)
        # Signed in to one is not signed in to the other, although cookies know no ports.
        assert (answer := page.goto(f"{there.address}/assets")) is not None
        assert answer.status == 401
        assert page.goto(there.link) is not None
        expect(page.locator(".who")).to_have_attribute("title", "Signed in as local, viewer")
        assert found.go("/assets") == 200
        expect(page.locator(".who")).to_have_attribute("title", "Signed in as local, operator")
        page.get_by_role("button", name="Sign out").click()
        expect(page).to_have_url(f"{here.address}/login")
        assert (answer := page.goto(f"{there.address}/assets")) is not None
        assert answer.status == 200
        found.forgive("401 (Unauthorized)")
