"""Acting: pages that say exactly what would happen, and the forms and calls that have it done."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Query

from freshline.catalog import Wanted
from freshline.events import CheckResult
from freshline.ticks import Mover, RequestState
from freshline_catalog.server import actions
from freshline_catalog.server.assets.head import found
from freshline_catalog.server.automation.movers import Moving, moving
from freshline_catalog.server.automation.queue import Request, request_of
from freshline_catalog.server.builds.checks import results_on_current
from freshline_catalog.server.builds.history import numbered
from freshline_catalog.server.doings import Kind
from freshline_catalog.server.entries import state_of
from freshline_catalog.server.page import Page
from freshline_catalog.server.people import Role, User
from freshline_catalog.server.plans import PlanFacts
from freshline_catalog.server.problems import AbsentError, InvalidError
from freshline_catalog.server.reading import Reading
from freshline_catalog.server.runs.log_file import is_run
from freshline_catalog.server.runs.reading import RunFacts, run_of
from freshline_catalog.server.services import Services

Which = Annotated[Mover, Query(description="Which kind of thing: a schedule or a sensor")]
Name = Annotated[str, Query(max_length=200, description="Its name")]
Key = Annotated[str, Query(alias="select", max_length=200, description="The asset's key")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Materialize:
    """What a materialization would do now. `id` is the one under which it is done once.

    `outdated` says that the caller has seen another plan before.
    """

    id: str
    select: str
    only: bool
    force: bool
    plan: PlanFacts
    outdated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """An action that waits for a yes: what kind, about what, and what is known of that now.

    `current` is the version that the asset has, `then` the one it would have; `downstream` counts
    the assets that hang on it.
    """

    id: str
    kind: Kind
    key: str = ""
    run: str = ""
    check: str = ""
    current: int | None = None
    then: int | None = None
    then_at: float | None = None
    then_rows: int | None = None
    downstream: int = 0
    since: float | None = None
    by: str = ""
    why: str = ""
    until: float | None = None
    result: CheckResult | None = None
    facts: RunFacts | None = None
    moving: Moving | None = None
    request: Request | None = None


def materialize(
    asked: Reading,
    select: Annotated[
        str, Query(max_length=actions.LONGEST_SELECTION, description="A selection")
    ] = "",
    only: Annotated[bool, Query(description="Leave what it reads as it is")] = False,
    force: Annotated[bool, Query(description="Also what is fresh")] = False,
) -> Materialize:
    """Show exactly what would run now, and why."""
    wanted = Wanted(selection=select.strip(), only=only, force=force)
    return planned(asked.services, asked.user, wanted)


def planned(
    services: Services, user: User, wanted: Wanted, *, outdated: bool = False
) -> Materialize:
    """Return what a materialization would do now; UsageError where the selection is none."""
    return Materialize(
        id=actions.new_id(services),
        select=wanted.selection,
        only=wanted.only,
        force=wanted.force,
        plan=actions.plan(services, user, wanted),
        outdated=outdated,
    )


def cancel(
    asked: Reading, run: Annotated[str, Query(max_length=100, description="The run's id")]
) -> Confirm:
    """Show which run would be asked to stop."""
    actions.operating(asked.user)
    known = run_of(asked, run) if is_run(run) else None
    if known is None:
        raise AbsentError("there is no run of this id", help="see the list of runs")
    id = actions.new_id(asked.services)
    return Confirm(id=id, kind=Kind.CANCEL, run=run, facts=known[0])


def pause(asked: Reading, key: Key) -> Confirm:
    """Show what would be left as it is."""
    return _about(asked, Kind.PAUSE, key)


def resume(asked: Reading, key: Key) -> Confirm:
    """Show which pause would end."""
    view = _about(asked, Kind.RESUME, key)
    if state_of(asked, key).pause is None:
        raise InvalidError("it is not paused", help="nothing has to be resumed")
    return view


def unpin(asked: Reading, key: Key) -> Confirm:
    """Show which pin would end."""
    view = _about(asked, Kind.UNPIN, key)
    if state_of(asked, key).pin is None:
        raise InvalidError("it is not pinned", help="it follows its definition and its inputs")
    return view


def rollback(
    asked: Reading,
    key: Key,
    number: Annotated[int, Query(ge=1, le=1_000_000_000, description="The version")],
) -> Confirm:
    """Show which version would be current again, and be kept."""
    view = _about(asked, Kind.ROLLBACK, key)
    build = numbered(asked, key, number)
    if build is None:
        raise AbsentError("it has no version of this number", help="see its runs")
    version = build[0].version
    return replace(
        view,
        then=version.number,
        then_at=version.at,
        then_rows=None if version.query else version.rows,
    )


def accept(
    asked: Reading,
    key: Key,
    check: Annotated[str, Query(max_length=300, description="The check's name")],
) -> Confirm:
    """Show which failing check would be taken as it is, and on which rows it fails."""
    view = _about(asked, Kind.ACCEPT, key)
    state = state_of(asked, key)
    results = (*results_on_current(state), *state.checks)
    result = next((r for r in results if r.name == check and not r.passed), None)
    if result is None:
        raise AbsentError("it has no failing check of this name", help="see its checks")
    return replace(view, check=check, result=result)


def pause_mover(asked: Reading, mover: Which, name: Name) -> Confirm:
    """Show which schedule or sensor would do nothing."""
    return _about_mover(asked, Kind.PAUSE, mover, name)


def resume_mover(asked: Reading, mover: Which, name: Name) -> Confirm:
    """Show which schedule or sensor would go on."""
    view = _about_mover(asked, Kind.RESUME, mover, name)
    if view.moving is None or view.moving.halt is None:
        raise InvalidError("it is not paused", help="nothing has to be resumed")
    return view


def withdraw(
    asked: Reading, run: Annotated[str, Query(max_length=100, description="The run's id")]
) -> Confirm:
    """Show which queued run would not begin."""
    actions.operating(asked.user)
    request = request_of(asked, run) if is_run(run) else None
    if request is None:
        raise AbsentError("no run of this id was asked for", help="see the queue")
    if request.state is not RequestState.QUEUED:
        raise InvalidError("it is not queued any more", help="see the run")
    id = actions.new_id(asked.services)
    return Confirm(id=id, kind=Kind.WITHDRAW, run=run, request=request)


def _about_mover(asked: Reading, kind: Kind, mover: Mover, name: str) -> Confirm:
    actions.operating(asked.user)
    known = moving(asked, mover, name)
    return Confirm(id=actions.new_id(asked.services), kind=kind, moving=known)


def _about(asked: Reading, kind: Kind, key: str) -> Confirm:
    actions.operating(asked.user)
    head = found(asked, key).head
    state = state_of(asked, key)
    wish = state.pin if kind is Kind.UNPIN else state.pause
    return Confirm(
        id=actions.new_id(asked.services),
        kind=kind,
        key=key,
        current=state.build.version.number if state.build is not None else None,
        downstream=head.downstreams,
        since=wish.at if wish is not None else None,
        by=wish.actor if wish is not None else "",
        why=wish.reason if wish is not None else "",
        until=state.pin.until if state.pin is not None and kind is Kind.UNPIN else None,
    )


def _page(name: str, make: Callable[..., object], api: str = "") -> Page:
    return Page(
        path=f"/{name}",
        make=make,
        template=f"{name.replace('/', '_')}.html",
        api=api or f"/actions/{name}",
        role=Role.OPERATOR,
    )


PAGES = (
    _page("materialize", materialize, "/plan"),
    _page("cancel", cancel),
    _page("pause", pause),
    _page("resume", resume),
    _page("rollback", rollback),
    _page("unpin", unpin),
    _page("accept", accept),
    _page("automation/pause", pause_mover),
    _page("automation/resume", resume_mover),
    _page("automation/withdraw", withdraw),
)
