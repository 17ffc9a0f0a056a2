"""A step that is tried again: what its last attempt left open is settled first.

An attempt of which nobody knew whether it was published stays open; while it is, no other may
begin. By now the storage may be able to tell.
"""

from collections.abc import Callable

from freshline.errors import FreshlineError, UnknownOutcomeError
from freshline.execute.recover import close_attempts
from freshline.execute.run import Status
from freshline.execute.setting import Result, Setting
from freshline.keys import Target
from freshline.state import State, TargetState
from freshline.versions import PublishKind


def try_again(target: Target, setting: Setting, perform: Callable[[], Result]) -> Result:
    """Return what the last attempt turns out to have published, or how another one ended."""
    try:
        before = _known(target, setting)
        if before.attempt is None or before.attempt.run != setting.run:
            return perform()
        ports = setting.ports
        state = State(targets={target: before})
        for problem in close_attempts(setting.run, state, ports.storages, ports):
            raise UnknownOutcomeError(problem, help="the next run asks the storage again")
        build = _known(target, setting).build
    except FreshlineError as error:
        return Result(status=Status.FAILED, error=error)
    if build is None or build.version.publish_id != before.attempt.publish_id:
        return perform()
    computed = build.version.kind is PublishKind.BUILD
    status = Status.BUILT if computed else Status.REPUBLISHED
    return Result(status=status, build=build, note="found to be published")


def _known(target: Target, setting: Setting) -> TargetState:
    return setting.ports.events.snapshot(target.project, target.environment).of(target)
