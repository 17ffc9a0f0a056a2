"""What a run writes down before its first step: who, what, and the world that it goes by."""

from collections.abc import Iterable

from freshline.events import AssetDefined, Event, RunStarted, SourceObserved
from freshline.execute.setting import Setting
from freshline.lineage.sources import is_news
from freshline.reconcile.facts import Facts
from freshline.reconcile.fingerprint import spec, spec_digest
from freshline.reconcile.planned import Plan


def opening(
    plan: Plan, facts: Facts, setting: Setting, actor: str, command: str
) -> tuple[Event, ...]:
    """Return the events that begin a run: who, what, and the definitions and sources it goes by."""
    at, run = setting.ports.clock.now(), setting.run
    events: list[Event] = [
        RunStarted(
            at=at,
            run=run,
            project=facts.project,
            environment=facts.environment,
            plan_id=plan.plan_id,
            actor=actor,
            command=command,
            steps=len(plan.steps),
            assets=tuple(step.asset for step in plan.steps),
        )
    ]
    return (*events, *_definitions(facts, at, run), *_observations(facts, run))


def news(facts: Facts, at: float, run: str) -> tuple[Event, ...]:
    """Return what the catalog does not know yet though no step is needed."""
    return (*_definitions(facts, at, run), *_observations(facts, run))


def _definitions(facts: Facts, at: float, run: str) -> Iterable[Event]:
    graph = facts.graph
    for key in (*graph.sources, *graph.assets):
        definition = (graph.assets.get(key) or graph.sources[key]).definition
        now = spec(definition)
        digest = spec_digest(now)
        if facts.state.of(facts.target(key)).definition != digest:
            yield AssetDefined(at=at, run=run, target=facts.target(key), digest=digest, spec=now)


def _observations(facts: Facts, run: str) -> Iterable[Event]:
    for key, observed in facts.sources.items():
        known = facts.state.of(facts.target(key)).observation
        how = facts.graph.sources[key].definition.probe
        if known is None or is_news(known, observed, how):
            # The time of the look, not of the writing down: trust in files is measured from it.
            yield SourceObserved(
                at=observed.at,
                run=run,
                target=facts.target(key),
                version=observed.version,
                signature=observed.signature,
            )
