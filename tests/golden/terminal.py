"""What `freshline` shows on a terminal of a given width: a real one, as far as it can tell."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence
from pathlib import Path


def answer_on_terminal(arguments: Sequence[str], root: Path, columns: int) -> list[str]:
    """Run `freshline` on a terminal; return what stays to be seen, with `[exit N]` if N is not 0.

    Of a line that was written over, what was written last.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = {**os.environ, "NO_COLOR": "1", "USER": "ada", "LOGNAME": "ada", "TERM": "xterm"}
    environment.pop("COLUMNS", None)
    process = subprocess.Popen(
        [sys.executable, "-m", "freshline", *arguments],
        cwd=root,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    text = _read(ours).decode().replace(str(root.resolve()), "<root>")
    code = process.wait(timeout=60)
    seen = [line.split("\r")[-1].rstrip() for line in text.replace("\r\n", "\n").split("\n")]
    while seen and not seen[-1]:
        seen.pop()
    return [*seen, f"[exit {code}]"] if code else seen


def _read(descriptor: int) -> bytes:
    parts: list[bytes] = []
    try:
        while part := os.read(descriptor, 65536):
            parts.append(part)
    except OSError:  # the other end is closed
        pass
    os.close(descriptor)
    return b"".join(parts)
