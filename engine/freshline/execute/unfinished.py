"""What a run left undone, told from what was recorded of it."""

from collections.abc import Iterable

from freshline.events import Materialized, Recorded, RunFinished, RunStarted, Verified
from freshline.lineage.graph import Graph, downstreams


def unfinished(entries: Iterable[Recorded]) -> frozenset[str]:
    """Return the assets that a run was to act upon and whose steps did not end well.

    A run that said how it ended says it itself; of one that died, all that is not on record.
    What is named although it is done costs nothing: the plan finds it fresh.
    """
    wanted: set[str] = set()
    done: set[str] = set()
    for entry in entries:
        match entry.event:
            case RunFinished(unfinished=left):
                return frozenset(left)
            case RunStarted(assets=assets):
                wanted |= set(assets)
            case Materialized(target=target) | Verified(target=target):
                done.add(target.asset)
            case _:
                pass
    return frozenset(wanted - done)


def last_run(started: Iterable[Recorded], environment: str) -> RunStarted | None:
    """Return the newest run of an environment; `started` are starts of runs, newest first."""
    for entry in started:
        if isinstance(entry.event, RunStarted) and entry.event.environment == environment:
            return entry.event
    return None


def to_build(left: frozenset[str], graph: Graph) -> frozenset[str]:
    """Return the assets to ask for: in place of a source that failed, those that read it."""
    readers = downstreams({key: asset.needs for key, asset in graph.assets.items()})
    behind = {reader for key in left - graph.assets.keys() for reader in readers.get(key, ())}
    return (left | behind) & graph.assets.keys()
