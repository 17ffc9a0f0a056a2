"""Queries of sensors, held against the graph: one value, of assets and sources that there are."""

from collections.abc import Iterator
from typing import NamedTuple

from freshline.definitions import AssetDefinition, SqlText
from freshline.errors import Span
from freshline.lineage import sql
from freshline.lineage.analysis import insist_on_syntax, take_apart
from freshline.lineage.binder import Binder, BindProblem
from freshline.lineage.canonical import MARK
from freshline.lineage.findings import misbound
from freshline.lineage.graph import Asset, Graph
from freshline.suggest import closest


class Problem(NamedTuple):
    """Why a query cannot be asked, and what to do about it."""

    code: str
    message: str
    fix: str


def problems(graph: Graph, text: str) -> Iterator[Problem]:
    """Yield why a query cannot be asked of the current versions.

    Of what reads something that is set aside, or whose columns nobody knows yet, no more is said
    than that it is SQL.
    """
    binder = Binder()
    try:
        insist_on_syntax(binder, text)
        parsed = take_apart(binder, text)
        found = [*_reading(graph, parsed)]
        yield from found
        if not found:
            yield from _binding(binder, graph, parsed)
    except sql.SqlProblem as problem:
        yield Problem(problem.code, problem.message, problem.fix)
    finally:
        binder.close()


def _reading(graph: Graph, parsed: sql.Parsed) -> Iterator[Problem]:
    for call, *_ in sql.undeclared(parsed, list(graph.macros)):
        fix = "read assets and sources by their keys"
        yield Problem("E310", f"undeclared input {call}", fix)
    known = (*graph.assets, *graph.sources, *graph.quarantined)
    for key in dict.fromkeys(reference.key for reference in parsed.references):
        if key not in known:
            near = closest(key, known)
            fix = f'did you mean "{near[0]}"?' if near else "name an asset or a source"
            yield Problem("E203", f'unknown upstream "{key}"', fix)


def _binding(binder: Binder, graph: Graph, parsed: sql.Parsed) -> Iterator[Problem]:
    keys = tuple(dict.fromkeys(reference.key for reference in parsed.references))
    nodes = {key: graph.assets.get(key) or graph.sources.get(key) for key in keys}
    known = {
        key: node.columns
        for key, node in nodes.items()
        if node is not None and not (isinstance(node, Asset) and node.learns_columns)
    }
    if len(known) < len(keys):
        return
    for macro in graph.macros.values():
        binder.create(macro.text)
    for key, columns in known.items():
        binder.declare(MARK + key, columns)
    try:
        given = binder.columns(parsed.marked)
    except BindProblem as problem:
        nowhere = Span(file="", line=1, column=1)
        body = SqlText(text=parsed.text, original=parsed.text, file="")
        asked = AssetDefinition(key="", file="", span=nowhere, sql=body)
        found = misbound(asked, parsed, problem, known)
        yield Problem(found.code, found.message, found.fix)
        return
    if len(given) != 1:
        names = ", ".join(column.name for column in given)
        message = f"a sensor waits for one value, and this query gives {len(given)} columns"
        yield Problem("E205", message, f"select one of {names}, such as max({given[0].name})")
