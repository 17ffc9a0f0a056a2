"""Receivers for what is sent: a small HTTP server on loopback that notes what came."""

import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer


@dataclass(slots=True)
class Came:
    """One request."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Receiver:
    """A server at `url`; `answer` says with which status, headers and body it answers."""

    port: int
    came: list[Came] = field(default_factory=list[Came])
    answer: Callable[[Came], tuple[int, Mapping[str, str], bytes]] = lambda came: (204, {}, b"")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks"

    @property
    def allowed(self) -> str:
        return f"127.0.0.1:{self.port}"


@contextmanager
def receiver() -> Generator[Receiver]:
    """Run a receiver for as long as a block lasts."""
    found: list[Receiver] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length", "0"))
            came = Came(self.path, dict(self.headers), self.rfile.read(size))
            found[0].came.append(came)
            status, headers, body = found[0].answer(came)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        found.append(Receiver(server.server_address[1]))
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield found[0]
        finally:
            server.shutdown()
            thread.join()
