"""Processes of the command line that begin where Python has long begun: forked, not started.

Of a command on a small project two thirds are Python's start and its imports, and tests run
thousands of commands. So each process of tests has one beside it that has imported everything and
waits; a command is a fork of it, with its own words, folder, environment and files. It is a process
like any other: it can be killed, and whatever it does to itself ends with it. Tests that are about
the start of the program start it.
"""

import array
import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired

_NUMBER = 5  # the length of what is told of a process: its id first, and in the end its code


def run(
    words: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    *,
    merged: bool = False,
    timeout: float = 60,
) -> CompletedProcess[str]:
    """Run `freshline` with these words to its end; `merged` has what it complains of in stdout.

    TimeoutExpired where it takes longer, and then it is killed.
    """
    asked = json.dumps([[*words], str(folder), {**environment}]).encode()
    told, theirs = socket.socketpair()
    (out, to_out), (err, to_err) = os.pipe(), os.pipe()
    given = array.array("i", (to_out, to_out if merged else to_err, theirs.fileno()))
    _beside().sendmsg(
        [len(asked).to_bytes(4, "big"), asked],
        [(socket.SOL_SOCKET, socket.SCM_RIGHTS, given)],
    )
    theirs.close()
    for end in (to_out, to_err):
        os.close(end)
    read = {told.fileno(): b"", out: b"", err: b""}
    try:
        _read(read, time.monotonic() + timeout)
    except TimeoutError:
        os.kill(int.from_bytes(read[told.fileno()][:_NUMBER]), signal.SIGKILL)
        raise TimeoutExpired([*words], timeout) from None
    finally:
        code = read[told.fileno()][_NUMBER:]
        told.close()
        os.close(out)
        os.close(err)
    assert code, "the process that forks is gone"
    said = (read[each].decode().replace("\r\n", "\n") for each in (out, err))
    return CompletedProcess([*words], int.from_bytes(code, signed=True), *said)


def _read(read: dict[int, bytes], until: float) -> None:
    """Read what comes from each of these until all are at their end; TimeoutError after that."""
    left = [*read]
    while left:
        ready, _, _ = select.select(left, [], [], max(0.0, until - time.monotonic()))
        if not ready:
            raise TimeoutError
        for each in ready:
            part = os.read(each, 65536)
            read[each] += part
            if not part:
                left.remove(each)


@cache
def _beside() -> socket.socket:
    """Return the way to the process that forks; it ends when nobody holds the other end."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("forking.py"), str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours
