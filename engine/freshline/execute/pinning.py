"""Pinning: the versions that a step goes by, from the moment at which it is started."""

from collections.abc import Iterable, Mapping

from freshline.lineage.canonical import upstreams_in
from freshline.ports import Condition, Storage
from freshline.reconcile.facts import Facts
from freshline.reconcile.fingerprint import storage_of
from freshline.versions import Build


def pinned(builds: Mapping[str, Build], keys: Iterable[str]) -> Mapping[str, Build]:
    """Return the current builds of these assets, and of all that views among them look at."""
    found: dict[str, Build] = {}
    queue = list(keys)
    while queue:
        key = queue.pop()
        build = builds.get(key)
        if build is not None and key not in found:
            found[key] = build
            queue += upstreams_in(build.version.query)
    return found


def head(facts: Facts, storages: Mapping[str, Storage], key: str, build: Build | None) -> int:
    """Return the number of the published head; of one that cannot be read the storage's word."""
    inspection = facts.inspections.get(key)
    if inspection is not None and inspection.condition is Condition.DAMAGED:
        name = storage_of(facts.graph.assets[key].definition, facts.graph.project)
        numbers = storages[name].numbers(facts.target(key))
        return numbers[-1] if numbers else 0
    return build.version.number if build else 0
