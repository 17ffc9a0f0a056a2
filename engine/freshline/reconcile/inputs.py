"""Inputs compared: what a build read through its windows, and what is there to be read now.

Equal content is equal rows in any order. A reader that hangs on their order takes nothing but the
very version it read for the same.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from freshline.codec import digest
from freshline.definitions import Looks, ProbeKind
from freshline.lineage.canonical import rules_of
from freshline.lineage.graph import Asset, Graph, Source, awaited_columns
from freshline.reconcile.fingerprint import same_period, source_version
from freshline.state import Observation
from freshline.versions import WHOLE, Build, Output, Read, Window


class Seen(NamedTuple):
    """What can be seen of an input now: which version, and the hashes of its content.

    `outputs` are those through windows; None where one token stands for every window. `by_version`
    says that nobody looks at content: another version is a change.
    """

    version: str
    data_version: str
    outputs: tuple[Output, ...] | None = ()
    by_version: bool = False

    def shown_by(self, read: Read) -> bool | None:
        """Say whether it is what a build read, None where nobody has looked through the window."""
        if read.version == self.version:
            return True
        if self.by_version or not (read.has_content or self.outputs):
            return False  # nothing that content could be compared with
        content = self.through(read.window)
        return None if content is None else content == read.data_version

    def through(self, window: Window) -> str | None:
        """Return the hash of what a window shows, None where nobody has taken it."""
        if self.outputs is None or window == WHOLE:
            return self.data_version
        return next((o.data_version for o in self.outputs if o.window == window), None)


class Difference(NamedTuple):
    """How inputs differ from what a build read; of the unsure ones only a scan could tell."""

    changed: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()


def compare(build: Build, inputs: Mapping[str, Seen], *, in_order: bool = False) -> Difference:
    """Return which inputs show something else, through the windows that the build read them by."""
    recorded = {read.asset: read for read in build.trace.inputs}
    changed: list[str] = []
    unsure: list[str] = []
    for key, now in inputs.items():
        read = recorded.get(key)
        same = now.shown_by(read) if read is not None else False
        if read is not None and in_order:
            same = read.version == now.version
        if same is None:
            unsure.append(key)
        elif not same:
            changed.append(key)
    return Difference(tuple(changed), tuple(unsure))


def reads(asset: Asset, inputs: Mapping[str, Seen]) -> tuple[Read, ...]:
    """Return the record of inputs as a trace keeps it: each through the window it is read by.

    An input whose window nobody has looked through is on record whole, which is more than is read.
    """
    found: list[Read] = []
    for key, now in inputs.items():
        window = asset.window(key)
        content = now.through(window)
        if content is None:
            window, content = WHOLE, now.data_version
        found.append(Read(key, now.version, content, window))
    return tuple(found)


def windows_read(graph: Graph, builds: Mapping[str, Build]) -> dict[str, tuple[Window, ...]]:
    """Return for each input the windows that anybody reads it by: as declared, and on record.

    Among inputs are the sources whose content can be hashed through windows, and what rules and
    sensors wait for by some of its columns.
    """
    windowed = {key for key, source in graph.sources.items() if is_windowed(source)}
    found: dict[str, dict[Window, None]] = {}
    for key, asset in graph.assets.items():
        build = builds.get(key)
        recorded = {read.asset: read.window for read in build.trace.inputs} if build else {}
        for upstream in () if asset.is_view else asset.reads:
            if upstream in graph.assets or upstream in windowed:
                windows = found.setdefault(upstream, {})
                windows[asset.window(upstream)] = None
                windows[recorded.get(upstream, WHOLE)] = None
    for key, columns in awaited_columns(graph):
        if key in graph.assets or key in windowed:
            found.setdefault(key, {})[Window(tuple(sorted(columns)))] = None
    return {key: tuple(w for w in windows if w != WHOLE) for key, windows in found.items()}


def reusable(
    history: Iterable[Build],
    asset: Asset,
    settings: str,
    inputs: Mapping[str, Seen],
    wanted: str = "",
) -> Build | None:
    """Return the latest build that is what a rebuild from these inputs would give, if any.

    `wanted` is the day or hour that its rows must be of. Of rows that hang on the clock, and nobody
    says how, a rebuild would give others.
    """
    if asset.varies and asset.volatile is None and not asset.is_view:
        return None
    for build in history:
        trace = build.trace
        if not same_period(trace.period, wanted):
            continue
        same = trace.code_version == asset.code_version
        same = same and trace.canonicaliser == rules_of(asset.code)
        same = same and trace.config == settings and len(trace.inputs) == len(inputs)
        if same and compare(build, inputs, in_order=asset.order_sensitive) == Difference():
            return build
    return None


def seen_of(build: Build, asset: Asset | None = None) -> Seen:
    """Return what is seen of a build; of one of `asset`, as its `cutoff:` has its readers look."""
    by_version = asset is not None and asset.definition.cutoff.by is not Looks.CONTENT
    trace = build.trace
    return Seen(build.version.mat_id, trace.data_version, trace.outputs, by_version)


def seen_of_source(source: Source, observed: Observation) -> Seen:
    """Return what is seen of a source: which of its columns have changed, only a scan can tell."""
    version = source_version(source, observed)
    return Seen(version, version, () if is_windowed(source) else None)


def is_windowed(source: Source) -> bool:
    """Say whether a source is kept so that single columns of it can be read at little cost."""
    definition = source.definition
    return definition.format == "parquet" and definition.probe.kind is not ProbeKind.ALWAYS


def seen_through(asset: Asset, code_version: str, inputs: Iterable[Seen]) -> Seen:
    """Return what is seen of a view: a definition of it over what that reads.

    Where its rows may hang on the order of what it reads, other versions are another content.
    """
    below = tuple(inputs)
    in_order = asset.order_sensitive or asset.code_version != code_version
    versions = [seen.version for seen in below]
    contents = versions if in_order else [seen.data_version for seen in below]
    return Seen(digest(code_version, *versions), digest(code_version, *contents), None)
