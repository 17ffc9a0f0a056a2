"""Pictures of the flights catalog for the documentation: `python -m tests.browser.pictures`.

They are the same whenever they are taken, but for the ids of runs and how long steps took.
"""

import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, expect, sync_playwright
from tests.browser.conftest import FLAGS, chromium, copied
from tests.browser.served import Served, applied, run, serve
from tests.browser.visit import Visit

INTO = Path(__file__).parents[2] / "docs/pictures"
_SAME = r"""() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode())
    node.data = node.data.replace(/\d+\s(s|min) ago|just now/, "1 h ago");
}"""


class Picture(NamedTuple):
    """What is shown, and how: the name of its file, the address, the guise, the height."""

    name: str
    path: str
    guise: str
    height: int


PICTURES = (
    Picture("home", "/", "light", 640),
    Picture("asset", "/assets/marts.days", "light", 900),
    Picture("lineage", "/lineage", "dark", 900),
)


def prepared(into: Path) -> Path:
    """Return the flights project as it is when somebody has just changed a few of its files."""
    root = copied("flights", into)
    applied(root)
    assets = root / "assets"
    days = assets / "marts/days.sql"
    days.write_text(
        days.read_text("utf-8").replace("on_time / flights, 1", "on_time / flights, 2"), "utf-8"
    )
    (assets / "marts/seats.sql").write_text("SELECT seat FROM staging.aircraft\n", "utf-8")
    run(root, "catalog", "survey")
    return root


def take(browser: Browser, served: Served, into: Path) -> list[Path]:
    """Take all pictures of a catalog, and return their files."""
    into.mkdir(parents=True, exist_ok=True)
    taken: list[Path] = []
    for picture in PICTURES:
        visit = Visit(browser, served, picture.guise, signed_in=True)
        visit.page.set_viewport_size({"width": 1280, "height": picture.height})
        visit.go(picture.path)
        expect(visit.page.locator("#live")).to_have_attribute("data-state", "live")
        visit.page.evaluate("document.fonts.ready")
        visit.page.evaluate(_SAME)
        file = into / f"{picture.name}.png"
        visit.page.screenshot(path=file, animations="disabled", caret="hide")
        taken.append(file)
        visit.close()
    return taken


def main() -> int:
    """Renew the pictures of the documentation."""
    found = chromium()
    if found is None:
        print("there is no Chromium on the PATH", file=sys.stderr)
        return 1
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
        serve(prepared(Path(folder))) as served,
    ):
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        for file in take(browser, served, INTO):
            print(f"{file.name}: {file.stat().st_size / 1024:.0f} KiB")
        browser.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
