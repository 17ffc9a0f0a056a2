"""A step that makes the version that an asset is pinned to the current one again.

The same protocol as for rows (see commit.py), from a version that is published already. Nothing is
computed, and the version keeps the record of what it was built from. Checks are asked afterwards:
it is wanted as it is, and one that fails keeps its readers back, as on anything that is current.
"""

from dataclasses import replace

from freshline.errors import CheckFailedError, CorruptError, FreshlineError, InternalError
from freshline.execute.check_step import CheckTask, perform_check
from freshline.execute.commit import (
    Task,
    claim,
    forget_candidate,
    give_up,
    logic_of,
    publish_and_record,
)
from freshline.execute.run import Status
from freshline.execute.setting import Result, Setting, machine_refused, storage_for
from freshline.versions import Build, Publication, PublishKind


def point_back(task: Task, setting: Setting) -> Result:
    """Publish the version that the step names once more and record it; a failure is a result."""
    try:
        return _pointed_back(task, setting)
    except FreshlineError as error:
        return Result(status=Status.FAILED, error=error)
    except OSError as error:
        return Result(status=Status.FAILED, error=machine_refused(error))


def _pointed_back(task: Task, setting: Setting) -> Result:
    ports, storage = setting.ports, storage_for(setting, task.target.asset)
    older = task.step.reuse
    if older is None:
        raise InternalError(f"{task.target}: the step names no version", help="please report it")
    problems = storage.verify(older.version)
    if problems:
        raise CorruptError(
            f"version {older.version.number} of {task.target} is damaged: {'; '.join(problems)}",
            name=str(task.target),
            help=f"roll back to another one, or `freshline unpin {task.target.asset}`",
        )
    publish_id = ports.ids.new()
    publication = _publication(task, setting, older, publish_id)
    try:
        forget_candidate(task, setting)
        build = publish_and_record(task, setting, storage, publication)
    except Exception as error:
        give_up(task, setting, publish_id, error)
        raise
    note = f"version {older.version.number} again"
    done = Result(status=Status.REPUBLISHED, build=build, note=note)
    return _checked(task, setting, done, build) if task.asset.checks else done


def _checked(task: Task, setting: Setting, done: Result, build: Build) -> Result:
    builds = {**task.inputs, task.target.asset: build}
    found = perform_check(CheckTask(target=task.target, builds=builds, known=task.known), setting)
    if isinstance(found.error, CheckFailedError):
        return replace(found, build=build)
    return replace(done, checks=found.checks)  # a check that could not be asked is asked next time


def _publication(task: Task, setting: Setting, older: Build, publish_id: str) -> Publication:
    version, ports = older.version, setting.ports
    logic = ports.events.logic([version.mat_id]).get(version.mat_id) or logic_of(task, setting)
    return Publication(
        target=task.target,
        publish_id=publish_id,
        mat_id=version.mat_id,
        fence=claim(task, setting, publish_id),
        base=task.head,
        kind=PublishKind.REVERT,
        at=ports.clock.now(),
        rows=version.rows,
        columns=version.columns,
        files=version.files,
        trace=older.trace,
        logic=logic,
        query=version.query,
        layout=version.layout,
    )
