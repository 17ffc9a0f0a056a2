"""Inputs compared: what a build read through its windows, and what is there to be read now.

Equal content is equal rows in any order. A reader that hangs on their order takes nothing but the
very version it read for the same.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from freshline.codec import digest
from freshline.lineage.canonical import canonicaliser
from freshline.lineage.graph import Asset, Graph, Source
from freshline.reconcile.fingerprint import source_version
from freshline.state import Observation
from freshline.versions import WHOLE, Build, Output, Read, Window


class Seen(NamedTuple):
    """What can be seen of an input now: which version, and the hashes of its content.

    `outputs` are those through windows; None where one token stands for every window.
    """

    version: str
    data_version: str
    outputs: tuple[Output, ...] | None = ()

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
        if read is not None and read.version == now.version:
            continue
        content = now.through(read.window) if read is not None and not in_order else ""
        if content is None:
            unsure.append(key)
        elif read is None or content != read.data_version:
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
    """Return for each asset the windows that anybody reads it by: as declared, and on record."""
    found: dict[str, dict[Window, None]] = {}
    for key, asset in graph.assets.items():
        build = builds.get(key)
        recorded = {read.asset: read.window for read in build.trace.inputs} if build else {}
        for upstream in () if asset.is_view else asset.reads:
            if upstream in graph.assets:
                windows = found.setdefault(upstream, {})
                windows[asset.window(upstream)] = None
                windows[recorded.get(upstream, WHOLE)] = None
    return {key: tuple(w for w in windows if w != WHOLE) for key, windows in found.items()}


def reusable(
    history: Iterable[Build], asset: Asset, settings: str, inputs: Mapping[str, Seen]
) -> Build | None:
    """Return the latest build that is what a rebuild from these inputs would give, if any."""
    for build in history:
        trace = build.trace
        same = trace.code_version == asset.code_version and trace.canonicaliser == canonicaliser()
        same = same and trace.config == settings and len(trace.inputs) == len(inputs)
        if same and compare(build, inputs, in_order=asset.order_sensitive) == Difference():
            return build
    return None


def seen_of(build: Build) -> Seen:
    """Return what is seen of a build."""
    return Seen(build.version.mat_id, build.trace.data_version, build.trace.outputs)


def seen_of_source(source: Source, observed: Observation) -> Seen:
    """Return what is seen of a source: which of its columns have changed, nobody knows."""
    version = source_version(source, observed)
    return Seen(version, version, None)


def seen_through(asset: Asset, code_version: str, inputs: Iterable[Seen]) -> Seen:
    """Return what is seen of a view: a definition of it over what that reads.

    Where its rows may hang on the order of what it reads, other versions are another content.
    """
    below = tuple(inputs)
    in_order = asset.order_sensitive or asset.code_version != code_version
    versions = [seen.version for seen in below]
    contents = versions if in_order else [seen.data_version for seen in below]
    return Seen(digest(code_version, *versions), digest(code_version, *contents), None)
