"""A server in a process of its own, as `freshline up` starts it, and somebody who has signed in."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import httpx2 as httpx

from freshline import codec
from freshline_catalog.server.pages.health import Health

T = TypeVar("T")
LONG_ENOUGH = 60.0


class Served:
    """A server under way: its process, its address, and a browser that is signed in."""

    def __init__(self, process: "subprocess.Popen[str]", address: str, link: str) -> None:
        self.process, self.address, self.link = process, address, link
        headers = {"Sec-Fetch-Site": "same-origin"}
        self.browser = httpx.Client(base_url=address, headers=headers, timeout=LONG_ENOUGH)

    @property
    def port(self) -> int:
        """Where it listens."""
        return urlsplit(self.address).port or 0

    def sign_in(self) -> None:
        """Use the link up."""
        assert self.browser.get(self.link).status_code == 303

    def health(self) -> Health:
        """Return what the server says of itself."""
        answer = self.browser.get("/health.json")
        assert answer.status_code == 200, answer.text
        return codec.decode(answer.text, Health)

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Send a signal; return the exit code and what was said on stderr."""
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=LONG_ENOUGH)
        return self.process.returncode, said


@contextmanager
def served(root: Path, *options: str, command: str = "up") -> Generator[Served]:
    """Serve a project without automation, and end that afterwards whatever happened."""
    alone = ("--no-daemon",) if command == "up" else ()
    process = start(root, [command, *alone, *options])
    try:
        assert process.stdout is not None
        address = process.stdout.readline().rpartition(" ")[2].strip()
        link = process.stdout.readline().rpartition(": ")[2].strip()
        assert address, process.communicate()[1]
        found = Served(process, address, link.removeprefix(address))
        found.sign_in()
        yield found
        found.browser.close()
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def start(root: Path, arguments: Sequence[str]) -> "subprocess.Popen[str]":
    """Start a command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "freshline", *arguments],
        cwd=root,
        env={**os.environ, "NO_COLOR": "1", "FRESHLINE_ACTOR": "ada"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def eventually(look: Callable[[], T], is_so: Callable[[T], bool]) -> T:
    """Return what is seen once it is as it should be; fail where that does not come."""
    end = time.monotonic() + LONG_ENOUGH
    while not is_so(seen := look()):
        assert time.monotonic() < end, f"this is how it stayed: {seen}"
        time.sleep(0.05)
    return seen
