"""Checks of one asset: what each found last, on what, and how it went before."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from freshline import codec
from freshline.definitions import CheckKind, CheckSeverity
from freshline.errors import Span
from freshline.events import Checked, CheckResult
from freshline.state import TargetState
from freshline.survey import Entry, EntryCheck
from freshline_catalog.server.asked import Asked
from freshline_catalog.server.entries import target_of
from freshline_catalog.statements import statements

STRIP = 50
_EVENTS = 400


class Found(StrEnum):
    """What a check found, as far as it matters to anybody."""

    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"
    ACCEPTED = "accepted"
    ERROR = "error"  # it could not be run
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """One earlier answer of a check."""

    at: float
    run: str
    found: Found
    failing: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckStanding:
    """A check: what it asks, what it found last, and how it went before, newest first.

    `on_candidate` says that the answer is about a version that was held back, `declared` is false
    where nobody declares the check any more. `rows` are some of the failing ones, under `columns`.
    """

    name: str
    kind: CheckKind
    severity: CheckSeverity
    found: Found
    declared: bool = True
    on_candidate: bool = False
    at: float | None = None
    run: str = ""
    since: float | None = None
    failing: int = 0
    error: str = ""
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str | None, ...], ...] = ()
    about: tuple[str, ...] = ()
    description: str = ""
    sql: str = ""
    place: Span | None = None
    accepted_by: str = ""
    accepted_because: str = ""
    history: tuple[Past, ...] = ()


def results_on_current(state: TargetState) -> tuple[CheckResult, ...]:
    """Return what is known about the current content; of a source and a view about the last one."""
    if state.build is not None and not state.build.version.query:
        content = state.build.trace.data_version
        return tuple(r for r in state.checks if r.contents[0] == content)
    return state.checks if state.candidate is None else ()


def standings(asked: Asked, entry: Entry, state: TargetState) -> tuple[CheckStanding, ...]:
    """Return the checks of an asset: those that do not pass first, then as they are declared."""
    history = history_of(asked, entry.key)
    current = {result.check: result for result in results_on_current(state)}
    held_back = on_candidate(state)
    declared = {check.digest: check for check in entry.checks}
    found: list[CheckStanding] = []
    for digest in dict.fromkeys((*declared, *held_back, *current)):
        result = held_back.get(digest) or current.get(digest)
        past = history.get(digest, ())
        is_current = digest not in held_back
        found.append(_standing(declared.get(digest), result, past, state, is_current))
    return tuple(sorted(found, key=lambda each: _ORDER[each.found]))


def on_candidate(state: TargetState) -> Mapping[str, CheckResult]:
    """Return, by digest, what does not pass on a candidate: that is why it was held back."""
    if state.candidate is None:
        return {}
    content = state.build.trace.data_version if state.build is not None else ""
    return {r.check: r for r in state.checks if not r.passed and r.contents[0] != content}


def found_by(result: CheckResult, *, accepted: bool) -> Found:
    """Return what a result means."""
    if result.passed:
        return Found.PASSED
    if accepted:
        return Found.ACCEPTED
    if result.severity is CheckSeverity.WARN:
        return Found.WARNED
    return Found.ERROR if result.error else Found.FAILED


_ORDER = {
    Found.FAILED: 0,
    Found.ERROR: 1,
    Found.WARNED: 2,
    Found.ACCEPTED: 3,
    Found.NOT_RUN: 4,
    Found.PASSED: 5,
}


def failing_since(history: Iterable[Past]) -> float | None:
    """Return since when a check has not passed, as far back as its history goes; None if it does.

    `history` is newest first.
    """
    since: float | None = None
    for past in history:
        if past.found is Found.PASSED:
            break
        since = past.at
    return since


def _standing(
    check: EntryCheck | None,
    result: CheckResult | None,
    history: tuple[Past, ...],
    state: TargetState,
    is_current: bool,
) -> CheckStanding:
    named = check or result
    assert named is not None  # one of the two brought the digest here
    accepted = result is not None and not result.passed and state.accepts(result)
    by = next((a for a in state.accepted if result and a.check == result.check), None)
    return CheckStanding(
        name=named.name,
        kind=named.kind,
        severity=named.severity,
        found=Found.NOT_RUN if result is None else found_by(result, accepted=accepted),
        declared=check is not None,
        on_candidate=result is not None and not is_current,
        at=history[0].at if history else None,
        run=history[0].run if history else "",
        since=failing_since(history),
        failing=result.failing if result is not None else 0,
        error=result.error if result is not None else "",
        columns=result.columns if result is not None else (),
        rows=result.rows if result is not None else (),
        about=check.columns if check is not None else (),
        description=check.description if check is not None else "",
        sql=check.sql if check is not None else "",
        place=check.place if check is not None else None,
        accepted_by=by.actor if by is not None and accepted else "",
        accepted_because=by.reason if by is not None and accepted else "",
        history=history[:STRIP],
    )


def history_of(asked: Asked, key: str, events: int = _EVENTS) -> Mapping[str, tuple[Past, ...]]:
    """Return for each check of an asset, by its digest, how it went, newest first."""
    bindings = (*target_of(asked, key), (1 << 63) - 1, events)
    past: dict[str, list[Past]] = {}
    for row in asked.connection.execute(statements("builds")["checked"], bindings):
        event = codec.decode(cast(str, row[3]), Checked)
        for result in event.results:
            found = found_by(result, accepted=False)
            past.setdefault(result.check, []).append(
                Past(at=event.at, run=event.run, found=found, failing=result.failing)
            )
    return {digest: tuple(each) for digest, each in past.items()}
