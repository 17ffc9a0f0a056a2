"""One browser window on a catalog, in one guise, that remembers all that went wrong in it."""

from collections.abc import Sequence
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Route
from tests.browser.served import Served

LIGHT: dict[str, Any] = {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}}
# What a person may come with. Each is a browser context's settings.
GUISES: dict[str, dict[str, Any]] = {
    "light": LIGHT,
    "dark": {**LIGHT, "color_scheme": "dark"},
    "narrow": {**LIGHT, "viewport": {"width": 390, "height": 844}, "has_touch": True},
    "no script": {**LIGHT, "java_script_enabled": False},
}
_AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
SECONDS = 20


class Visit:
    """A window; `complaints` are console errors, page errors, CSP reports and requests outside.

    `known` are the addresses that are not outside.

    `sizes` are the bytes of each answer that came over the wire.
    """

    def __init__(self, browser: Browser, served: Served, guise: str, *, signed_in: bool) -> None:
        self.address = served.address
        self.known = [served.address, "data:"]
        self.complaints: list[str] = []
        self.sizes: list[int] = []
        self._context = browser.new_context(
            **GUISES[guise], reduced_motion="reduce", locale="en-GB", timezone_id="UTC"
        )
        self._context.set_default_timeout(SECONDS * 1000)
        self._context.route(lambda url: not url.startswith(tuple(self.known)), self._refuse)
        if signed_in:
            name, secret = served.cookie()
            host = str(urlsplit(self.address).hostname)
            self._context.add_cookies(
                [{"name": name, "value": secret, "domain": host, "path": "/", "httpOnly": True}]
            )
        self.page = self.window()

    def window(self) -> Page:
        """Open one more window of the same person."""
        page = self._context.new_page()
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        page.on("dialog", lambda dialog: self.complaints.append(f"a dialog: {dialog.message}"))
        page.on("requestfailed", self._failed)
        page.on("requestfinished", self._count)
        return page

    def go(self, path: str) -> int:
        """Open a page of the catalog; return the status of the answer."""
        answer = self.page.goto(f"{self.address}{path}")
        return answer.status if answer is not None else 0

    def violations(self, rules: Sequence[str] = (), but: Sequence[str] = ()) -> list[str]:
        """Return what axe finds wrong with the page as it is, each with where.

        Without rules, all that a page has to keep; `but` are selectors of what is not looked at.
        """
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(_AXE)
        only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": RULES}
        found = self.page.evaluate(
            "([where, only]) => axe.run(where, {runOnly: only, resultTypes: ['violations']})",
            [{"exclude": [[each] for each in but]}, only],
        )
        return [
            f"{each['id']}: {each['help']}: {node['target']} {node['html'][:120]}"
            for each in found["violations"]
            for node in each["nodes"]
        ]

    def forgive(self, words: str) -> None:
        """Take back the complaints with these words, that a test brings about on purpose."""
        self.complaints = [each for each in self.complaints if words not in each]

    def close(self) -> None:
        """Close the window."""
        self._context.close()

    def _refuse(self, route: Route, request: Request) -> None:
        self.complaints.append(f"a request outside: {request.url}")
        route.abort()

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"console {message.type}: {message.text} {message.location}")

    def _failed(self, request: Request) -> None:
        # A stream ends, and a page that is left gives up its requests: neither is a failure.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"failed: {request.url} {request.failure}")

    def _count(self, request: Request) -> None:
        sizes = request.sizes()
        self.sizes.append(sizes["responseBodySize"] + sizes["responseHeadersSize"])
