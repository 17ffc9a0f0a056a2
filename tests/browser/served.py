"""A catalog served by the command line, in a process of its own, for as long as a test needs it."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

_LINK = re.compile(r"(http://[^\s/]+)(/\S*login/\S+)")
SECONDS = 60


class Served:
    """A project under `root`, served at `address`."""

    def __init__(self, root: Path, address: str, first: str) -> None:
        self.root, self.address = root, address
        self._links = [first]

    def freshline(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command on the project, as in another terminal."""
        return run(self.root, *words)

    def link(self, role: str = "") -> str:
        """Return a login link that nobody has used yet."""
        if self._links and not role:
            return self._links.pop()
        words = ["login", *(["--role", role] if role else [])]
        done = self.freshline(*words)
        found = _LINK.search(done.stdout)
        assert found is not None, done.stdout + done.stderr
        return found[0]


def run(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command line on a project to its end."""
    line = [sys.executable, "-m", "freshline", "-p", str(root), *words]
    return subprocess.run(line, capture_output=True, text=True, timeout=SECONDS)


@contextmanager
def serve(root: Path, *, apply: bool = False) -> Generator[Served]:
    """Serve a project until the block ends."""
    if apply:
        run(root, "apply", "--yes")
    line = [sys.executable, "-m", "freshline", "-p", str(root), "up", "--port", "0"]
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
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError("the server did not end when it was asked to") from None
