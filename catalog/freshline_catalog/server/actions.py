"""Actions: what people may have done, each written down before it is done and after.

Rules:
1. Who may not is refused before anything else is looked at; `may_materialize` is the one door to
   runs. What a plan would touch is asked for, not what its selection says.
2. An action goes on record under an id that the caller may bring. The same id again is the same
   action: it is answered with what came of it, and not done twice.
3. What was begun and never reported is on record as begun: a server that died forgot nothing else.
"""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

from freshline.acts import Mute
from freshline.catalog import By, Ended, Wanted
from freshline.errors import FreshlineError
from freshline.keys import time_ordered_id
from freshline.secrets import redacted
from freshline.ticks import Arrival, Halt
from freshline_catalog.acts import SqliteActs
from freshline_catalog.automation import SqliteAutomation
from freshline_catalog.connection import Connection
from freshline_catalog.server import doings
from freshline_catalog.server.asked import Role, User
from freshline_catalog.server.automation.movers import Moving
from freshline_catalog.server.doings import Came, Doing, Kind
from freshline_catalog.server.plans import PlanFacts, plan_facts
from freshline_catalog.server.problems import InvalidError, OutdatedError, RefusedError
from freshline_catalog.server.runs.log_file import is_run
from freshline_catalog.server.services import Services

MOST_SAID = 4_000
LONGEST_REASON = 500
LONGEST_SELECTION = 4_000
LONGEST_BODY = 16_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Materialization:
    """What is to be made fresh: the plan that the caller has seen, and why."""

    select: str = ""
    plan: str
    only: bool = False
    force: bool = False
    reason: str = ""
    id: str = ""

    @property
    def wanted(self) -> Wanted:
        """The selection, as the engine is told."""
        return Wanted(selection=self.select.strip(), only=self.only, force=self.force)


def may_materialize(user: User, keys: Iterable[str]) -> None:
    """Let pass who may have these assets built; RefusedError for whoever may not.

    `keys` is everything that would be acted upon, also what was not named: a right to one asset
    must never build another.
    """
    del keys  # there are no rights by asset yet; this is where they will be asked for
    operating(user)


def operating(user: User) -> None:
    """Let pass who may change something; RefusedError for whoever may only read."""
    if not user.role.may(Role.OPERATOR):
        raise RefusedError(
            f"a {user.role} may look at everything and change nothing",
            help="sign in as an operator: `freshline up` prints a link for one",
        )


def plan(services: Services, user: User, wanted: Wanted) -> PlanFacts:
    """Return what would be done now; the engine's errors say what is wrong with the selection."""
    operating(user)
    if len(wanted.selection) > LONGEST_SELECTION:
        raise InvalidError(
            f"a selection has at most {LONGEST_SELECTION} characters", help="select a group instead"
        )
    return plan_facts(services.engine.plan(wanted))


def materialize(services: Services, user: User, order: Materialization) -> Doing:
    """Begin a run that does the plan which the caller has seen; it is under way on return.

    OutdatedError where the plan has changed since you looked at it, InvalidError where there is
    nothing to do.
    """
    operating(user)
    draft = _draft(services, user, Kind.MATERIALIZE, order.wanted.selection, order.reason, order.id)
    draft = replace(draft, run=draft.id)
    if (known := _known(services, draft)) is not None:
        return known
    current = plan(services, user, order.wanted)
    may_materialize(user, current.keys)
    if current.plan_id != order.plan:
        raise OutdatedError(
            "the plan has changed since you looked at it",
            help="look at the new plan, and begin that one",
        )
    if not current.steps:
        raise InvalidError("there is nothing to do", help="everything that was selected is fresh")
    if not services.log.write(lambda connection: doings.begin(connection, draft)):
        return _known(services, draft) or draft

    def ended(how: Ended) -> None:
        outcome = Came.DONE if how.code == 0 else Came.FAILED
        with suppress(FreshlineError):  # the server may be closing: the run's own events say it
            _note(services, draft.id, outcome, how.said)

    by = By(actor=draft.actor, reason=draft.reason)
    try:
        services.engine.apply(order.wanted, order.plan, by, draft.run, ended)
    except FreshlineError as error:
        _note(services, draft.id, Came.FAILED, _words(error))
        raise
    return draft


