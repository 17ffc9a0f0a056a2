"""The lineage graph: every asset and source that can be worked with, and what was set aside.

A graph is a value. Its order is topological and, among equals, by key, so that the same project
always gives the same plan.
"""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from freshline.code import Code
from freshline.definitions import (
    AssetDefinition,
    CheckDefinition,
    Column,
    Kind,
    MacroDefinition,
    ProjectDefinition,
    SourceDefinition,
    Volatile,
)
from freshline.errors import Diagnostic, Severity, Span
from freshline.lineage.canonical import upstreams_in
from freshline.refresh import AssetArrived, ScheduleDefinition, SensorDefinition, wakes
from freshline.versions import WHOLE, Window

WAITS = "W512"  # the code of what is set aside until columns are known that code will make


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A check that compiled: `query` gives its failing rows, with marked names (lineage.sql).

    `condition` is true of a failing row, and empty where no row fails by itself. `columns` are
    those it is about, or all that an author's own query gives; `reads` is what it looks at beside
    its own asset. The `digest` is that of what is asked: name, severity and description do not
    count. `varies` says that the same rows may fail another time: it reads the clock.

    One that is a function has `code` in place of a query, and `parameters` with the keys that they
    stand for, its own asset's among them.
    """

    definition: CheckDefinition
    digest: str
    query: str
    condition: str = ""
    columns: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    varies: bool = False
    code: Code | None = None
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A definition that compiled: what it reads, what runs, what comes out.

    `text` holds upstreams as marked identifiers (see lineage.sql); `opaque` says why the analysis
    could not see into it, and is empty where it could. `order_sensitive` says that its rows may
    hang on the order of what it reads: then an input with the same rows is not yet the same.
    `macros` are the names of those that it calls, directly or not. `through` is the text with the
    queries of views in it, and empty where it reads none. `windows` say what is read of each input;
    one that is not among them is read whole. `varies` is what makes its rows hang on the clock or
    on chance, in words, and `volatile` what is to be done about it, None where nobody says.

    Of an asset that code makes the text only names what it reads, `parameters` are the parameters
    of the code with the upstreams that they stand for, and `learns_columns` is true as long as
    nobody knows its columns: it has never run, and its author does not say.
    """

    definition: AssetDefinition
    upstreams: tuple[str, ...]
    text: str
    columns: tuple[Column, ...]
    code_version: str
    opaque: str = ""
    order_sensitive: bool = False
    checks: tuple[Check, ...] = ()
    macros: tuple[str, ...] = ()
    through: str = ""
    windows: tuple[tuple[str, Window], ...] = ()
    varies: tuple[str, ...] = ()
    volatile: Volatile | None = None
    parameters: tuple[tuple[str, str], ...] = ()
    learns_columns: bool = False

    def window(self, upstream: str) -> Window:
        """Return the columns that it reads of an upstream."""
        return next((window for key, window in self.windows if key == upstream), WHOLE)

    @property
    def query(self) -> str:
        """What runs: the text, with the queries of views in place of their names."""
        return self.through or self.text

    @property
    def reads(self) -> tuple[str, ...]:
        """What rows come from: its upstreams, and for each view among them what that reads."""
        return upstreams_in(self.through) if self.through else self.upstreams

    @property
    def is_view(self) -> bool:
        """Whether it is kept as its query alone."""
        return self.definition.kind is Kind.VIEW

    @property
    def code(self) -> Code | None:
        """What makes it where that is not SQL."""
        return self.definition.code

    @property
    def needs(self) -> tuple[str, ...]:
        """What must be there before it can be published: its upstreams, and what checks read."""
        reads = (read for check in self.checks for read in check.reads)
        return tuple(dict.fromkeys((*self.upstreams, *reads)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A source whose files were found and understood; `files` are relative to the project root."""

    definition: SourceDefinition
    files: tuple[str, ...]
    columns: tuple[Column, ...]
    checks: tuple[Check, ...] = ()

    @property
    def needs(self) -> tuple[str, ...]:
        """What must be there before it can be checked."""
        return tuple(dict.fromkeys(read for check in self.checks for read in check.reads))


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """An asset or source that cannot be worked with now: the code, and the upstream to blame."""

    code: str
    because: str = ""
    is_source: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """A compiled project: assets by key in topological order, and every finding about it.

    `macros` stand in an order to create them in.
    """

    project: ProjectDefinition
    assets: Mapping[str, Asset]
    sources: Mapping[str, Source]
    quarantined: Mapping[str, SetAside] = field(default_factory=dict[str, SetAside])
    macros: Mapping[str, MacroDefinition] = field(default_factory=dict[str, MacroDefinition])
    schedules: tuple[ScheduleDefinition, ...] = ()
    sensors: tuple[SensorDefinition, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether any finding is an error."""
        return any(d.severity is Severity.ERROR for d in self.diagnostics)

    def columns_of(self, key: str) -> tuple[Column, ...]:
        """Return the columns of an asset or source of this graph."""
        return (self.assets.get(key) or self.sources[key]).columns

    def definition_of(self, key: str) -> AssetDefinition | SourceDefinition:
        """Return the definition of an asset or source of this graph."""
        return (self.assets.get(key) or self.sources[key]).definition

    def checks_of(self, key: str) -> tuple[Check, ...]:
        """Return the checks of an asset or source of this graph."""
        return (self.assets.get(key) or self.sources[key]).checks

    def looked_through(self, keys: Iterable[str]) -> tuple[str, ...]:
        """Return these assets and sources, and behind each view what it reads in its turn."""
        found: dict[str, None] = {}
        queue = list(reversed(tuple(keys)))
        while queue:
            key = queue.pop()
            if key not in found:
                found[key] = None
                asset = self.assets.get(key)
                if asset is not None and asset.is_view:
                    queue += reversed(asset.upstreams)
        return tuple(found)

    def can_do_without(self, key: str) -> frozenset[str]:
        """Return what an asset reads and need not be there; views are looked through."""
        asset = self.assets.get(key)
        optional = {t.key for t in asset.definition.triggers if t.optional} if asset else ()
        if asset is None or not optional:
            return frozenset()
        checked = (read for check in asset.checks for read in check.reads)
        needed = (*(read for read in asset.upstreams if read not in optional), *checked)
        return frozenset(self.looked_through(optional)) - {*self.looked_through(needed)}

    def span_of(self, key: str) -> Span:
        """Return where an asset or source is declared."""
        return self.definition_of(key).span


def downstreams(upstreams: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Return for every key the keys that read it, in the mapping's order."""
    readers: dict[str, list[str]] = {key: [] for key in upstreams}
    for key, reads in upstreams.items():
        for upstream in reads:
            readers.setdefault(upstream, []).append(key)
    return {key: tuple(found) for key, found in readers.items()}


def in_order(upstreams: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return the keys so that each stands behind what it reads, smallest key first among equals.

    Kahn's algorithm with a heap; keys on a cycle, and those behind one, are left out.
    """
    readers = downstreams(upstreams)
    waiting = {key: sum(u in upstreams for u in set(reads)) for key, reads in upstreams.items()}
    ready = [key for key, count in waiting.items() if count == 0]
    heapq.heapify(ready)
    order: list[str] = []
    while ready:
        key = heapq.heappop(ready)
        order.append(key)
        for reader in set(readers[key]):
            waiting[reader] -= 1
            if waiting[reader] == 0:
                heapq.heappush(ready, reader)
    return tuple(order)


def reach(start: Iterable[str], edges: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """Return everything that can be reached from `start` along `edges`, `start` included."""
    found = set(start)
    queue = list(found)
    while queue:
        for key in edges.get(queue.pop(), ()):
            if key not in found:
                found.add(key)
                queue.append(key)
    return frozenset(found)


def needed_by(graph: Graph, keys: Iterable[str]) -> Graph:
    """Return the part of a graph that is needed for some keys: these, and all that is above them.

    What is wrong with the graph, and what is set aside, stays as it is.
    """
    nodes: dict[str, Asset | Source] = {**graph.sources, **graph.assets}
    part: set[str] = set()
    queue = [key for key in keys if key in nodes]
    while queue:
        if (key := queue.pop()) not in part:
            part.add(key)
            queue += (need for need in nodes[key].needs if need in nodes)
    return replace(
        graph,
        assets={key: asset for key, asset in graph.assets.items() if key in part},
        sources={key: source for key, source in graph.sources.items() if key in part},
    )


def awaited(graph: Graph, keys: Iterable[str]) -> frozenset[str]:
    """Return the assets whose columns some of these wait for."""
    aside = (found for key in keys if (found := graph.quarantined.get(key)) is not None)
    return frozenset(found.because for found in aside if found.code == WAITS)


def without(graph: Graph, findings: Sequence[Diagnostic]) -> Graph:
    """Return the graph without the sources that findings set aside, and without what needs them."""
    if not findings:
        return graph
    codes = {finding.asset: finding.code for finding in findings}
    nodes: dict[str, Asset | Source] = {**graph.sources, **graph.assets}
    aside: dict[str, SetAside] = {}
    for key in in_order({key: node.needs for key, node in nodes.items()}):
        blamed = next((need for need in nodes[key].needs if need in aside), None)
        if key in codes:
            aside[key] = SetAside(code=codes[key], is_source=key in graph.sources)
        elif blamed is not None:
            aside[key] = SetAside(code="E208", because=aside[blamed].because or blamed)
    return replace(
        graph,
        assets={key: asset for key, asset in graph.assets.items() if key not in aside},
        sources={key: source for key, source in graph.sources.items() if key not in aside},
        quarantined={**graph.quarantined, **aside},
        diagnostics=(*graph.diagnostics, *findings),
    )


def awaited_columns(graph: Graph) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the columns of assets and sources whose content rules and sensors wait for."""
    for asset in graph.assets.values():
        if asset.definition.refresh.named:
            for wake in wakes(asset.definition.refresh.rule):
                if wake.columns:
                    yield wake.key, wake.columns
    for sensor in graph.sensors:
        for condition in sensor.conditions:
            if isinstance(condition, AssetArrived) and condition.columns:
                yield condition.key, condition.columns
