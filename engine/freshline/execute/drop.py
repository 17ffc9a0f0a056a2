"""A step that drops what nobody declares any more, once somebody has agreed to that.

One event is all of it: the asset is none of this environment any more, its versions stay in the
storage until retention lets `gc` have them, and if it is declared again before, they are found.
"""

from collections.abc import Callable
from dataclasses import replace

from freshline.errors import FreshlineError
from freshline.events import Dropped
from freshline.execute.run import Status
from freshline.execute.setting import Result, Setting
from freshline.failpoints import failpoint
from freshline.keys import Target
from freshline.reconcile.planned import Action, Plan


def perform_drop(target: Target, setting: Setting) -> Result:
    """Record that an asset is dropped; a failure is a result."""
    try:
        failpoint("drop.before")
        ports = setting.ports
        ports.events.append([Dropped(at=ports.clock.now(), run=setting.run, target=target)])
    except FreshlineError as error:
        return Result(status=Status.FAILED, error=error)
    return Result(status=Status.DROPPED, note="its versions stay until gc removes them")


def drops(plan: Plan) -> tuple[str, ...]:
    """Return what a plan would drop."""
    return tuple(step.asset for step in plan.steps if step.action is Action.DROP)


def as_agreed(plan: Plan, agree: Callable[[tuple[str, ...]], bool]) -> tuple[Plan, tuple[str, ...]]:
    """Return the plan, without its drops where nobody agrees to them; and a sentence about that."""
    found = drops(plan)
    if not found or agree(found):
        return plan, ()
    steps = tuple(step for step in plan.steps if step.action is not Action.DROP)
    names = ", ".join(found)
    what = "is" if len(found) == 1 else "are"
    left = f"{names} {what} not declared any more, and not dropped: nobody agreed (say --yes)"
    return replace(plan, steps=steps), (left,)