def cancel(services: Services, user: User, run: str, reason: str, id: str = "") -> Doing:
    """Ask a run that is under way to stop."""
    if not is_run(run):
        raise InvalidError("this is no run's id", help="see the list of runs")
    draft = replace(_draft(services, user, Kind.CANCEL, run, reason, id), run=run)
    return _carried_out(services, draft, lambda by: services.engine.cancel(run, by))


def pause(services: Services, user: User, key: str, reason: str, id: str = "") -> Doing:
    """Leave an asset as it is."""
    draft = _draft(services, user, Kind.PAUSE, key, _given(reason), id)
    return _carried_out(services, draft, lambda by: services.engine.pause((key,), by))


def resume(services: Services, user: User, key: str, reason: str, id: str = "") -> Doing:
    """End the pause of an asset."""
    draft = _draft(services, user, Kind.RESUME, key, reason, id)
    return _carried_out(services, draft, lambda by: services.engine.resume((key,), by))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback:
    """An older version that is to be current again, until when, and why."""

    key: str
    number: int
    until: str = ""
    reason: str
    id: str = ""


def rollback(services: Services, user: User, wanted: Rollback) -> Doing:
    """Make an older version current and pin it."""
    subject = f"{wanted.key} to version {wanted.number}"
    draft = _draft(services, user, Kind.ROLLBACK, subject, _given(wanted.reason), wanted.id)
    until = wanted.until.strip() or None
    return _carried_out(
        services,
        draft,
        lambda by: services.engine.rollback(wanted.key, wanted.number, until, by),
    )


def unpin(services: Services, user: User, key: str, reason: str, id: str = "") -> Doing:
    """Let an asset follow its definition and its inputs again."""
    draft = _draft(services, user, Kind.UNPIN, key, reason, id)
    return _carried_out(services, draft, lambda by: services.engine.unpin(key, by))


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """A failing check that is to be taken as it is, for the content that it failed on, and why."""

    key: str
    check: str
    reason: str
    id: str = ""


def accept(services: Services, user: User, wanted: Acceptance) -> Doing:
    """Take a failing check as it is."""
    subject = f"{wanted.key}:{wanted.check}"
    draft = _draft(services, user, Kind.ACCEPT, subject, _given(wanted.reason), wanted.id)
    return _carried_out(
        services, draft, lambda by: services.engine.accept(wanted.key, wanted.check, by)
    )


def pause_mover(services: Services, user: User, moving: Moving, reason: str, id: str = "") -> Doing:
    """Have a schedule or sensor do nothing until it is resumed."""
    subject = f"{moving.mover} {moving.name}"
    draft = _draft(services, user, Kind.PAUSE, subject, _given(reason), id)
    halt = Halt(
        mover=moving.mover, name=moving.name, actor=draft.actor, reason=draft.reason, at=draft.at
    )
    kept = SqliteAutomation(services.log)
    return _carried_out(services, draft, lambda by: kept.halt(*services.scope, halt))


def resume_mover(
    services: Services, user: User, moving: Moving, reason: str, id: str = ""
) -> Doing:
    """Let a schedule or sensor go on."""
    subject = f"{moving.mover} {moving.name}"
    draft = _draft(services, user, Kind.RESUME, subject, reason, id)
    kept = SqliteAutomation(services.log)

    def act(by: By) -> None:
        if not kept.resume(*services.scope, moving.mover, moving.name):
            raise InvalidError("it is not paused", help="nothing has to be resumed")

    return _carried_out(services, draft, act)


def withdraw(services: Services, user: User, run: str, reason: str, id: str = "") -> Doing:
    """Cancel a run that is queued, before it begins."""
    if not is_run(run):
        raise InvalidError("this is no run's id", help="see the queue")
    draft = replace(_draft(services, user, Kind.WITHDRAW, run, reason, id), run=run)
    kept = SqliteAutomation(services.log)

    def act(by: By) -> None:
        if not kept.withdraw(run, draft.at, by.actor):
            raise OutdatedError(
                "it is not queued any more", help="a run that has begun can be asked to stop"
            )

    return _carried_out(services, draft, act)


