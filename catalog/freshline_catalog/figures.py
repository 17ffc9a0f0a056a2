"""Figures: what lists say of a target, told from its state and kept beside it."""

from typing import NamedTuple

from freshline.definitions import CheckSeverity
from freshline.events import CheckResult
from freshline.state import TargetState


class Figures(NamedTuple):
    """What lists are sorted by and say; None where there is none.

    `running` is the run that has a live attempt. `passed`, `warned` and `failing` count the checks
    on what is current: one that somebody accepted warns, like one that only tells.
    """

    built_at: float | None
    row_count: int | None
    byte_count: int | None
    failed_at: float | None
    running: str | None
    passed: int | None
    warned: int | None
    failing: int | None


def figures(state: TargetState) -> Figures:
    """Return the figures of a target."""
    version = state.build.version if state.build is not None else None
    has_rows = version is not None and not version.query
    results = _current(state)
    passed = sum(result.passed for result in results)
    warned = sum(_warns(state, result) for result in results)
    return Figures(
        built_at=version.at if version is not None else None,
        row_count=version.rows if version is not None and has_rows else None,
        byte_count=version.bytes if version is not None and has_rows else None,
        failed_at=state.failure.at if state.failure is not None else None,
        running=state.attempt.run if state.attempt is not None else None,
        passed=passed if results else None,
        warned=warned if results else None,
        failing=len(results) - passed - warned if results else None,
    )


def _current(state: TargetState) -> tuple[CheckResult, ...]:
    """Return the results on what is current; those on a candidate are about what nobody reads.

    Of sources and views the state keeps only the results on the content that was looked at last.
    """
    if state.build is not None and not state.build.version.query:
        content = state.build.trace.data_version
        return tuple(result for result in state.checks if result.contents[0] == content)
    return state.checks if state.candidate is None else ()


def _warns(state: TargetState, result: CheckResult) -> bool:
    is_told = result.severity is CheckSeverity.WARN or state.accepts(result)
    return not result.passed and is_told
