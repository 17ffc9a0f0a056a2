"""Asking: what another team's catalog says over HTTP, taken for what it is: somebody else's word.

1. The token goes to the address that was declared and nowhere else: no redirect is followed, and
   no proxy that the process was told of is used.
2. Every answer has a time and a size; a file must be as long and have the hash that was said.
3. Whatever comes back is data. Names in it never become paths unless they look like identifiers,
   and words are shown only when they are short, printable and free of secrets.
"""

import base64
import hashlib
import http.client
import os
import re
import shutil
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, urlencode, urlsplit

from freshline import __version__
from freshline.codec import decode
from freshline.errors import (
    ConflictError,
    DeniedError,
    FreshlineError,
    ResourceError,
    UnbuiltError,
)
from freshline.keys import key_problem
from freshline.offers import Offer
from freshline.other_catalogs import OtherCatalog
from freshline.secrets import redacted, resolved_text

SECONDS = 5.0
_MOST = 4 << 20  # bytes of an answer in JSON
_CHUNK = 1 << 20
_SLOWEST = 64 << 10  # bytes in a second, on the whole
_SPARE = 64 << 20  # bytes that a disk keeps free
_SAID = 200
_IDENTIFIER = re.compile(r"[0-9A-Za-z-]{1,64}")
_DIGEST = re.compile(r"(?:^|[\s,])sha-256=:([A-Za-z0-9+/]{43}=):")
_MAGIC = b"PAR1"
T = TypeVar("T")


class UnreachableError(ResourceError):
    """Nobody answers at the address of a catalog: asking it for something else is no use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failure:
    code: str = ""
    message: str = ""
    help: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refusal:
    error: _Failure = _Failure()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Events:
    events: tuple[object, ...]
    position: int
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Whether anything was published, and the place in the sequence behind which to ask next."""

    is_news: bool
    position: int


