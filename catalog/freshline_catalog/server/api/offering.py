"""What other catalogs read here: which version of an asset is current, and its rows as one file.

1. Which version that is, its storage says, as it does to whoever reads here; the catalog adds what
   is said of the asset.
2. The file is opened and unlinked before the first byte leaves: it is there until it was read, and
   a server that dies leaves nothing behind.
3. A token that is for a selection knows of no asset beside it.
"""

import base64
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path as File
from typing import IO, Annotated, cast

from fastapi import FastAPI, Path, Request, Response
from fastapi.responses import StreamingResponse

from freshline import codec
from freshline.catalog import Handed
from freshline.errors import ResourceError, UnbuiltError
from freshline.offers import Offer, offer_of
from freshline.survey import Entry, Owner
from freshline.tokens import TokenScope
from freshline_catalog.connection import Connection
from freshline_catalog.server import doings
from freshline_catalog.server.access import needs
from freshline_catalog.server.actions import new_id
from freshline_catalog.server.asked import Asked
from freshline_catalog.server.doings import Came, Doing, Kind
from freshline_catalog.server.entries import entry_of, state_of
from freshline_catalog.server.page import API, JSON, answers
from freshline_catalog.server.people import Role
from freshline_catalog.server.problems import AbsentError, InvalidError
from freshline_catalog.server.reading import Reading
from freshline_catalog.server.render import Renderer
from freshline_catalog.server.services import Services
from freshline_catalog.statements import statements

PARQUET = "application/vnd.apache.parquet"
_BYTES = {"type": "string", "format": "binary"}
_CHUNK = 1 << 20
Key = Annotated[str, Path(max_length=200, description="The asset's key")]
Version = Annotated[
    str, Path(max_length=64, pattern=r"^[0-9A-Za-z-]+$", description="The version's `mat_id`")
]


def add(app: FastAPI, services: Services, renderer: Renderer) -> None:
    """Add what other catalogs read to an application."""

    def current(request: Request, asked: Reading, key: Key) -> Response:
        return renderer.answer(request, codec.encode(offered(asked, key)), JSON)

    def data(asked: Reading, key: Key, mat_id: Version) -> Response:
        _built(asked, key)
        handed = services.engine.hand_over(key, mat_id)
        file = _held(handed)
        try:
            _on_record(asked, key)
            return StreamingResponse(_chunks(file), headers=_headers(handed), media_type=PARQUET)
        except BaseException:
            file.close()
            raise

    app.get(
        f"{API}/assets/{{key}}/current",
        response_model=None,
        responses=answers(Offer, 404, 409, 503),
        operation_id="current_version",
        summary="The version of an asset that is current, and what is said of the asset.",
        openapi_extra=needs(Role.VIEWER, scope=TokenScope.ASSETS),
    )(current)
    told = answers(Offer, 404, 409, 503)
    told[200] = {"description": "The rows", "content": {PARQUET: {"schema": _BYTES}}}
    app.get(
        f"{API}/assets/{{key}}/versions/{{mat_id}}/data",
        response_model=None,
        responses=told,
        operation_id="version_data",
        summary="The rows of the current version as one Parquet file; `Repr-Digest` proves them.",
        openapi_extra=needs(Role.OPERATOR, scope=TokenScope.DATA),
    )(data)


def offered(asked: Asked, key: str) -> Offer:
    """Return what is told of the current version; AbsentError, or ResourceError that says why."""
    entry = _built(asked, key)
    made = offer_of(asked.services.engine.current(key))
    token = asked.user.token
    return replace(
        made,
        description=entry.description,
        owner=entry.owner or "",
        contacts=_contacts(asked, entry.owner),
        status=entry.status.value,
        freshness=entry.freshness,
        refresh=entry.refresh,
        until=None if token is None else token.expires,
    )


def _built(asked: Asked, key: str) -> Entry:
    """Return the entry of an asset that has rows; AbsentError, UnbuiltError or InvalidError else.

    ResourceError before the first survey: nobody knows yet which assets there are.
    """
    if not asked.survey:
        raise ResourceError(
            "this catalog was not looked at yet", help="it will be in a moment: ask again"
        )
    mine = asked.selected(asked.user.selection)
    if mine is not None and key not in mine:
        raise AbsentError("there is no asset of this key", help="or not for this token")
    entry, build = entry_of(asked, key), state_of(asked, key).build
    if build is None:
        raise UnbuiltError("it has never been built there", help="it is there once it was built")
    if build.version.query:
        raise InvalidError("it is a view there, and kept nowhere", help="read what it reads")
    return entry


def _contacts(asked: Asked, owner: str | None) -> tuple[tuple[str, str], ...]:
    rows = asked.connection.execute(
        statements("entries")["owners"], asked.services.scope
    ).fetchall()
    if not rows or not rows[0][0]:
        return ()
    owners = codec.decode(cast(str, rows[0][0]), tuple[Owner, ...])
    return next((each.contacts for each in owners if each.name == owner), ())


def _on_record(asked: Asked, key: str) -> None:
    services, user = asked.services, asked.user
    done = Doing(
        id=new_id(services),
        at=services.clock.now(),
        actor=user.actor,
        role="token" if user.token is not None else user.role.value,
        kind=Kind.DATA,
        subject=key,
    )

    def write(connection: Connection) -> None:
        doings.begin(connection, done)
        doings.end(connection, done.id, Came.DONE, "")

    services.log.write(write)


def _held(handed: Handed) -> IO[bytes]:
    """Open a file that nobody else needs, and have it gone when it is closed."""
    path = File(handed.path)
    try:
        return open(path, "rb")
    except OSError as error:
        raise ResourceError("the version cannot be read now", help="ask again") from error
    finally:
        path.unlink(missing_ok=True)


def _headers(handed: Handed) -> dict[str, str]:
    digest = base64.b64encode(bytes.fromhex(handed.sha256)).decode()
    return {
        "Content-Length": str(handed.bytes),
        "Repr-Digest": f"sha-256=:{digest}:",
        "Content-Disposition": 'attachment; filename="data.parquet"',
        "Cache-Control": "no-store",
    }


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk
