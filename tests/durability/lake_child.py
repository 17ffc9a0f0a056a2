"""A process of its own at a lake: tests start it, watch what it says, and kill it.

lake_child.py publish ROOT           publish version after version, and abort an attempt after each
lake_child.py race ROOT COUNT        wait for a line, then publish COUNT versions against all others
lake_child.py limit ROOT BYTES SQL   publish a query while no file may grow beyond BYTES
"""

import os
import resource
import sys
from pathlib import Path

from freshline.errors import ConflictError, FencedError, FreshlineError
from freshline.testing.attempts import TARGET, Attempts, new_id, query
from freshline.testing.compute import DuckDBCompute
from freshline.versions import Publication
from freshline_adapters.lake import Lake


def say(*words: object) -> None:
    """Write a line at once and whole, so that a kill cannot cut it."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def publish(attempts: Attempts) -> None:
    while True:
        number = len(attempts.storage.numbers(TARGET)) + 1
        mat_id = new_id()
        say("begun", mat_id)
        version = attempts.published(query(number, rows=50 + number % 7), mat_id=mat_id)
        say("published", version.number)
        mat_id = new_id()
        say("begun", mat_id)
        attempts.sealed(query(0), mat_id=mat_id)
        attempts.storage.abort(TARGET, mat_id)


def race(attempts: Attempts, count: int) -> None:
    say("ready")
    sys.stdin.readline()
    for _ in range(count):
        publication = attempts.sealed(query(os.getpid()))
        say("published", insist(attempts, publication), publication.mat_id)


def insist(attempts: Attempts, publication: Publication) -> int:
    while True:
        try:
            return attempts.storage.publish(publication).number
        except (ConflictError, FencedError):
            publication = attempts.against_head(publication)


def limit(attempts: Attempts, size: int, sql: str) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    try:
        attempts.published(sql)
    except FreshlineError as error:
        say(type(error).__name__, error.message, "|", error.help)
    else:
        say("published")


def main() -> None:
    what, root, *rest = sys.argv[1:]
    attempts = Attempts(storage=Lake(Path(root)), compute=DuckDBCompute())
    match what:
        case "publish":
            publish(attempts)
        case "race":
            race(attempts, int(rest[0]))
        case "limit":
            limit(attempts, int(rest[0]), rest[1])
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main()
