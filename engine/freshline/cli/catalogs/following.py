"""Following: what is published in catalogs that are served elsewhere is here soon after.

1. For each such catalog one thread waits there for something to happen, and brings what is read
   here. The daemon never waits for any of it.
2. What happened is only a reason to look: what counts is what is current then. Whatever an outage
   swallowed is found by the look after it, and somebody looks again now and then though nothing
   was heard.
3. A catalog that cannot be reached is asked again after half a second, which a restart may take;
   then what it has is unknown, and it is asked ever more seldom.
"""

import random
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from freshline.cli.bringing import bring_from
from freshline.cli.catalogs.asking import Asking
from freshline.declare.brought import brought
from freshline.declare.catalogs import BROUGHT
from freshline.errors import DeniedError, FreshlineError
from freshline.lineage.graph import Graph
from freshline.other_catalogs import OtherCatalog
from freshline.refresh import AssetArrived

_WAIT = 25.0  # seconds that one question may wait for an answer
_FIRST, _LONGEST = 0.5, 10.0  # seconds between two attempts
_POLLED = 10.0  # seconds between two looks where nobody may wait for events
_PREFIX = "catalog://"


class Following:
    """Follows the served catalogs of the project below `root`; `close` it at the end.

    `rouse` is called whenever it was looked at one.
    """

    def __init__(self, root: Path, rouse: Callable[[], None]) -> None:
        self._root, self._rouse = root, rouse
        self._followers: dict[str, _Follower] = {}

    def follow(self, graph: Graph) -> None:
        """Follow what a graph reads of such catalogs, and nothing else any more."""
        wanted = wanted_of(self._root, graph)
        known = {each.name: each for each in graph.project.catalogs}
        for name, follower in tuple(self._followers.items()):
            if name not in wanted or follower.catalog != known[name]:
                follower.close()
                del self._followers[name]
        for name, assets in wanted.items():
            if name in self._followers:
                self._followers[name].want(assets)
                continue
            follower = self._followers[name] = _Follower(self._root, known[name], self._rouse)
            follower.want(assets)
            follower.start()

    def heard(self) -> Mapping[str, int]:
        """Return for each catalog how many times there was a reason to look at it."""
        return {name: follower.looks for name, follower in self._followers.items()}

    def close(self) -> None:
        """Follow nothing any more, and wait for nobody."""
        for follower in self._followers.values():
            follower.close()
        self._followers.clear()


def wanted_of(root: Path, graph: Graph) -> dict[str, tuple[str, ...]]:
    """Return which assets of which served catalogs are brought; sensors may want none brought.

    What is unknown now is no source of the graph: it is asked for as long as that is so.
    """
    served = {each.name for each in graph.project.catalogs if each.is_remote}
    found: dict[str, dict[str, None]] = {}
    for each in graph.sources.values():
        origin = each.definition.origin
        if origin is not None and origin.catalog in served:
            found.setdefault(origin.catalog, {})[origin.asset] = None
    for sensor in graph.sensors:
        for condition in sensor.conditions:
            if isinstance(condition, AssetArrived) and condition.key.startswith(_PREFIX):
                name = condition.key.removeprefix(_PREFIX).partition("/")[0]
                if name in served:
                    found.setdefault(name, {})
    for name in sorted(served):
        for folder in sorted((root / BROUGHT / name).glob("*/")):
            word = brought(root, f"{BROUGHT}/{name}/{folder.name}")
            if word is not None and word.error:
                found.setdefault(name, {})[folder.name] = None
    return {name: tuple(assets) for name, assets in found.items()}


class _Follower:
    """A thread that follows one catalog."""

    def __init__(self, root: Path, catalog: OtherCatalog, rouse: Callable[[], None]) -> None:
        self._root, self.catalog, self._rouse = root, catalog, rouse
        self._assets: tuple[str, ...] = ()
        self._over = threading.Event()
        self._asking = Asking(catalog)
        self._thread = threading.Thread(
            target=self._work, name=f"freshline following {catalog.name}", daemon=True
        )
        self.looks = 0

    def want(self, assets: tuple[str, ...]) -> None:
        """Bring these from now on."""
        self._assets = assets

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End soon: whoever is being waited for is not waited for any more."""
        self._over.set()
        self._asking.close()

    def _work(self) -> None:
        place, pause = -1, _FIRST
        while not self._over.is_set():
            try:
                if place < 0:
                    # The place is taken before it is looked: what happens in between is heard.
                    place = self._asking.wait(-1, 0).position
                self._look()
                place = self._asking.wait(place, _WAIT).position
                pause = _FIRST
            except DeniedError:  # it may not wait for events, or not at all: it still may look
                self._look()
                self._over.wait(_POLLED)
            except (FreshlineError, OSError, ValueError):
                self._over.wait(pause * (0.5 + random.random()))
                self._look()
                place, pause = -1, min(_LONGEST, pause * 2)

    def _look(self) -> None:
        """Bring what is current, or write down why that is unknown."""
        with suppress(FreshlineError, OSError):
            bring_from(self._root, self.catalog, self._assets)
        self.looks += 1
        self._rouse()
