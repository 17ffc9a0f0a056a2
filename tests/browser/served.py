"""A catalog served by the command line, in a process of its own, for as long as a test needs it."""

import http.client
import os
import re
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import closing, contextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from tests import forked

_LINK = re.compile(r"(http://[^\s/]+)(/\S*login/\S+)")
SECONDS = 60


class Answer(NamedTuple):
    """What a server says to one request that no browser sent."""

    status: int
    kind: str
    text: str


class Served:
    """A project under `root`, served at `address`; `link` signs in, once."""

    def __init__(self, root: Path, address: str, link: str) -> None:
        self.root, self.address, self.link = root, address, link
        self._cookie: tuple[str, str] | None = None

    def freshline(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command on the project, as in another terminal."""
        return run(self.root, *words)

    def cookie(self) -> tuple[str, str]:
        """Return the name and the secret of a session; whoever asks first uses up the link."""
        if self._cookie is None:
            with closing(self._connected()) as connection:
                connection.request("GET", urlsplit(self.link).path)
                answer = connection.getresponse()
                (found,) = SimpleCookie(answer.getheader("Set-Cookie", "")).values()
            self._cookie = found.key, found.value
        return self._cookie

    def ask(self, path: str, method: str = "GET", body: str = "") -> Answer:
        """Send one request as who is signed in, as a program of the same origin would."""
        headers = {"Cookie": "=".join(self.cookie()), "Origin": self.address, "Accept": "*/*"}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        with closing(self._connected()) as connection:
            connection.request(method, path, body=body or None, headers=headers)
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
        return Answer(answer.status, answer.getheader("Content-Type", ""), text)

    def _connected(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=SECONDS)


def run(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command line on a project to its end."""
    return forked.run(words, root, {**os.environ, "FRESHLINE_ACTOR": "ada"}, timeout=SECONDS)


def applied(root: Path, *words: str) -> None:
    """Apply a project, expect that all of it succeeds, and have the catalog know of it."""
    for line in (("apply", "--yes", *words), ("catalog", "survey")):
        done = run(root, *line)
        assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def serve(
    root: Path, *, port: int = 0, read_only: bool = False, keeps_fresh: bool = False
) -> Generator[Served]:
    """Serve a project until the block ends; port 0 is one that is free.

    Nothing is built without being asked, unless it `keeps_fresh`.
    """
    line = [sys.executable, "-m", "freshline", "-p", str(root), "up", "--port", str(port)]
    line += [] if keeps_fresh else ["--no-daemon"]
    line += ["--read-only"] if read_only else []
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(line, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout is not None
        said = ""
        for row in process.stdout:
            said += row
            if (found := _LINK.search(said)) is not None:
                break
        else:
            raise AssertionError(f"the server did not say where it is:\n{said}")
        yield Served(root, found[1], found[0])
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise AssertionError("the server did not end when it was asked to") from None
