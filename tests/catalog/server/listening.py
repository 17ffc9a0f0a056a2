"""A server that really listens, for what cannot be seen without a connection that stays open."""

import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection, HTTPResponse

import uvicorn

from freshline_catalog.server.app import create_app
from freshline_catalog.server.door.sessions import new_link
from freshline_catalog.server.people import Role
from freshline_catalog.server.services import Address, Services


class Listening:
    """A server on a port of its own, and how it is asked."""

    def __init__(self, services: Services, port: int) -> None:
        self.services = services
        self.port = port

    def connected(self) -> HTTPConnection:
        """Return a connection; every answer has to come soon."""
        return HTTPConnection("127.0.0.1", self.port, timeout=20)

    def signed_in(self, role: Role = Role.VIEWER) -> str:
        """Return the cookie of somebody with a role."""
        connection = self.connected()
        connection.request("GET", new_link(self.services, role))
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return str(answer.getheader("set-cookie")).partition(";")[0]


@contextmanager
def listening(services: Services) -> Generator[Listening]:
    """Serve a catalog on a free port of this machine until the block ends."""
    config = uvicorn.Config(
        lambda: create_app(replace(services, address=Address(port=port))),
        factory=True,
        host="127.0.0.1",
        port=0,
        log_config=None,
        timeout_graceful_shutdown=1,
    )
    bound = config.bind_socket()
    port: int = bound.getsockname()[1]
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([bound],))
    thread.start()
    try:
        placed = replace(services, address=Address(port=port))
        while not server.started and thread.is_alive():
            thread.join(0.01)
        yield Listening(placed, port)
    finally:
        server.should_exit = True
        thread.join()
        bound.close()


class Stream:
    """A stream of server-sent events, read as they come."""

    def __init__(self, served: Listening, cookie: str, query: str = "", last: str = "") -> None:
        self.connection = served.connected()
        headers = {"Cookie": cookie, **({"Last-Event-ID": last} if last else {})}
        self.connection.request("GET", f"/api/v1/stream{query}", headers=headers)
        self.answer: HTTPResponse = self.connection.getresponse()

    def close(self) -> None:
        self.answer.close()
        self.connection.close()

    def blocks(self) -> Iterator[dict[str, str]]:
        """Yield what comes, each as its fields; comments under the empty name."""
        fields: dict[str, str] = {}
        while line := self.answer.readline().decode():
            name, colon, value = line.rstrip("\n").partition(":")
            if not colon and not name:
                yield fields
                fields = {}
            else:
                fields[name] = value.strip()

    def events(self) -> Iterator[dict[str, str]]:
        """Yield the events that come."""
        return (block for block in self.blocks() if "event" in block)
