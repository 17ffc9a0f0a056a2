"""What a run proved without computing it: fresh assets whose record names older versions.

Recorded once, so that the next plan compares versions and not contents, and asks no engine whether
two texts are the same query.
"""

from collections.abc import Iterator, Mapping

from freshline.events import Verified
from freshline.lineage.canonical import rules_of
from freshline.reconcile.facts import Facts
from freshline.reconcile.inputs import Difference, Seen, compare, seen_of, seen_of_source
from freshline.reconcile.planned import Plan
from freshline.reconcile.staleness import same_logic
from freshline.versions import Build, Read


def verified(
    plan: Plan, facts: Facts, builds: Mapping[str, Build], at: float, run: str
) -> Iterator[Verified]:
    """Yield what has to be written down of the assets that a plan found fresh.

    `builds` are current at the end of the run. What cannot be told without a scan is left to the
    next plan.
    """
    seen = {key: seen_of(build) for key, build in builds.items()}
    seen |= {
        key: seen_of_source(facts.graph.sources[key], observed)
        for key, observed in facts.sources.items()
    }
    for fresh in plan.fresh:
        asset, build = facts.graph.assets.get(fresh.asset), builds.get(fresh.asset)
        if asset is None or build is None or asset.is_view:
            continue
        now = {key: seen[key] for key in asset.reads if key in seen}
        if now.keys() != {read.asset for read in build.trace.inputs}:
            continue
        if compare(build, now, in_order=asset.order_sensitive) != Difference():
            continue
        moved = any(now[read.asset].version != read.version for read in build.trace.inputs)
        hashed = same_logic(build, asset)
        if moved or not hashed:
            yield Verified(
                at=at,
                run=run,
                target=facts.target(fresh.asset),
                mat_id=build.version.mat_id,
                inputs=tuple(_again(read, now[read.asset]) for read in build.trace.inputs),
                code_version=None if hashed else asset.code_version,
                canonicaliser=None if hashed else rules_of(asset.code),
            )


def _again(read: Read, now: Seen) -> Read:
    return read._replace(version=now.version)
