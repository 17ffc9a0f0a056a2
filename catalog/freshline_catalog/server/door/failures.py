"""Failures as callers see them: one shape for programs, a page for people, and no inner workings.

What went wrong is told once, with what to do. Nothing of what the caller sent comes back in it
beyond names of ours, and an error of our own says only under which number its cause was logged.
"""

import logging
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from freshline import codec
from freshline.errors import FreshlineError
from freshline_catalog.server import problems
from freshline_catalog.server.door.redaction import Redactor
from freshline_catalog.server.render import Renderer
from freshline_catalog.server.statuses import status_of

JSON = "application/json"
_LOG = logging.getLogger("freshline.server")
_WORDS: Mapping[int, tuple[str, str]] = {
    400: ("the request cannot be read", ""),
    404: ("there is nothing at this address", "start from the list of assets"),
    405: ("this address does not take this method", "the API's description says which it takes"),
    413: ("the request is too large", ""),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What went wrong: a code that stays, one sentence, what to do, and the request's number."""

    code: str
    message: str
    help: str = ""
    request: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The answer to a request that could not be done."""

    error: Failure


def tell(app: FastAPI, renderer: Renderer) -> None:
    """Have an application answer whatever goes wrong in our words."""

    def ours(request: Request, error: Exception) -> Response:
        return answer(renderer, request, cast(FreshlineError, error))

    def invalid(request: Request, error: Exception) -> Response:
        found = cast("Sequence[Mapping[str, object]]", cast(RequestValidationError, error).errors())
        told = problems.InvalidError(_sentence(found), help="the API's description says what fits")
        return answer(renderer, request, told)

    def foreign(request: Request, error: Exception) -> Response:
        said = cast(HTTPException, error)
        message, help = _WORDS.get(said.status_code, ("the request cannot be answered", ""))
        failure = Failure(code=f"H{said.status_code}", message=message, help=help)
        return _response(renderer, request, failure, said.status_code, said.headers or {})

    app.add_exception_handler(FreshlineError, ours)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, foreign)


def answer(renderer: Renderer, request: Request, error: FreshlineError) -> Response:
    """Return the answer that tells of an error."""
    status = status_of(error)
    if status == 500:
        return unforeseen(renderer, request, error)
    failure = Failure(code=error.code, message=error.message, help=error.help)
    headers: dict[str, str] = {}
    if isinstance(error, problems.TooOftenError):
        headers["Retry-After"] = str(error.seconds)
    if isinstance(error, problems.UnknownCallerError):
        headers["WWW-Authenticate"] = 'Session realm="freshline", Bearer realm="freshline"'
    return _response(renderer, request, failure, status, headers)


def unforeseen(renderer: Renderer, request: Request, error: Exception) -> Response:
    """Return the answer to an error of ours; its cause goes to the log, without secrets."""
    told = "".join(traceback.format_exception(error)).encode("utf-8", "replace")
    _LOG.error("request %s failed\n%s", number(request), Redactor()(told).decode())
    code = error.code if isinstance(error, FreshlineError) else "F900"
    failure = Failure(
        code=code,
        message="something went wrong here",
        help="the server's log says what, under the number of this request",
    )
    return _response(renderer, request, failure, 500, {})


def number(request: Request) -> str:
    """Return the number under which a request is known, here and in the server's log."""
    return cast(str, getattr(request.state, "number", ""))


def wants_page(request: Request) -> bool:
    """Say whether a person looks at the answer, and not a program."""
    path = request.url.path
    if "/api/" in path or path.endswith(".json"):
        return False
    return "text/html" in request.headers.get("accept", "")


def _response(
    renderer: Renderer,
    request: Request,
    failure: Failure,
    status: int,
    headers: Mapping[str, str],
) -> Response:
    numbered = Failure(
        code=failure.code,
        message=failure.message,
        help=failure.help,
        request=number(request),
    )
    refusal = Refusal(error=numbered)
    if not wants_page(request):
        response = renderer.answer(request, codec.encode(refusal), JSON, status)
    else:
        template = "login.html" if status == 401 else "error.html"
        view: object = refusal
        if status == 401:
            query = f"?{request.url.query}" if request.url.query else ""
            view = SignIn(next=request.url.path + query, failed=False)
        response = renderer.page(request, template, view, status)
    response.headers.update(headers)
    response.headers["Cache-Control"] = "no-store"
    if "etag" in response.headers:
        del response.headers["etag"]
    return response


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """What the page for signing in is about: where to go then, and whether a link was no good."""

    next: str
    failed: bool


def _sentence(found: Sequence[Mapping[str, object]]) -> str:
    """Return what is wrong with parameters, by name; what was sent does not come back."""
    said: list[str] = []
    for error in found[:3]:
        place = cast("Sequence[object]", error.get("loc", ()))
        # Behind `body` may stand what the caller made up; the names of ours come first.
        name = ".".join(str(part) for part in place[1:2]) or "the request"
        name = name if name.replace("_", "").replace("-", "").isalnum() else "the request"
        said.append(f"{name[:40]}: {str(error.get('msg', 'it does not fit')).lower()}")
    return "; ".join(said) or "the request does not fit"
