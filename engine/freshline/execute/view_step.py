"""A step that publishes a view: its query becomes the definition in force. No rows are computed.

The same protocol as for rows (see commit.py), with a record that holds a query in place of files.
Checks look at what the new definition gives before anybody else can see it.
"""

from freshline.errors import ComputeError, FreshlineError
from freshline.execute.checking import Findings
from freshline.execute.commit import (
    Task,
    claim,
    examined,
    forget_candidate,
    give_up,
    held_back,
    logic_of,
    publish_and_record,
    trace_of,
)
from freshline.execute.run import Status
from freshline.execute.setting import Input, Result, Setting, input_of, machine_refused, storage_for
from freshline.versions import WHOLE, Build, Output, Publication, PublishKind


def perform_view(task: Task, setting: Setting) -> Result:
    """Publish the declared query of a view and record it; a failure is a result."""
    try:
        return _defined(task, setting)
    except FreshlineError as error:
        return Result(status=Status.FAILED, error=error)
    except OSError as error:
        return Result(status=Status.FAILED, error=machine_refused(error))


def _defined(task: Task, setting: Setting) -> Result:
    ports = setting.ports
    older = task.step.reuse
    publish_id = ports.ids.new()
    fence = claim(task, setting, publish_id)
    publication = Publication(
        target=task.target,
        publish_id=publish_id,
        mat_id=older.version.mat_id if older else publish_id,
        fence=fence,
        base=task.head,
        kind=PublishKind.REVERT if older else PublishKind.BUILD,
        at=ports.clock.now(),
        rows=0,
        columns=task.asset.columns,
        files=(),
        trace=trace_of(task, setting, (), (Output(WHOLE, task.asset.code_version),)),
        logic=logic_of(task, setting),
        query=task.asset.query,
    )
    try:
        forget_candidate(task, setting)
        findings = Findings()
        if task.asset.checks:
            findings = examined(task, setting, _rows_of(task, setting, publication))
        if findings.refused:
            return held_back(task, setting, publish_id, publication.version, findings)
        build = publish_and_record(
            task, setting, storage_for(setting, task.target.asset), publication
        )
    except Exception as error:
        give_up(task, setting, publish_id, error)
        raise
    return Result(
        status=Status.REPUBLISHED if task.build or older else Status.BUILT,
        build=build,
        note=f"version {older.version.number} again" if older else "its definition",
        checks=findings.failed,
    )


def _rows_of(task: Task, setting: Setting, publication: Publication) -> Input:
    """Return how to read what the new definition gives."""
    candidate = Build(version=publication.version, trace=publication.trace)
    builds = {**task.inputs, task.target.asset: candidate}
    content = input_of(setting, task.target.asset, builds)
    if content is None:
        raise ComputeError(
            f"{task.target.asset} reads what was never materialized",
            help="run apply without --only",
        )
    return content
