"""Checks of an asset with what each found last, and whether somebody took that as it is."""

from dataclasses import dataclass
from enum import StrEnum

from freshline.definitions import CheckKind, CheckSeverity
from freshline.errors import Span
from freshline.events import CheckResult
from freshline.state import TargetState
from freshline.survey import Entry, EntryCheck


class CheckOutcome(StrEnum):
    """What is known of a check."""

    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"
    ACCEPTED = "accepted"  # fails, and somebody takes it as it is
    ERROR = "error"  # it could not be run
    UNKNOWN = "unknown"  # it has not been run on what is current


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckShown:
    """A check in short: what it asks, what it found in what is current, and in how many rows."""

    name: str
    kind: CheckKind
    severity: CheckSeverity
    columns: tuple[str, ...]
    description: str
    place: Span | None
    outcome: CheckOutcome
    failing: int
    error: str


def checks_of(entry: Entry, state: TargetState) -> tuple[CheckShown, ...]:
    """Return the checks of an asset, those that are not well first."""
    shown = [_shown(check, state) for check in entry.checks]
    order = (
        CheckOutcome.ERROR,
        CheckOutcome.FAILED,
        CheckOutcome.WARNED,
        CheckOutcome.ACCEPTED,
        CheckOutcome.UNKNOWN,
        CheckOutcome.PASSED,
    )
    return tuple(sorted(shown, key=lambda check: order.index(check.outcome)))


def _shown(check: EntryCheck, state: TargetState) -> CheckShown:
    result = _result(check, state)
    return CheckShown(
        name=check.name,
        kind=check.kind,
        severity=check.severity,
        columns=check.columns,
        description=check.description,
        place=check.place,
        outcome=_outcome(result, state),
        failing=result.failing if result is not None else 0,
        error=result.error if result is not None else "",
    )


def _result(check: EntryCheck, state: TargetState) -> CheckResult | None:
    """Return what a check found in what is current; of sources and views there is only one."""
    build = state.build
    found = [result for result in state.checks if result.check == check.digest]
    if build is not None and not build.version.query:
        content = build.trace.data_version
        found = [result for result in found if result.contents[0] == content]
    return found[-1] if found else None


def _outcome(result: CheckResult | None, state: TargetState) -> CheckOutcome:
    if result is None:
        return CheckOutcome.UNKNOWN
    if result.passed:
        return CheckOutcome.PASSED
    if state.accepts(result):
        return CheckOutcome.ACCEPTED
    if result.error:
        return CheckOutcome.ERROR
    return CheckOutcome.WARNED if result.severity is CheckSeverity.WARN else CheckOutcome.FAILED
