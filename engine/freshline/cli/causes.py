"""Causes and proofs in words: the way from an asset down to the edit, and why an edit changes none.

Which columns a change shows in is the engine's word (slices), asked for one column at a time; where
nobody knows, the asset is named without columns.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import click

from freshline.cli.render import reason_text
from freshline.definitions import Looks, Trust
from freshline.errors import Span
from freshline.reconcile.facts import Facts
from freshline.reconcile.planned import Plan, Step
from freshline.reconcile.staleness import judge
from freshline.verdicts import SETTLED, Reason, ReasonKind
from freshline.versions import WHOLE, Window

_MOST = 4  # columns that are named


class Way(NamedTuple):
    """The way from an asset up to a cause: each asset with the columns it shows in; None is all."""

    links: tuple[tuple[str, tuple[str, ...] | None], ...]
    reason: Reason


def ways_up(first: Step, steps: Mapping[str, Step], facts: Facts) -> Iterator[Way]:
    """Yield the shortest way to each cause above a step that shows in it, nearest causes first."""
    ways: dict[str, tuple[str, ...]] = {first.asset: (first.asset,)}
    queue = [first]
    for step in queue:  # it grows meanwhile
        for upstream in step.after:
            if upstream not in ways:
                ways[upstream] = (*ways[step.asset], upstream)
                queue.append(steps[upstream])
    for key, way in ways.items():
        roots = [r for r in steps[key].reasons if r.kind is not ReasonKind.UPSTREAM]
        if key == first.asset or not roots:
            continue
        shown = _columns_on(way, roots, facts)
        if shown is not None:
            links = ((first.asset, None), *((each, shown[each]) for each in way[1:]))
            yield from (Way(links, reason) for reason in roots)


def chain_lines(first: Step, steps: Mapping[str, Step], facts: Facts) -> list[str]:
    """Return the causes of a step, and the way to each cause further up that shows in it."""
    lines = [f"  - {reason_text(reason)}" for reason in first.reasons]
    return [*lines, *(_chain(way, facts) for way in ways_up(first, steps, facts))]


def causes_as_json(key: str, plan: Plan, facts: Facts) -> dict[str, object]:
    """Return the ways to the causes above an asset, and what its current version has read."""
    steps = {step.asset: step for step in plan.steps}
    build = facts.builds.get(key)
    return {
        "causes": [
            {
                "way": [{"asset": each, "columns": columns} for each, columns in way.links],
                "kind": way.reason.kind,
                "detail": way.reason.detail,
                "source": _place(way.reason.source),
            }
            for way in (ways_up(steps[key], steps, facts) if key in steps else ())
        ],
        "reads": [
            {"asset": read.asset, "version": read.version, "columns": read.window.columns}
            for read in (build.trace.inputs if build is not None else ())
        ],
    }


def _place(span: Span | None) -> dict[str, object] | None:
    if span is None:
        return None
    return {"file": span.file, "line": span.line, "column": span.column}


def _chain(way: Way, facts: Facts) -> str:
    links = [_named(*link) for link in way.links]
    reason = way.reason
    data = reason.kind is ReasonKind.INPUT and reason.upstream in facts.graph.sources
    links += [str(reason.upstream)] if data else []
    place = f"{click.style(str(reason.source), fg='cyan')} " if reason.source else ""
    return f"  {' <- '.join(links)} ({place}{reason.detail})"


def _columns_on(
    way: Sequence[str], roots: Iterable[Reason], facts: Facts
) -> Mapping[str, tuple[str, ...] | None] | None:
    """Return for each asset on a way the columns through which its last one's causes show.

    None for an asset stands for all of it; None for everything says that nothing shows.
    """
    found: dict[str, tuple[str, ...] | None] = {}
    edits = all(reason.kind is ReasonKind.CODE for reason in roots)
    below: str | None = None
    for reader, key in reversed(tuple(pairwise(way))):
        window = _window(facts, reader, key)
        if below is None and not edits:
            found[key] = None
        else:
            found[key] = _showing(facts, key, window, (below, found.get(below or "")))
        if not found[key] and found[key] is not None:
            return None
        below = key
    return found


def _showing(
    facts: Facts, key: str, window: Window, cause: tuple[str | None, Collection[str] | None]
) -> tuple[str, ...] | None:
    """Return the columns of a window that an edit of the asset or its cause shows in; None: all."""
    asset = facts.graph.assets.get(key)
    if asset is None or asset.is_view or key not in facts.builds:
        return None
    if _hangs(facts, key, Window(()), cause):
        return None
    if window.columns is None:
        columns = tuple(column.name for column in asset.columns)
    else:
        columns = window.columns
    return tuple(name for name in columns if _hangs(facts, key, Window((name,)), cause))


def _hangs(
    facts: Facts, key: str, window: Window, cause: tuple[str | None, Collection[str] | None]
) -> bool:
    seen = facts.slices.through(key, window)
    if seen is None or seen.changed:
        return True
    upstream, changed = cause
    return any(
        changed is None or below.columns is None or bool({*below.columns} & {*changed})
        for read, below in seen.inputs
        if read == upstream
    )


def proof_lines(key: str, facts: Facts) -> list[str]:
    """Return what a fresh asset rests on, and each edit above it that does not show there."""
    return [*_grounds(key, facts), *_unseen(key, facts)]


def _grounds(key: str, facts: Facts) -> Iterator[str]:
    """Yield what a fresh asset has read, how sure that is, and of when its rows are."""
    build, graph = facts.builds.get(key), facts.graph
    for read in build.trace.inputs if build is not None else ():
        what, upstream = "content", graph.assets.get(read.asset)
        if upstream is not None and upstream.definition.cutoff.by is not Looks.CONTENT:
            what = f"version (its cutoff is {upstream.definition.cutoff.by})"
        shown = _of_input(read.asset, read.window, facts)
        yield f"  reads {shown} at {read.version[:12]}, {what} as it was read"
        source = graph.sources.get(read.asset)
        if source is not None and source.definition.probe.trust is Trust.HEURISTIC:
            yield f"    * judged by {source.definition.probe.kind} alone: a guess"
    asset = graph.assets.get(key)
    if asset is not None and asset.varies:
        policy = (
            f"volatile: {asset.volatile}" if asset.volatile else "no `volatile:` says how often"
        )
        of = f", rows of {build.trace.period}" if build and build.trace.period else ""
        yield f"  hangs on {', '.join(asset.varies)}; {policy}{of}"


def _of_input(key: str, window: Window, facts: Facts) -> str:
    """Return what is read of an input through a window, in words."""
    if window.columns == ():
        return f"how many rows {key} has"
    known = key in facts.graph.assets or key in facts.graph.sources
    every = {column.name for column in facts.graph.columns_of(key)} if known else frozenset[str]()
    columns = None if window == WHOLE or {*(window.columns or ())} >= every else window.columns
    return _named(key, columns, most=len(columns or ()))


def _unseen(key: str, facts: Facts) -> Iterator[str]:
    """Yield the edits above an asset that have not been built yet, and where each stops to show."""
    verdicts = judge(facts, facts.graph.assets)
    asset = facts.graph.assets[key]
    stack = [(up, _window(facts, key, up)) for up in asset.reads if up in facts.builds]
    told = {*stack}
    while stack:
        upstream, window = stack.pop()
        judgement = verdicts.get(upstream)
        if judgement is None or judgement.verdict in SETTLED:
            continue
        for reason in judgement.reasons:
            if reason.kind is ReasonKind.CODE:
                place = f"{reason.source} " if reason.source else ""
                where = _of_input(upstream, window, facts)
                yield f"  {upstream} ({place}{reason.detail}): does not show in {where}"
        seen = facts.slices.through(upstream, window)
        for each in seen.inputs if seen is not None else ():
            if each not in told and each[0] in facts.builds:
                told.add(each)
                stack.append(each)


def _window(facts: Facts, reader: str, key: str) -> Window:
    """Return what a reader's current version has read of an input, else what it would read."""
    build = facts.builds.get(reader)
    recorded = {r.asset: r.window for r in build.trace.inputs} if build is not None else {}
    asset = facts.graph.assets.get(reader)
    return recorded.get(key) or (asset.window(key) if asset is not None else WHOLE)


def _named(key: str, columns: Collection[str] | None, most: int = _MOST) -> str:
    if not columns:
        return key
    first = list(columns)[:most]
    if len(columns) == 1:
        return f"{key}.{first[0]}"
    return f"{key}.{{{', '.join(first)}{', ...' if len(columns) > most else ''}}}"
