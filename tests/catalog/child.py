"""A process of its own at the catalog: tests start it, watch what it says, and kill it.

child.py append PATH          append from four threads without end, printing each sequence
child.py fill PATH BYTES      append until a file would grow beyond BYTES, then say what came
child.py hold PATH PURPOSE    take the lease `shop/main`, say its epoch, wait
child.py decide PATH          lead and decide key after key, each with a run, saying each kept key
child.py create PATH          wait for a line, then open the catalog, say its schema, wait
child.py migrate PATH N       open the catalog, but die by SIGKILL at the N-th statement
"""

import itertools
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import apsw

from freshline.errors import FreshlineError
from freshline.keys import Target
from freshline.ports import Holder
from freshline.testing.automation_queue import HERE, Kept, decided, lead
from freshline.testing.specimens import attempt_failed, claim, materialized
from freshline_catalog import database
from freshline_catalog.automation import SqliteAutomation
from freshline_catalog.event_log import SqliteEventLog


def say(*words: object) -> None:
    """Write a line at once and whole, whichever thread speaks."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def append(path: Path) -> None:
    log = SqliteEventLog(path)

    def work(worker: int) -> None:
        target = Target("shop", "main", f"marts.asset_{worker}")
        for number in itertools.count():
            publish_id = f"{os.getpid()}/{worker}/{number}"
            if log.snapshot("shop", "main").of(target).attempt is None:
                log.claim([claim("r", target, publish_id)])
            say(log.append([attempt_failed("r", target, publish_id)]))
            say(log.append([materialized("r", target, publish_id)]))

    for worker in range(4):
        threading.Thread(target=work, args=(worker,)).start()


def fill(path: Path, size: int) -> None:
    import resource

    log = SqliteEventLog(path)
    target = Target("shop", "main", "marts.daily")
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    for number in itertools.count():
        try:
            last = log.append([attempt_failed("r", target, f"m{number}", message="x" * 2000)])
        except FreshlineError as error:
            say("error", type(error).__name__, error.message)
            break
        say("recorded", last)
    say("readable", len(log.events(limit=100_000)))
    log.close()


def hold(path: Path, purpose: str) -> None:
    holder = Holder(
        name="shop/main", actor="ada", host="host1", pid=os.getpid(), since=0.0, purpose=purpose
    )
    lease = SqliteEventLog(path).acquire(holder)
    say(lease.epoch)
    sys.stdin.readline()


def decide(path: Path) -> None:
    log = SqliteEventLog(path)
    kept = Kept(log, SqliteAutomation(log))
    leader = lead(kept)
    for number in itertools.count(int(kept.automation.memories(*HERE).get("next", "0"))):
        run = f"{leader.epoch}/{number}"
        mine = decided(str(number), run, next=str(number + 1))
        for each in kept.automation.decide(leader, [mine]):
            say(each.tick.key)


def create(path: Path) -> None:
    say("ready")
    sys.stdin.readline()
    log = SqliteEventLog(path)
    log.append([attempt_failed("r", Target("shop", "main", "marts.daily"), "m1")])
    say("opened", database.newest())
    sys.stdin.readline()
    log.close()


def migrate(path: Path, last: int) -> None:
    counter = itertools.count(1)

    def trace(*_: object) -> bool:
        if next(counter) == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return True

    def watch(connection: apsw.Connection) -> None:
        connection.exec_trace = trace

    apsw.connection_hooks.append(watch)
    SqliteEventLog(path).close()
    say("statements", next(counter) - 1)


def main(command: str, path: str, *arguments: str) -> None:
    commands: dict[str, Callable[[], None]] = {
        "append": lambda: append(Path(path)),
        "fill": lambda: fill(Path(path), int(arguments[0])),
        "hold": lambda: hold(Path(path), arguments[0]),
        "decide": lambda: decide(Path(path)),
        "create": lambda: create(Path(path)),
        "migrate": lambda: migrate(Path(path), int(arguments[0])),
    }
    commands[command]()


if __name__ == "__main__":
    main(*sys.argv[1:])
