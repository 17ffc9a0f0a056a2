"""One browser window on a catalog, in one guise, that remembers all that went wrong in it."""

from importlib.resources import files
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Route

# What a person may come with. Each is a browser context's settings.
GUISES: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}},
    "narrow": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}},
    "no script": {
        "color_scheme": "light",
        "viewport": {"width": 1280, "height": 900},
        "java_script_enabled": False,
    },
}
_AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class Visit:
    """A window; `complaints` are console errors, page errors, CSP reports and requests outside."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.address = address
        self.complaints: list[str] = []
        self._context = context
        context.set_default_timeout(10_000)
        context.route("**/*", self._refuse_outside)
        self.page: Page = context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        self.page.on("requestfailed", self._failed)

    def go(self, path: str) -> int:
        """Open a page of the catalog; return the status of the answer."""
        answer = self.page.goto(f"{self.address}{path}")
        return answer.status if answer is not None else 0

    def violations(self) -> list[str]:
        """Return what axe finds wrong with the page as it is, each with where."""
        self.page.evaluate(_AXE)
        found = self.page.evaluate(
            "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", _RULES
        )
        return [
            f"{each['id']}: {each['help']}: {node['target']} {node['html'][:120]}"
            for each in found["violations"]
            for node in each["nodes"]
        ]

    def close(self) -> None:
        """Close the window."""
        self._context.close()

    def _refuse_outside(self, route: Route, request: Request) -> None:
        if request.url.startswith((self.address, "data:")):
            route.continue_()
        else:
            self.complaints.append(f"a request outside: {request.url}")
            route.abort()

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"console {message.type}: {message.text}")

    def _failed(self, request: Request) -> None:
        # A stream ends, and a page that is left gives up its requests: neither is a failure.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"failed: {request.url} {request.failure}")
