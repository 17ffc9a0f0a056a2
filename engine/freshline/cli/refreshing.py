"""Why something is not running now, decided as the daemon would; nothing is kept of it."""

from freshline.cli.compose import Project, automation_in
from freshline.operate.deciding import evaluate
from freshline.operate.scene import Evaluated, Scene
from freshline.operate.waiting import Waiting, answer
from freshline.ports import EventLog
from freshline.reconcile.facts import Facts
from freshline.reconcile.planned import Plan
from freshline.ticks import leadership


def evaluated(project: Project, log: EventLog, plan: Plan, facts: Facts) -> tuple[Scene, Evaluated]:
    """Return what the daemon would make of a plan of everything; nothing of it is kept."""
    automation = automation_in(log)
    scope = (facts.project, project.environment)
    scene = Scene(
        plan=plan,
        facts=facts,
        memories=automation.memories(*scope),
        requests=automation.requests(*scope),
        halts=automation.halts(*scope),
    )
    return scene, evaluate(scene, lambda: "")


def waiting_of(project: Project, key: str, plan: Plan, facts: Facts) -> Waiting:
    """Return why an asset is or is not running now, from a plan of everything."""
    return answer(key, *evaluated(project, project.sight.events, plan, facts))


def is_kept(project: Project) -> bool:
    """Say whether a daemon keeps the project's environment fresh at this moment."""
    return project.sight.events.holder(leadership(project.environment)) is not None


def lines(waiting: Waiting, rule: str, *, is_kept: bool) -> list[str]:
    """Return what is told of it below the verdict."""
    if not is_kept:
        return [f"  refreshed {rule}, where a daemon runs: none does here (`freshline up`)"]
    found = [f"  refreshed {rule}", f"  now: {waiting.sentence}"]
    if waiting.event:
        found.append(f"  {waiting.event}")
    if waiting.age is not None:
        found.append(f"  its freshness {waiting.age.standing}: {waiting.age.why}")
    return [*found, f"  {waiting.next}"]
