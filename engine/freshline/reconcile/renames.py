"""Renames: an asset under a new key is what it was under the old one, and so are its readers.

A key changes nothing about rows. Until an apply has written the new key down, the state of the old
one is looked at under the new; and whatever was recorded of readers under an old key is understood
under the new one, for as long as nothing else is declared under the old.
"""

from collections.abc import Mapping
from dataclasses import replace

from freshline.keys import Target
from freshline.lineage.canonical import MARK
from freshline.lineage.graph import Graph
from freshline.lineage.quoting import quoted
from freshline.state import State
from freshline.versions import Build, Logic


def pending(graph: Graph, environment: str, state: State) -> dict[str, str]:
    """Return for each asset that nothing is known of the key whose versions it takes over."""
    found: dict[str, str] = {}
    for key, asset in graph.assets.items():
        was = asset.definition.was
        if was is None:
            continue
        new, old = (Target(graph.project.name, environment, each) for each in (key, was.key))
        if state.of(new).build is None and state.of(old).build is not None:
            found[key] = was.key
    return found


def under_new_keys(
    graph: Graph, environment: str, state: State, renames: Mapping[str, str]
) -> State:
    """Return the state as it will be when the new keys are written down."""
    targets = dict(state.targets)
    for new, old in renames.items():
        here, there = (Target(graph.project.name, environment, each) for each in (new, old))
        known, said = targets.pop(there), state.of(here)
        targets[here] = replace(
            known,
            target=here,
            was=(old, *known.was),
            pin=said.pin or known.pin,
            pause=said.pause or known.pause,
        )
    return replace(state, targets=targets)


def former_keys(graph: Graph, environment: str, state: State) -> dict[str, str]:
    """Return the present key of each that an asset had before and that nothing has now."""
    found: dict[str, str] = {}
    for key in graph.assets:
        for old in state.of(Target(graph.project.name, environment, key)).was:
            if old not in graph.assets and old not in graph.sources:
                found[old] = key
    return found


def renamed_build(build: Build, former: Mapping[str, str]) -> Build:
    """Return a build as if what it reads had always had its present key."""
    if not former or not any(read.asset in former for read in build.trace.inputs):
        return build
    inputs = tuple(
        read._replace(asset=former.get(read.asset, read.asset)) for read in build.trace.inputs
    )
    return replace(build, trace=replace(build.trace, inputs=inputs))


def renamed_view(build: Build, former: Mapping[str, str]) -> Build:
    """Return a view's build as if what its query reads had always had its present key."""
    query = _renamed_text(build.version.query, former)
    if query == build.version.query:
        return build
    return replace(build, version=replace(build.version, query=query))


def renamed_logic(logic: Logic, former: Mapping[str, str]) -> Logic:
    """Return logic as if what it reads had always had its present key."""
    schemas = tuple((former.get(key, key), columns) for key, columns in logic.schemas)
    if schemas == logic.schemas:
        return logic
    return replace(logic, schemas=schemas, compiled=_renamed_text(logic.compiled, former))


def _renamed_text(text: str, former: Mapping[str, str]) -> str:
    for old, new in former.items():
        text = text.replace(quoted(MARK + old), quoted(MARK + new))
    return text
