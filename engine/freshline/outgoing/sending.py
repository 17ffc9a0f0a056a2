"""Sending: one POST to a checked address, with no redirect, little patience and small ears."""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from functools import partial

from freshline.errors import DeniedError, FreshlineError, ResourceError
from freshline.outgoing.addresses import Allowed, Place, Resolve, place_of, resolved

SECONDS = 5.0
_MOST_READ = 65_536
_GONE = 410


class HttpSender:
    """Sends over HTTP: https, or http where `allowed` names the host; never through a proxy."""

    def __init__(
        self,
        allowed: Allowed | None = None,
        *,
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._allowed = allowed or Allowed()
        self._resolve = resolve or partial(resolved, seconds=seconds)
        self._tls = tls
        self._seconds = seconds

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        """Post a body, and return once it was taken; see `Sender`."""
        end = time.monotonic() + self._seconds
        place = place_of(url, self._allowed, self._resolve)
        status = self._status(place, headers, body, end)
        if 200 <= status < 300:
            return
        if 300 <= status < 400:
            raise DeniedError(
                f"{place.words} answered {status}, a redirect, which is not followed",
                help="write the address that it leads to",
            )
        if status == _GONE:
            raise DeniedError(f"{place.words} answered {status}: it is gone for good")
        raise ResourceError(f"{place.words} answered {status}")

    def _status(self, place: Place, headers: Mapping[str, str], body: bytes, end: float) -> int:
        try:
            with closing(self._connected(place, end)) as connected:
                # Who sends a byte now and then is never late: the whole has one deadline.
                watch = threading.Timer(max(0.0, end - time.monotonic()), _shut, (connected,))
                watch.daemon = True
                watch.start()
                try:
                    return _exchange(connected, place, headers, body)
                finally:
                    watch.cancel()
        except FreshlineError:
            raise
        except ssl.SSLCertVerificationError as error:
            raise ResourceError(
                f"the certificate of {place.words} cannot be trusted: {error.verify_message}"
            ) from error
        except (OSError, http.client.HTTPException) as error:
            late = time.monotonic() >= end or isinstance(error, TimeoutError)
            why = f"did not answer within {self._seconds:g} s" if late else "cannot be reached"
            raise ResourceError(f"{place.words} {why}") from error

    def _connected(self, place: Place, end: float) -> socket.socket:
        """Return a connection to one of the addresses that were checked."""
        refused: OSError | None = None
        for address in place.addresses:
            left = end - time.monotonic()
            if left <= 0:
                break
            try:
                plain = socket.create_connection((address, place.port), timeout=left)
            except OSError as error:
                refused = error
                continue
            if not place.is_secure:
                return plain
            try:
                tls = self._tls or ssl.create_default_context()
                return tls.wrap_socket(plain, server_hostname=place.host)
            except BaseException:
                plain.close()
                raise
        raise refused or TimeoutError()


def _exchange(
    connected: socket.socket, place: Place, headers: Mapping[str, str], body: bytes
) -> int:
    connection = http.client.HTTPConnection(place.host, place.port)
    connection.sock = connected
    told = {**headers, "Host": place.words, "Connection": "close", "User-Agent": "freshline"}
    try:
        connection.request("POST", place.path, body, told)
    except ValueError as error:  # a header that would begin another
        raise DeniedError(f"what is sent to {place.words} is no request") from error
    answer = connection.getresponse()
    with closing(answer):
        answer.read(_MOST_READ)
        return answer.status


def _shut(connected: socket.socket) -> None:
    with suppress(OSError):
        # Of a wrapped socket only the one below: the other end need not agree to the end.
        socket.socket.shutdown(connected, socket.SHUT_RDWR)
