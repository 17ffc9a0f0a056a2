"""Reasons put into words: what a comparison has found, and where it stands."""

from collections.abc import Iterable
from dataclasses import replace

from freshline.definitions import Looks, ProbeKind
from freshline.lineage.graph import Asset
from freshline.reconcile.facts import Facts, Layout
from freshline.reconcile.layouts import words
from freshline.verdicts import Reason, ReasonKind
from freshline.versions import Build, Logic

_MOST = 3  # columns that a reason names


def code_reason(facts: Facts, asset: Asset, build: Build, logic: Logic | None) -> Reason:
    """Return the reason of an asset whose logic is another, with the place of the edit."""
    graph, text = facts.graph, asset.definition.sql
    if asset.code is not None:
        detail = _edit_of_code(asset.code.text, logic)
        return Reason(kind=ReasonKind.CODE, detail=detail, source=asset.definition.span)
    before = dict(logic.macros) if logic is not None else {}
    for name in asset.macros if logic is not None and logic.text == text.text else ():
        macro = graph.macros[name]
        if before.get(name) != macro.text:
            detail = f"the macro {name} changed"
            return Reason(kind=ReasonKind.CODE, detail=detail, source=macro.span)
    if logic is not None and logic.text == text.text and (view := _edited_view(facts, asset)):
        detail, place = f"the view {view} changed", graph.span_of(view)
        return Reason(kind=ReasonKind.CODE, detail=detail, upstream=view, source=place)
    if logic is not None and logic.text != text.text:
        # Imports the analyser, which a plan with nothing to do can be spared.
        from freshline.lineage.changes import describe

        change = describe(logic.text, text)
        return Reason(
            kind=ReasonKind.CODE, detail=change.detail, columns=change.columns, source=change.span
        )
    old = {c.name for c in build.version.columns}
    after = [c.name for c in asset.columns]
    new = tuple(name for name in after if name not in old)
    gone = tuple(sorted(old.difference(after)))
    detail = "its columns follow an upstream's" if new or gone else "logic changed"
    return Reason(
        kind=ReasonKind.CODE, detail=detail, columns=(*new, *gone), source=asset.definition.span
    )


def _edit_of_code(text: str, logic: Logic | None) -> str:
    if logic is None:
        return "its code changed"
    if logic.text == text:
        return "its code is the same; what it is given, or what is installed for it, changed"
    from freshline.declare.python.difference import difference  # a plan seldom needs it

    return difference(logic.text, text) or "its code changed"


def relayout_reason(edited: Reason, layout: Layout, build: Build) -> Reason:
    """Return the reason of an asset that only has other columns: which of them, and how."""
    old = [column.name for column in build.version.columns]
    kept = {was for _, was in layout}
    gone = (name for name in old if name not in kept)
    renamed = (name for pair in layout if pair[0] != pair[1] for name in pair)
    columns = tuple(dict.fromkeys((*gone, *renamed)))
    return replace(edited, detail=words(layout, old), columns=columns)


def _edited_view(facts: Facts, asset: Asset) -> str | None:
    """Return the view to blame where an asset's own text is as it was, None where none is."""
    views = [
        key
        for key in facts.graph.looked_through(asset.upstreams)
        if key in facts.graph.assets and facts.graph.assets[key].is_view
    ]
    edited = (
        key
        for key in views
        if (build := facts.builds.get(key)) is None
        or build.trace.code_version != facts.graph.assets[key].code_version
    )
    return next(edited, views[0] if views else None)


def input_reason(facts: Facts, upstream: str, build: Build) -> Reason:
    """Return the reason of an asset whose input shows something else than it read."""
    place = facts.graph.span_of(upstream)
    if all(read.asset != upstream for read in build.trace.inputs):
        detail = f"now reads {upstream}"
    elif (source := facts.graph.sources.get(upstream)) is not None:
        always = source.definition.probe.kind is ProbeKind.ALWAYS
        detail = f"{upstream} counts as new every time" if always else f"{upstream} has new data"
    elif (looks := facts.graph.assets[upstream].definition.cutoff.by) is not Looks.CONTENT:
        detail = f"{upstream} has a new version (its cutoff is {looks})"
    else:
        detail = f"{upstream} has new content"
    return Reason(kind=ReasonKind.INPUT, detail=detail, upstream=upstream, source=place)


def always(asset: Asset) -> tuple[Reason, ...]:
    """Return the reason of an asset whose code says that it is never the same twice, else none."""
    if asset.code is None or asset.code.pure:
        return ()
    detail = "it runs every time: its code is not pure"
    return (Reason(kind=ReasonKind.FORCED, detail=detail, source=asset.definition.span),)


def time_reason(asset: Asset, build: Build, wanted: str) -> Reason:
    """Return the reason of an asset whose rows are of a day or an hour that has ended."""
    what = asset.volatile or "time"
    before = build.trace.period
    detail = f"the {what} changed" if before else f"the {what} of its rows is not on record"
    return Reason(
        kind=ReasonKind.TIME,
        detail=f"{detail}: {before} before, now {wanted}" if before else detail,
        source=asset.definition.span,
    )


def pending_reason(
    facts: Facts, upstream: str, build: Build | None, edited: Iterable[str] = ()
) -> Reason:
    """Return the reason of an asset whose input is about to become something that nobody knows.

    `edited` are the columns of the input that are known to be worked out otherwise now.
    """
    read = next((r for r in build.trace.inputs if r.asset == upstream), None) if build else None
    window = read.window.columns if read is not None else None
    seen: tuple[str, ...] = ()
    if window is not None:
        every = {c.name for c in facts.graph.columns_of(upstream)}
        seen = tuple(c for c in window if c in edited) or (window if {*window} < every else ())
    tense = "changed" if upstream in facts.graph.sources else ""
    what = _named(upstream, seen, tense)
    return Reason(kind=ReasonKind.UPSTREAM, detail=what, upstream=upstream, columns=seen)


def _named(upstream: str, columns: tuple[str, ...], tense: str) -> str:
    match columns:
        case ():
            return f"if {upstream} {tense or 'changes'}"
        case (column,):
            return f"if {upstream}.{column} {tense or 'changes'}"
        case _ if len(columns) <= _MOST:
            return f"if {upstream}.{{{', '.join(columns)}}} {tense or 'changes'}"
        case _:
            return f"if {len(columns)} columns of {upstream} {tense or 'change'}"