def mute(services: Services, user: User, subject: str, reason: str, until: float | None) -> Mute:
    """Send no notices of an asset, a sensor or what a pattern names, until then or for good."""
    draft = _draft(services, user, Kind.MUTE, subject, _given(reason), "")
    if until is not None and not draft.at < until:
        raise InvalidError("that moment has passed", help="name one to come")
    wish = Mute(subject=subject, actor=draft.actor, reason=draft.reason, at=draft.at, until=until)
    kept = SqliteActs(services.log)
    _carried_out(services, draft, lambda by: kept.mute(*services.scope, wish))
    return wish


def unmute(services: Services, user: User, subject: str) -> None:
    """Send notices of a subject again; nothing where it is not muted."""
    draft = _draft(services, user, Kind.UNMUTE, subject, "", "")
    kept = SqliteActs(services.log)

    def act(by: By) -> None:
        kept.unmute(*services.scope, subject)

    _carried_out(services, draft, act)


def tell(services: Services, user: User, name: str, body: str) -> Arrival:
    """Write down an event from outside, for sensors that wait for one of this name."""
    operating(user)
    if len(body) > LONGEST_BODY:
        raise InvalidError(
            f"an event says at most {LONGEST_BODY} characters", help="say where to read the rest"
        )
    told = Arrival(sequence=0, name=name, at=services.clock.now(), actor=user.actor, body=body)
    sequence = SqliteAutomation(services.log).arrive(*services.scope, told)
    audited(services, user, Kind.TELL, name)
    return replace(told, sequence=sequence)


def audited(services: Services, user: User, kind: Kind, subject: str) -> Doing:
    """Write down that somebody looked at what not everybody may see."""
    operating(user)
    draft = _draft(services, user, kind, subject, "", "")
    done = replace(draft, outcome=Came.DONE)
    services.log.write(lambda connection: _begin_and_end(connection, done))
    return done


def new_id(services: Services) -> str:
    """Return an id for an action that has not been asked for yet."""
    return time_ordered_id(services.clock.now(), os.urandom(10))


def _begin_and_end(connection: Connection, done: Doing) -> None:
    doings.begin(connection, done)
    doings.end(connection, done.id, done.outcome, done.said)


def _carried_out(services: Services, draft: Doing, act: Callable[[By], None]) -> Doing:
    """Do something that is over when the engine returns, on record before and after."""
    if not services.log.write(lambda connection: doings.begin(connection, draft)):
        return _known(services, draft) or draft
    try:
        act(By(actor=draft.actor, reason=draft.reason))
    except FreshlineError as error:
        _note(services, draft.id, Came.FAILED, _words(error))
        raise
    except BaseException as error:
        _note(services, draft.id, Came.FAILED, type(error).__name__)
        raise
    _note(services, draft.id, Came.DONE, "")
    return replace(draft, outcome=Came.DONE)


def _draft(services: Services, user: User, kind: Kind, subject: str, reason: str, id: str) -> Doing:
    operating(user)
    if id and not is_run(id):
        raise InvalidError("an action's id is a UUID", help="leave it out, and one is given")
    reason = reason.strip()
    if len(reason) > LONGEST_REASON:
        raise InvalidError(
            f"a reason has at most {LONGEST_REASON} characters", help="say it in fewer words"
        )
    return Doing(
        id=id or new_id(services),
        at=services.clock.now(),
        actor=user.actor,
        role=user.role.value,
        kind=kind,
        subject=subject,
        reason=reason,
    )


def _known(services: Services, draft: Doing) -> Doing | None:
    """Return what was asked for under this id before, where that is the same."""
    with services.log.reader() as connection:
        known = doings.doing_of(connection, draft.id)
    if known is None:
        return None
    if (known.actor, known.kind, known.subject) != (draft.actor, draft.kind, draft.subject):
        raise OutdatedError(
            "something else was asked for under this id", help="begin anew from the page"
        )
    return known


def _given(reason: str) -> str:
    if not reason.strip():
        raise InvalidError("this needs a reason", help="say why: it goes on record")
    return reason


def _note(services: Services, id: str, outcome: Came, said: str) -> None:
    cut = redacted(said)[-MOST_SAID:]
    services.log.write(lambda connection: doings.end(connection, id, outcome, cut))


def _words(error: FreshlineError) -> str:
    return f"{error.message} ({error.help})" if error.help else error.message
