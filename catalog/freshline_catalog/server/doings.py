"""What people asked for, as it is on record: by whom, why, and what came of it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from freshline_catalog.connection import Connection, Row
from freshline_catalog.server.asked import Asked
from freshline_catalog.statements import statements

_A_WHILE = 3600.0  # whoever has not begun by then never will: its server has gone


class Kind(StrEnum):
    """What can be asked for."""

    MATERIALIZE = "materialize"
    CANCEL = "cancel"
    PAUSE = "pause"
    RESUME = "resume"
    ROLLBACK = "rollback"
    UNPIN = "unpin"
    ACCEPT = "accept"
    ROWS = "rows"
    DATA = "data"
    WITHDRAW = "withdraw"
    TELL = "tell"
    TOKEN = "token"
    REVOKE = "revoke"
    MUTE = "mute"
    UNMUTE = "unmute"


class Came(StrEnum):
    """What came of it."""

    BEGUN = "begun"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """Something that was asked for: by whom in which role, about what, and what came of it.

    `run` is the run that it is about, or began; `said` what the engine had to say.
    """

    id: str
    at: float
    actor: str
    role: str
    kind: Kind
    subject: str
    reason: str = ""
    run: str = ""
    outcome: Came = Came.BEGUN
    said: str = ""


def begin(connection: Connection, doing: Doing) -> bool:
    """Write down that something was asked for; say whether nobody had under this id."""
    row = (doing.id, doing.at, doing.actor, doing.role, doing.kind.value, doing.subject)
    found = connection.execute(statements("actions")["begin"], (*row, doing.reason, doing.run))
    return bool(found.fetchall())


def end(connection: Connection, id: str, outcome: Came, said: str = "") -> None:
    """Write down what came of it."""
    connection.execute(statements("actions")["end"], (id, outcome.value, said))


def doing_of(connection: Connection, id: str) -> Doing | None:
    """Return what was asked for under an id, None where nothing was."""
    rows = connection.execute(statements("actions")["action"], (id,)).fetchall()
    return _read(rows[0]) if rows else None


def begun_by(asked: Asked, run: str) -> Doing | None:
    """Return what a run was begun by, None where that was no page and no API."""
    rows = asked.connection.execute(statements("actions")["of_run"], (run,)).fetchall()
    return _read(rows[0]) if rows else None


def about_run(asked: Asked, run: str) -> tuple[Doing, ...]:
    """Return what else was asked for about a run."""
    rows = asked.connection.execute(statements("actions")["about_run"], (run,))
    return tuple(map(_read, rows))


def waiting(asked: Asked) -> tuple[Doing, ...]:
    """Return what was begun lately and has recorded no run yet, newest first."""
    rows = asked.connection.execute(statements("actions")["waiting"], (asked.now - _A_WHILE,))
    return tuple(map(_read, rows))


def latest(asked: Asked, limit: int) -> tuple[Doing, ...]:
    """Return what was asked for last, newest first."""
    rows = asked.connection.execute(statements("actions")["latest"], (limit,))
    return tuple(map(_read, rows))


def _read(row: Row) -> Doing:
    id, at, actor, role, kind, subject, reason, run, outcome, said = row
    return Doing(
        id=cast(str, id),
        at=cast(float, at),
        actor=cast(str, actor),
        role=cast(str, role),
        kind=Kind(cast(str, kind)),
        subject=cast(str, subject),
        reason=cast(str, reason),
        run=cast(str, run),
        outcome=Came(cast(str, outcome)),
        said=cast(str, said),
    )