class Asking:
    """Asks one catalog, over one connection. One thread at a time may use it; `close` may any."""

    def __init__(
        self, catalog: OtherCatalog, *, seconds: float = SECONDS, tls: ssl.SSLContext | None = None
    ) -> None:
        parts = urlsplit(catalog.url)
        self._template, self._seconds, self._tls = catalog.token, seconds, tls
        self._host, self._port = parts.hostname or "", parts.port
        self._is_secure, self._path = parts.scheme == "https", parts.path
        self._connection: http.client.HTTPConnection | None = None

    def __enter__(self) -> "Asking":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection; whoever waits for an answer on it gets none."""
        connection, self._connection = self._connection, None
        if connection is not None:
            if connection.sock is not None:
                _shut(connection.sock)
            connection.close()

    def current(self, asset: str) -> Offer:
        """Return which version of an asset is current; ResourceError says why that is unknown."""
        offer = self._json(f"assets/{quote(asset, safe='')}/current", {}, Offer, self._seconds)
        if offer.key != asset or not _makes_sense(offer):
            raise self._nonsense()
        return offer

    def fetch(self, offer: Offer, path: Path) -> None:
        """Write the rows of a version to `path`, a new file, and see that they are what was said.

        ConflictError where another version is current by now.
        """
        about = f"assets/{quote(offer.key, safe='')}/versions/{offer.mat_id}/data"

        def take(answer: http.client.HTTPResponse) -> None:
            length = answer.length
            found = _DIGEST.search(answer.headers.get("Repr-Digest", ""))
            if length is None or found is None:
                raise self._nonsense()
            if shutil.disk_usage(path.parent).free < length + _SPARE:
                raise ResourceError(f"there is no room for its {length} bytes on this disk")
            _write(answer, path, length, base64.b64decode(found[1]))

        self._asked(about, {}, take, 60.0 + max(offer.bytes, 0) / _SLOWEST)

    def wait(self, after: int, seconds: float) -> Heard:
        """Wait for something to be published behind a place in the sequence; -1 is its end."""
        wanted = {"after": after, "limit": 1000, "kind": "materialized", "wait": seconds}
        found = self._json("events", wanted, _Events, seconds + self._seconds)
        return Heard(is_news=bool(found.events), position=found.position)

    # The wire

    def _json(self, about: str, query: Mapping[str, object], type: type[T], seconds: float) -> T:
        def take(answer: http.client.HTTPResponse) -> T:
            body = answer.read(_MOST + 1)
            if len(body) > _MOST:
                raise self._nonsense()
            try:
                return decode(body, type)
            except ValueError as error:
                raise self._nonsense() from error

        return self._asked(about, query, take, seconds)

    def _asked(
        self,
        about: str,
        query: Mapping[str, object],
        take: Callable[[http.client.HTTPResponse], T],
        seconds: float,
    ) -> T:
        """Ask once, or once more where a connection that was kept turns out to be closed."""
        secret = resolved_text(self._template)
        if not secret.isascii() or not secret.isprintable() or " " in secret:
            raise ResourceError("its token is none", help="a token has no blank and no line feed")
        headers = {
            "Authorization": f"Bearer {secret}",
            "Accept": "application/json, application/vnd.apache.parquet",
            "User-Agent": f"freshline/{__version__}",
        }
        path = f"{self._path}/api/v1/{about}" + (f"?{urlencode(query)}" if query else "")
        end = time.monotonic() + seconds
        was_kept = self._connection is not None
        while True:
            try:
                return self._exchanged(path, headers, take, end)
            except FreshlineError:
                self.close()
                raise
            except (OSError, http.client.HTTPException, ValueError) as error:
                self.close()
                is_closed = isinstance(error, ConnectionError | http.client.BadStatusLine)
                if was_kept and is_closed and time.monotonic() < end:
                    was_kept = False
                    continue
                raise self._unreachable(error, seconds, end) from error

    def _exchanged(
        self,
        path: str,
        headers: Mapping[str, str],
        take: Callable[[http.client.HTTPResponse], T],
        end: float,
    ) -> T:
        connection = self._connected(end)
        # Who sends a byte now and then is never late: the whole has one deadline.
        watch = threading.Timer(max(0.0, end - time.monotonic()), _shut, (connection.sock,))
        watch.daemon = True
        watch.start()
        try:
            connection.request("GET", path, headers=dict(headers))
            answer = connection.getresponse()
            if answer.status != 200:
                raise self._refused(answer)
            taken = take(answer)
            if answer.will_close or not answer.isclosed():
                self.close()
            return taken
        finally:
            watch.cancel()

    def _connected(self, end: float) -> http.client.HTTPConnection:
        if self._connection is None:
            # Whoever waits for events waits longer than anybody needs to connect.
            left = min(self._seconds, max(0.1, end - time.monotonic()))
            if self._is_secure:
                tls = self._tls or ssl.create_default_context()
                made: http.client.HTTPConnection = http.client.HTTPSConnection(
                    self._host, self._port, timeout=left, context=tls
                )
            else:
                made = http.client.HTTPConnection(self._host, self._port, timeout=left)
            made.connect()
            self._connection = made
        if self._connection.sock is not None:
            self._connection.sock.settimeout(max(0.1, end - time.monotonic()))
        return self._connection

    # What went wrong

    @property
    def _words(self) -> str:
        return self._host if self._port is None else f"{self._host}:{self._port}"

    def _nonsense(self) -> ResourceError:
        return ResourceError(
            f"what {self._words} answers is not what a catalog says",
            help="see that `url:` is the address of a Freshline catalog, as new as this one",
        )

    def _unreachable(self, error: Exception, seconds: float, end: float) -> UnreachableError:
        if isinstance(error, ssl.SSLCertVerificationError):
            why = f"the certificate of {self._words} cannot be trusted: {error.verify_message}"
            return UnreachableError(why, help="see to its certificate, or to those trusted here")
        is_late = isinstance(error, TimeoutError) or time.monotonic() >= end
        why = "does not answer in time" if is_late else "cannot be reached"
        return UnreachableError(f"{self._words} {why}", help="see that it is served there")

    def _refused(self, answer: http.client.HTTPResponse) -> FreshlineError:
        with suppress(ValueError, OSError, http.client.HTTPException):
            return self._told(answer.status, decode(answer.read(_MOST), _Refusal).error)
        return self._told(answer.status, _Failure())

    def _told(self, status: int, failure: _Failure) -> FreshlineError:
        said, help = _readable(failure.message), _readable(failure.help)
        if failure.code == UnbuiltError.code:
            return UnbuiltError("it has never been built there")
        match status:
            case 401 | 403:
                return DeniedError(
                    f"{self._words} refuses the token" + (f": {said}" if said else ""),
                    help=help or "ask whoever runs it for a token",
                )
            case 404 | 422 if said:
                return ResourceError(f"{self._words}: {said}", help=help)
            case 409:
                return ConflictError(f"{self._words}: {said}", help=help)
            case 421:
                return UnreachableError(
                    f"{self._words} does not go by that name",
                    help="what stands before it must say the server's own name in `Host`",
                )
            case _ if 300 <= status < 400:
                return UnreachableError(
                    f"{self._words} answers {status}, a redirect, which is not followed",
                    help="write the address that it leads to",
                )
            case 503 if said:
                return ResourceError(said, help=help)
            case _:
                return ResourceError(f"{self._words} answers {status}", help=help)


def _makes_sense(offer: Offer) -> bool:
    is_named = _IDENTIFIER.fullmatch(offer.mat_id) and _IDENTIFIER.fullmatch(offer.publish_id)
    return bool(is_named) and offer.number >= 0 and key_problem(offer.key) is None


def _readable(text: str) -> str:
    printable = "".join(char for char in text if char.isprintable())
    return redacted(printable)[:_SAID]


def _write(answer: http.client.HTTPResponse, path: Path, length: int, digest: bytes) -> None:
    """Write a body to a new file, synced; ResourceError where it is not what was said."""
    hasher, left = hashlib.sha256(), length
    with open(path, "xb") as file:
        while left and (chunk := answer.read(min(_CHUNK, left))):
            hasher.update(chunk)
            file.write(chunk)
            left -= len(chunk)
        file.flush()
        os.fsync(file.fileno())
    if left or hasher.digest() != digest:
        raise ResourceError("its rows did not arrive as they were sent", help="it is tried again")
    with open(path, "rb") as file:
        head = file.read(len(_MAGIC))
        file.seek(-min(len(_MAGIC), length), os.SEEK_END)
        if head != _MAGIC or file.read() != _MAGIC:
            raise ResourceError("its rows are no Parquet file", help="tell whoever runs it")


def _shut(connected: socket.socket | None) -> None:
    if connected is not None:
        with suppress(OSError):
            # Of a wrapped socket only the one below: the other end need not agree to the end.
            socket.socket.shutdown(connected, socket.SHUT_RDWR)
