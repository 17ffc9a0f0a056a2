"""Decisions in SQLite: `freshline.ticks.Automation` in the same file as the event log.

Everything is written by the log's own writer, so a decision and the event that tells of its run are
one transaction, as durable as any event.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import cast

from freshline import codec
from freshline.errors import InternalError
from freshline.events import RunWithdrawn
from freshline.failpoints import failpoint
from freshline.ports import Lease
from freshline.ticks import (
    Arrival,
    Automation,
    Decided,
    Halt,
    Mover,
    Request,
    Requested,
    RequestState,
    Tick,
    deliveries_of,
    event_of,
)
from freshline_catalog import acts, recording
from freshline_catalog.connection import Connection, Row, Value
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.faults import translated
from freshline_catalog.statements import statements


class SqliteAutomation:
    """The decisions in the catalog of `log`; CatalogError and ResourceError are raised as it does.

    InternalError says that a text cannot be written: nothing is kept then.
    """

    def __init__(self, log: SqliteEventLog) -> None:
        self._log = log

    def memories(self, project: str, environment: str) -> Mapping[str, str]:
        """Return what is remembered, by name."""
        rows = cast(list[tuple[str, str]], self._rows("memories", project, environment))
        return dict(rows)

    def decide(self, leader: Lease, decided: Sequence[Decided]) -> tuple[Decided, ...]:
        """Keep decisions in their order, in one transaction; return those that were kept.

        One whose tick is there already is left out with all that came with it. FencedError, and
        nothing is kept, when somebody has led since.
        """
        drafts = [_Draft(each) for each in decided]
        weight = 1 + sum(1 + len(each.requests) for each in decided)
        kept = self._log.write(partial(_decide, leader=leader, drafts=drafts), weight=weight)
        with translated(self._log.path):
            failpoint("tick.after_commit")
        return kept

    def requests(self, project: str, environment: str) -> tuple[Requested, ...]:
        """Return the requests that have not ended, in the order in which they were made."""
        return self._requested("open_requests", project, environment)

    def past_requests(
        self, project: str, environment: str, limit: int = 50
    ) -> tuple[Requested, ...]:
        """Return requests, newest first, whatever became of them."""
        return self._requested("past_requests", project, environment, max(0, limit))

    def launched(self, leader: Lease, run: str, at: float, pid: int) -> bool:
        """Write down that the process of a queued run was begun; False where it is not queued.

        FencedError when somebody has led since.
        """

        def work(connection: Connection) -> bool:
            acts.refuse_follower(connection, leader)
            return _changed(connection, "launch", run, at, pid)

        return self._log.write(work)

    def requeue(self, leader: Lease, run: str) -> bool:
        """Queue a launched run again, whose process is gone and did nothing; False where it is not.

        FencedError when somebody has led since.
        """

        def work(connection: Connection) -> bool:
            acts.refuse_follower(connection, leader)
            return _changed(connection, "requeue", run)

        return self._log.write(work)

    def ended(self, run: str, at: float, outcome: str, said: str = "") -> bool:
        """Write down how a launched run ended; False where that is known already."""
        words = (_writable(outcome), _writable(said))
        return self._log.write(lambda connection: _changed(connection, "end", run, at, *words))

    def withdraw(self, run: str, at: float, actor: str) -> bool:
        """Cancel a queued request; False where it is not queued any more."""
        _writable(actor)

        def work(connection: Connection) -> bool:
            queued = _run(connection, "withdraw", run, at)
            for project, environment in cast(list[tuple[str, str]], queued):
                event = RunWithdrawn(
                    at=at, run=run, project=project, environment=environment, actor=actor
                )
                recording.record(connection, [recording.draft(event)])
            return bool(queued)

        return self._log.write(work)

    def ticks(
        self,
        project: str,
        environment: str,
        *,
        mover: Mover | None = None,
        name: str | None = None,
        limit: int = 50,
    ) -> tuple[Tick, ...]:
        """Return the newest ticks, newest first."""
        which = mover.value if mover is not None else None
        sql = "ticks" if mover is None or name is None else "ticks_of"
        rows = self._rows(sql, project, environment, which, name, max(0, limit))
        with translated(self._log.path):
            return tuple(codec.decode(cast(str, row[0]), Tick) for row in rows)

    def forget(self, project: str, environment: str, before: float) -> None:
        """Remove ticks, ended requests and events from outside from before a moment.

        What a tick that asked for a run was about is never asked for again, though it is forgotten.
        """
        self._log.write(partial(_forget, scope=(project, environment), before=before), weight=100)

    def halts(self, project: str, environment: str) -> tuple[Halt, ...]:
        """Return which schedules and sensors are halted."""
        rows = self._rows("halts", project, environment)
        with translated(self._log.path):
            return tuple(_halt(row) for row in rows)

    def halt(self, project: str, environment: str, halt: Halt) -> None:
        """Halt a schedule or sensor; again, and the latest word counts."""
        names = (_writable(halt.name), _writable(halt.actor), _writable(halt.reason))
        row = (project, environment, halt.mover.value, *names, halt.at)
        self._log.write(lambda connection: _run(connection, "halt", *row))

    def resume(self, project: str, environment: str, mover: Mover, name: str) -> bool:
        """Let a schedule or sensor go on; False where it was not halted."""
        row = (project, environment, mover.value, _writable(name))
        return self._log.write(lambda connection: _changed(connection, "resume", *row))

    def arrive(self, project: str, environment: str, arrival: Arrival) -> int:
        """Write down an event from outside; return its sequence number."""
        words = (_writable(arrival.actor), _writable(arrival.body))
        row = (project, environment, _writable(arrival.name), arrival.at, *words)
        return self._log.write(lambda connection: cast(int, _run(connection, "arrive", *row)[0][0]))

    def arrivals(self, project: str, environment: str, after: int) -> tuple[Arrival, ...]:
        """Return events from outside behind a sequence number, ascending."""
        rows = self._rows("arrivals", project, environment, after)
        return tuple(
            Arrival(sequence=sequence, name=name, at=at, actor=actor, body=body)
            for sequence, name, at, actor, body in cast(
                list[tuple[int, str, float, str, str]], rows
            )
        )

    def _requested(self, name: str, *bindings: Value) -> tuple[Requested, ...]:
        rows = self._rows(name, *bindings)
        with translated(self._log.path):
            return tuple(read_requested(row) for row in rows)

    def _rows(self, name: str, *bindings: Value) -> list[Row]:
        with self._log.reader() as connection:
            return _run(connection, name, *bindings)


_: type[Automation] = SqliteAutomation


def read_requested(row: Row) -> Requested:
    """Return the request that a row describes, with what became of it; ValueError where none."""
    body, state, launched, ended, pid, outcome, said = cast(
        tuple[str, str, float | None, float | None, int | None, str, str], row
    )
    return Requested(
        request=codec.decode(body, Request),
        state=RequestState(state),
        launched=launched,
        ended=ended,
        pid=pid,
        outcome=outcome,
        said=said,
    )


class _Draft:
    """A decision on its way into the tables; InternalError when it holds what cannot be written."""

    def __init__(self, decided: Decided) -> None:
        self.decided = decided
        self.tick = _text(decided.tick)
        self.requests = tuple((request, _text(request)) for request in decided.requests)
        self.events = tuple(recording.draft(event_of(request)) for request in decided.requests)
        self.deliveries = acts.drafts(deliveries_of(decided))
        _text(decided.memories)


def _decide(connection: Connection, leader: Lease, drafts: Sequence[_Draft]) -> tuple[Decided, ...]:
    acts.refuse_follower(connection, leader)
    kept = tuple(draft.decided for draft in drafts if _keep(connection, draft))
    failpoint("tick.before_commit")
    return kept


def _keep(connection: Connection, draft: _Draft) -> bool:
    """Keep one decision, unless its tick is there already; say whether it was kept."""
    tick = draft.decided.tick
    if _run(connection, "is_spent", _spent(tick.project, tick.environment, *_key(tick))):
        return False
    row = (*_key(tick), tick.at, tick.outcome.value, tick.run, draft.tick)
    if not _changed(connection, "add_tick", tick.project, tick.environment, *row):
        return False
    for name, value in draft.decided.memories.items():
        if value is None:
            _run(connection, "forget_memory", tick.project, tick.environment, name)
        else:
            _run(connection, "remember", tick.project, tick.environment, name, value)
    for request, body in draft.requests:
        scope = (request.project, request.environment, request.at)
        if not _changed(connection, "add_request", request.run, *scope, body):
            raise InternalError(f"run {request.run} has been asked for before")
    recording.record(connection, draft.events)
    acts.put(connection, draft.deliveries)
    return True


def _forget(connection: Connection, scope: tuple[str, str], before: float) -> None:
    guards = cast(list[tuple[str, str, str]], _run(connection, "spend_keys", *scope, before))
    rows = [(_spent(*scope, *guard),) for guard in guards]
    connection.executemany(statements("automation")["spend_key"], rows)
    for name in ("forget_ticks", "forget_requests", "forget_arrivals"):
        _run(connection, name, *scope, before)


def _key(tick: Tick) -> tuple[str, str, str]:
    return tick.mover.value, tick.name, tick.key


def _spent(*parts: str) -> str:
    return codec.digest(*parts)


def _halt(row: Row) -> Halt:
    mover, name, actor, reason, at = cast(tuple[str, str, str, str, float], row)
    return Halt(mover=Mover(mover), name=name, actor=actor, reason=reason, at=at)


def _text(value: object) -> str:
    try:
        return codec.encode(value).decode()
    except (TypeError, ValueError) as error:
        raise InternalError(f"a decision cannot be written as JSON: {error}") from error


def _writable(text: str) -> str:
    """Return a text that is one; InternalError where no encoding has its characters."""
    _text(text)
    return text


def _changed(connection: Connection, name: str, *bindings: Value) -> bool:
    return bool(_run(connection, name, *bindings))


def _run(connection: Connection, name: str, *bindings: Value) -> list[Row]:
    return connection.execute(statements("automation")[name], bindings).fetchall()
