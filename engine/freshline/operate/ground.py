"""What an evaluation asks of a scene again and again, looked up once."""

from collections.abc import Iterable, Mapping

from freshline.codec import digest
from freshline.definitions import ProbeKind
from freshline.lineage.graph import Asset, downstreams
from freshline.operate.memory import AssetMemory, key_of, name_of, read
from freshline.operate.scene import Scene
from freshline.operate.selecting import selecting
from freshline.reconcile import checks
from freshline.reconcile.checks import Standing
from freshline.reconcile.fingerprint import config, period, source_version
from freshline.reconcile.planned import Action, Step
from freshline.refresh import Trigger
from freshline.ticks import Requested, RequestState
from freshline.versions import Window

_PLAIN = Trigger(key="")


class Ground:
    """A scene, and what follows from it."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.facts = scene.facts
        self.graph = scene.facts.graph
        self.now = scene.now
        self.steps: Mapping[str, Step] = {
            step.asset: step for step in scene.plan.steps if step.action is not Action.DROP
        }
        self.blocked = {found.asset: found.why for found in scene.plan.blocked}
        self.proofs = {found.asset: found.proof for found in scene.plan.fresh}
        self.selecting = selecting(self.graph)
        self.running = self._running()
        self._rights: dict[str, float | None] | None = None
        self._readers: Mapping[str, tuple[str, ...]] | None = None
        self._needs: dict[str, tuple[str, ...]] = {}

    def memory(self, key: str) -> AssetMemory:
        """Return what is remembered of an asset."""
        name = name_of(key)
        return read(name, self.scene.memories.get(name))

    def undeclared(self) -> tuple[str, ...]:
        """Return under which names something is remembered of what is not declared any more.

        While a file cannot be understood, nobody knows what it declares.
        """
        if self.graph.failed:
            return ()
        known = (self.graph.assets, self.graph.sources, self.graph.quarantined)
        return tuple(
            name
            for name in self.scene.memories
            if (key := key_of(name)) is not None and not any(key in each for each in known)
        )

    def trigger(self, key: str, upstream: str) -> Trigger:
        """Return how an asset regards one of its inputs; behind a view, as it regards the view."""
        asset = self.graph.assets.get(key)
        for found in asset.definition.triggers if asset is not None else ():
            if found.key == upstream or upstream in self.graph.looked_through((found.key,)):
                return found
        return _PLAIN

    def needs(self, key: str) -> tuple[str, ...]:
        """Return what must be there before something is acted upon, views looked through."""
        if key not in self._needs:
            node = self.graph.assets.get(key) or self.graph.sources.get(key)
            needs = node.needs if node is not None else ()
            self._needs[key] = self.graph.looked_through(needs)
        return self._needs[key]

    def readers(self, key: str) -> tuple[str, ...]:
        """Return the assets that need something."""
        if self._readers is None:
            needs = {reader: asset.needs for reader, asset in self.graph.assets.items()}
            self._readers = downstreams(needs)
        return self._readers.get(key, ())

    def is_stale(self, key: str) -> bool:
        """Say whether anything but checks is to be done about an asset."""
        step = self.steps.get(key)
        return key in self.blocked or (step is not None and step.action is not Action.CHECK)

    def content(self, key: str) -> str | None:
        """Return the hash of what an asset or source holds, None where that is not known."""
        if (build := self.facts.builds.get(key)) is not None:
            return None if build.version.query else build.trace.data_version
        seen, source = self.facts.sources.get(key), self.graph.sources.get(key)
        return source_version(source, seen) if seen is not None and source is not None else None

    def shown(self, key: str, columns: tuple[str, ...]) -> str | None:
        """Return the hash of what some columns hold; of everything where nobody has taken that."""
        build = self.facts.builds.get(key)
        if build is not None and columns:
            for output in build.trace.outputs:
                if output.window.columns is not None and {*output.window.columns} == {*columns}:
                    return output.data_version
        return self.content(key)

    def moved(self, key: str) -> float | None:
        """Return when an asset or source got the content that it has."""
        if (build := self.facts.builds.get(key)) is not None:
            return build.version.at
        seen = self.facts.sources.get(key)
        known = self.facts.state.of(self.facts.target(key)).observation
        if known is not None and seen is not None and known.version == seen.version:
            return known.at
        return seen.at if seen is not None else None

    def always_moves(self, key: str) -> bool:
        """Say whether a source is taken for changed at every look, so that this says nothing."""
        source = self.graph.sources.get(key)
        return source is not None and source.definition.probe.kind is ProbeKind.ALWAYS

    def rights(self) -> Mapping[str, float | None]:
        """Return for everything when it was last known to be right, None where it never was.

        A source when it was looked at; an asset when it was built, and one that is fresh when all
        that it reads was. One that reads nothing knows of nothing outside.
        """
        if self._rights is None:
            found: dict[str, float | None] = {
                key: seen.at for key, seen in self.facts.sources.items()
            }
            for key, asset in self.graph.assets.items():
                found[key] = self._right(asset, found)
            self._rights = found
        return self._rights

    def attempt(self, key: str) -> str:
        """Return the digest of what building an asset now would be an attempt at."""
        build = self.facts.builds.get(key)
        head = build.version.publish_id if build is not None else str(self.content(key))
        needs = [need for need in sorted(self.needs(key)) if not self.always_moves(need)]
        parts = [f"{need}={self.content(need)}" for need in needs]
        return digest(self.logic(key), head, *parts)[:16]

    def logic(self, key: str) -> str:
        """Return the digest of how an asset would be built and checked, whatever it reads."""
        facts, asset = self.facts, self.graph.assets.get(key)
        parts = [f"{c.digest} {c.definition.severity}" for c in self.graph.checks_of(key)]
        parts += [f"{a.check} {a.contents}" for a in facts.state.of(facts.target(key)).accepted]
        if asset is not None:
            parts += [asset.code_version, config(asset.definition, self.graph.project)]
            parts.append(period(asset, self.now))
        return digest(*parts)[:16]

    def failing(self, key: str) -> Standing | None:
        """Return a blocking check that fails on what is current, where there is one."""
        if key not in self.graph.assets and key not in self.graph.sources:
            return None  # it is set aside, or of another catalog
        if not any(c for c in self.graph.checks_of(key)):
            return None
        read = (key, *(name for c in self.graph.checks_of(key) for name in c.reads))
        contents = {name: self.content(name) for name in read}
        return next((s for s in checks.standing(self.facts, key, contents) if s.blocks), None)

    def _right(self, asset: Asset, found: Mapping[str, float | None]) -> float | None:
        key = asset.definition.key
        build = self.facts.builds.get(key)
        if build is None:
            return None
        right = build.version.at
        if self.is_stale(key):
            memory = self.memory(key)
            return max(right, memory.stale) if memory.stale and asset.reads else right
        if key in self.facts.pins or key in self.facts.pauses:
            return right
        known = [at for need in asset.reads if (at := found.get(need)) is not None]
        complete = bool(known) and len(known) == len(asset.reads)
        return max(right, min(known)) if complete else right

    def _running(self) -> Mapping[str, Requested]:
        found: dict[str, Requested] = {}
        for each in self.scene.requests:
            if each.state in (RequestState.QUEUED, RequestState.LAUNCHED):
                for key in self._acted_upon(each):
                    found.setdefault(key, each)
        return found

    def _acted_upon(self, each: Requested) -> Iterable[str]:
        request = each.request
        if request.only or not request.selection:
            return request.assets
        return self.selecting.needed(request.selection) & self.steps.keys()


def covers(read: Window, wanted: tuple[str, ...]) -> bool:
    """Say whether what was read is just what is asked about; no columns are all of them."""
    return {*read.columns} == {*wanted} if read.columns is not None and wanted else not wanted
