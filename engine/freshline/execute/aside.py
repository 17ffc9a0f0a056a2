"""Set aside, and readable all the same: the last versions of assets that cannot be worked with."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from freshline.errors import CorruptError
from freshline.keys import Target
from freshline.lineage.graph import Graph
from freshline.ports import Storage
from freshline.versions import Manifest


class Kept(NamedTuple):
    """A version that readers go on seeing, and where it lies."""

    storage: Storage
    manifest: Manifest


def last_versions(
    graph: Graph, environment: str, storages: Mapping[str, Storage]
) -> dict[str, Kept]:
    """Return the last version of each asset that is set aside and was ever built."""
    found: dict[str, Kept] = {}
    for key in graph.quarantined:
        target = Target(graph.project.name, environment, key)
        if (kept := last_version(target, storages.values())) is not None:
            found[key] = kept
    return found


def last_version(target: Target, storages: Iterable[Storage]) -> Kept | None:
    """Return the newest version of a target whose bytes are there, None where there is none.

    What is wrong with a definition may be its storage: whichever holds the newest has it.
    """
    found = (_newest(storage, target) for storage in storages)
    return max(
        (kept for kept in found if kept is not None),
        key=lambda kept: kept.manifest.version.at,
        default=None,
    )


def _newest(storage: Storage, target: Target) -> Kept | None:
    for number in reversed(storage.numbers(target)):
        try:
            manifest = storage.manifest(target, number)
        except CorruptError:
            continue
        if manifest.version.query or storage.stamp(manifest.version):
            return Kept(storage, manifest)
    return None
