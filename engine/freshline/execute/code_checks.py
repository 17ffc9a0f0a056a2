"""Checks that are functions: each gets the rows that it is about, and says whether they will do."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from freshline.calls import Given
from freshline.code import CodeInput
from freshline.errors import FreshlineError
from freshline.events import CheckResult
from freshline.execute import calling
from freshline.execute.given import given
from freshline.execute.setting import Input, Setting
from freshline.keys import Target
from freshline.lineage.graph import Check

# Under what heading a result shows what its function said.
SAID = ("said",)


def run_code_checks(
    setting: Setting,
    target: Target,
    checks: Sequence[tuple[Check, tuple[str, ...]]],
    seen: Mapping[str, Input],
) -> dict[str, CheckResult]:
    """Return the answers of checks by their digest; each comes with the contents it looks at.

    `seen` is how what they read is read now, the asset itself included. One that raises has failed,
    and its answer is what it said.
    """
    return {check.digest: _answer(setting, target, check, at, seen) for check, at in checks}


def _answer(
    setting: Setting,
    target: Target,
    check: Check,
    contents: tuple[str, ...],
    seen: Mapping[str, Input],
) -> CheckResult:
    assert check.code is not None
    of = dict(check.parameters)

    def hand_over(each: CodeInput, to: Path) -> Given:
        key = of[each.name]
        return given(setting, each, key, (seen.get(key), None), to)

    wish = calling.Wish(code=check.code, target=target, hand_over=hand_over)
    said, error, passed = "", "", False
    try:
        returned, scratch = calling.call(wish, setting)
        calling.forget(scratch)
        told = returned.checks[0] if returned.checks else None
        passed, said = (told.passed, told.description) if told else (False, "it said nothing")
    except FreshlineError as problem:
        error = problem.message
    return CheckResult(
        name=check.definition.name,
        kind=check.definition.kind,
        severity=check.definition.severity,
        check=check.digest,
        contents=contents,
        failing=int(not passed and not error),
        columns=SAID if said and not passed else (),
        rows=((said,),) if said and not passed else (),
        error=error,
    )
