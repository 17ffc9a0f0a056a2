"""The process that has imported everything and forks: see `forked`."""

import array
import atexit
import gc
import json
import os
import pkgutil
import select
import signal
import socket
import sys
import threading
import time
import traceback
from importlib import import_module

_NUMBER = 5  # as in `forked`
_FILES = 3


def _import_all() -> None:
    import freshline
    import freshline_adapters
    import freshline_catalog

    for package in (freshline, freshline_adapters, freshline_catalog):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            parts = found.name.split(".")
            if not {"__main__", "testing", "server", "export", "worker", "notebook"} & {*parts}:
                import_module(found.name)
    for name in ("duckdb", "sqlglot.optimizer.qualify", "rich.table", "rich.progress", "rich.tree"):
        import_module(name)


def _asked(control: socket.socket) -> tuple[bytes, list[int]] | None:
    """Return what is asked for, and the files that come with it; None when nobody is there."""
    room = socket.CMSG_SPACE(_FILES * array.array("i").itemsize)
    head, told, *_ = control.recvmsg(4, room)
    if len(head) < 4:
        return None
    numbers = array.array("i")
    for _level, _kind, data in told:
        numbers.frombytes(data)
    asked = control.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL)
    return asked, [*numbers]


def _become(asked: bytes, numbers: list[int]) -> None:
    """Make this process the one that was asked for, up to where it begins."""
    words, folder, environment = json.loads(asked)
    out, err, told = numbers
    os.dup2(out, 1)
    os.dup2(err, 2)
    for number in {out, err, told}:
        os.close(number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.argv = ["freshline", *words]
    sys.path[0] = folder


def _wake(*_: object) -> None:
    """Do nothing: that a signal came is seen by what it writes."""


def _await(control: socket.socket) -> None:
    """Fork whenever somebody asks, and return in the fork; the process itself ends here."""
    awake, waker = socket.socketpair()
    waker.setblocking(False)
    signal.signal(signal.SIGCHLD, _wake)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.set_wakeup_fd(waker.fileno())
    asking: dict[int, int] = {}
    gc.freeze()
    while True:
        ready, _, _ = select.select([control, awake], [], [])
        if awake in ready:
            awake.recv(4096)
            _tell(asking)
        if control not in ready:
            continue
        found = _asked(control)
        if found is None:
            os._exit(0)
        asked, numbers = found
        pid = os.fork()
        if not pid:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            for each in (control, awake, waker):
                each.close()
            for number in asking.values():
                os.close(number)
            _become(asked, numbers)
            return
        for number in numbers[:-1]:
            os.close(number)
        asking[pid] = numbers[-1]
        os.write(asking[pid], pid.to_bytes(_NUMBER, "big", signed=True))


def _tell(asking: dict[int, int]) -> None:
    """Tell whoever waits for a process that has ended how it did."""
    while asking:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        code = os.waitstatus_to_exitcode(status)
        number = asking.pop(pid)
        os.write(number, code.to_bytes(_NUMBER, "big", signed=True))
        os.close(number)


def _live() -> int:
    """Run the command that this process has become; return its exit code."""
    from freshline import failpoints
    from freshline.cli import main

    failpoints.arm(os.environ.get("FRESHLINE_FAILPOINTS", ""))
    try:
        main()
    except SystemExit as left:
        return int(left.code or 0)
    except BaseException:
        traceback.print_exc()
    return 1


if __name__ == "__main__":
    _import_all()
    _await(socket.socket(fileno=int(sys.argv[1])))
    code = _live()
    # What Python does at its end, but for DuckDB: that was imported in another process than it was
    # used in, and fails where it takes itself apart.
    threading._shutdown()  # type: ignore[attr-defined]  # pyright: ignore
    atexit._run_exitfuncs()  # pyright: ignore
    sys.stdout.flush()
    os._exit(code)
