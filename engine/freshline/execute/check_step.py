"""A step that computes nothing: the checks of what is current, an asset's version or a source."""

from collections.abc import Mapping
from dataclasses import dataclass

from freshline.errors import ComputeError, FreshlineError
from freshline.execute.checking import Findings, Subject, examine, refusal
from freshline.execute.run import Status
from freshline.execute.setting import Input, Result, Setting, input_of, machine_refused
from freshline.keys import Target
from freshline.reconcile.checks import asked_at
from freshline.state import TargetState
from freshline.versions import Build


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckTask:
    """Whose checks: `builds` are the versions to look at, the asset's own among them."""

    target: Target
    builds: Mapping[str, Build]
    known: TargetState


def perform_check(task: CheckTask, setting: Setting) -> Result:
    """Run the checks that have no answer yet; a blocking one that fails is a failed step."""
    key = task.target.asset
    try:
        findings = look_at(task, setting)
    except FreshlineError as problem:
        return Result(status=Status.FAILED, error=problem)
    except OSError as problem:
        return Result(status=Status.FAILED, error=machine_refused(problem))
    if findings.refused:
        error = refusal(key, findings, published=True)
        return Result(status=Status.FAILED, error=error, checks=findings.failed)
    return Result(
        status=Status.CHECKED,
        build=task.builds.get(key),
        note=_note(findings),
        checks=findings.failed,
    )


def look_at(task: CheckTask, setting: Setting, *, anew: bool = False) -> Findings:
    """Return what the checks say of what is current; ComputeError where there is nothing."""
    content = input_of(setting, task.target.asset, task.builds)
    if content is None:
        raise ComputeError(f"{task.target} was never materialized", help="run apply first")
    return examine(setting, subject_of(setting, task, content), anew=anew)


def subject_of(setting: Setting, task: CheckTask, content: Input) -> Subject:
    """Return a content with its checks and whatever else they read."""
    key = task.target.asset
    checks = setting.graph.checks_of(key)
    others: dict[str, Input] = {}
    now = setting.ports.clock.now()
    for read in dict.fromkeys(read for check in checks for read in check.reads):
        found = input_of(setting, read, task.builds)
        if found is None:
            raise ComputeError(
                f"a check of {key} reads {read}, which was never materialized",
                help=f"run freshline apply {read}",
            )
        others[read] = found
    return Subject(
        target=task.target,
        checks=checks,
        columns=setting.graph.columns_of(key),
        content=content,
        others=others,
        known=task.known,
        hours={check.digest: asked_at(setting.graph, key, check, now) for check in checks},
    )


def _note(findings: Findings) -> str:
    count = len(findings.results) - len(findings.failed)
    return f"{count} check{'' if count == 1 else 's'} passed"
