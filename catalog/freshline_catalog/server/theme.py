"""The theme somebody chose: a cookie that the server reads, so that no page flashes."""

import re
from typing import Annotated, Literal

from fastapi import FastAPI, Form, Request, Response
from fastapi.responses import RedirectResponse

from freshline_catalog.server.access import needs
from freshline_catalog.server.services import Address

COOKIE = "theme"
LONGEST = 12_000  # of an address to go to: as long as one can be
THEMES = ("light", "dark")
# `//host` and `/\\host` are other people's, and so is whatever has a scheme.
_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")
_YEAR = 365 * 86400


def theme_of(request: Request) -> str:
    """Return the theme that was chosen, empty where the system's is followed."""
    chosen = request.cookies.get(COOKIE, "")
    return chosen if chosen in THEMES else ""


def local(address: str, path: str) -> str:
    """Return an address if it is one of this server's pages, else the home page.

    A browser takes `//host` and `/\\host` for another server's address.
    """
    is_ours = _PATH.fullmatch(address) is not None and address.startswith(f"{path}/")
    return address if is_ours else f"{path}/"


def serve_theme(app: FastAPI, address: Address) -> None:
    """Add the choice of a theme to an application; it is the same for everybody."""

    def choose(
        theme: Annotated[Literal["light", "dark", "auto"], Form()],
        next: Annotated[str, Form(max_length=LONGEST)] = "/",
    ) -> Response:
        answer = RedirectResponse(local(next, address.path), status_code=303)
        if theme == "auto":
            answer.delete_cookie(COOKIE, path=address.cookie_path)
        else:
            answer.set_cookie(
                COOKIE, theme, max_age=_YEAR, path=address.cookie_path, samesite="lax"
            )
        return answer

    anyone = needs(None)
    app.post("/theme", include_in_schema=False, name="theme", openapi_extra=anyone)(choose)
