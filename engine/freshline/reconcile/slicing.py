"""Slicing: queries of now and of then compared, by asking the engine what each comes down to.

Asked for only where an edit is about, and each question once. DuckDB is not loaded before.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING

from freshline.definitions import Column
from freshline.lineage.canonical import MARK, bind, marked
from freshline.lineage.graph import Graph
from freshline.lineage.quoting import quoted
from freshline.reconcile.facts import Layout, Relaid, Slice
from freshline.reconcile.layouts import by_content, by_name
from freshline.versions import WHOLE, Build, Logic, Window

if TYPE_CHECKING:
    from freshline.lineage.plans import Plans
    from freshline.lineage.slices import Slice as Seen

_MOST = 2_000  # questions that one plan may ask; what is beyond is found out during apply


class EngineSlices:
    """What the queries of a graph show, next to those that its current builds were made by."""

    def __init__(
        self, graph: Graph, builds: Mapping[str, Build], logic: Mapping[str, Logic]
    ) -> None:
        self._graph, self._builds, self._logic = graph, builds, logic
        self._known: dict[tuple[str, Window], Slice | None] = {}
        self._alike: dict[str, bool] = {}
        self._relaid: dict[str, Relaid | None] = {}
        self._asked = 0

    @cached_property
    def _plans(self) -> "Plans":
        from freshline.lineage.plans import Plans

        return Plans()

    def alike(self, key: str) -> bool:
        """Say whether an asset's current build was made by what is the same query as now."""
        if key not in self._alike:
            self._alike[key] = self._is_alike(key)
        return self._alike[key]

    def through(self, key: str, window: Window) -> Slice | None:
        """Return an asset as it is seen through a window; None where the engine cannot tell."""
        question = (key, window)
        if question not in self._known:
            self._known[question] = self._slice(key, window)
        return self._known[question]

    def relaid(self, key: str) -> Relaid | None:
        """Return how an asset's columns are those of its current build dropped, moved or renamed.

        What it reads of assets that are laid out anew themselves, as far as that was asked before,
        are their old columns under new names. Of a query that hangs on the order of rows nobody
        knows whether it would give these again.
        """
        if key not in self._relaid:
            below, columns = self._renamed(key), self._layout(key)
            self._relaid[key] = Relaid(columns, tuple(below.items())) if columns else None
        return self._relaid[key]

    def _layout(self, key: str) -> Layout | None:
        build, asset = self._builds[key], self._graph.assets[key]
        logic, old = self._logic.get(build.version.mat_id), build.version.columns
        if logic is None or not logic.compiled or build.version.query or asset.order_sensitive:
            return None
        if asset.code is not None:
            return None
        if old == asset.columns and not self._renamed(key):
            return None
        if len(asset.columns) > len(old) or self._asked >= _MOST:
            return None
        guess = by_name(old, asset.columns)
        if guess is not None and self._is_proven(key, logic, guess):
            return guess
        then = partial(self._form_then, logic)
        guess = by_content(old, asset.columns, lambda n: then([n]), lambda n: self._form(key, [n]))
        return guess if guess is not None and self._is_proven(key, logic, guess) else None

    def _is_proven(self, key: str, logic: Logic, layout: Layout) -> bool:
        now = self._form(key, [name for name, _ in layout])
        return now is not None and now == self._form_then(logic, [was for _, was in layout])

    def _renamed(self, key: str) -> dict[str, Layout]:
        """Return what an asset reads whose columns are renamed, with their former names."""
        found: dict[str, Layout] = {}
        for upstream in self._graph.assets[key].reads:
            relaid = self._relaid.get(upstream)
            if relaid is not None and any(new != was for new, was in relaid.columns):
                found[upstream] = relaid.columns
        return found

    def _form(self, key: str, columns: Sequence[str]) -> str | None:
        if not self._know_now(key):
            return None
        query, relations = self._graph.assets[key].query, dict[str, str]()
        for upstream, layout in self._renamed(key).items():
            self._plans.declare(MARK + upstream, self._builds[upstream].version.columns)
            named = ", ".join(f"{quoted(was)} AS {quoted(new)}" for new, was in layout)
            relations[upstream] = f"(SELECT {named} FROM {marked(upstream)})"
        return self._laid_out(bind(query, relations), columns)

    def _form_then(self, logic: Logic, columns: Sequence[str]) -> str | None:
        known = self._know(dict(logic.schemas), dict(logic.macros))
        return self._laid_out(logic.compiled, columns) if known else None

    def _laid_out(self, query: str, columns: Sequence[str]) -> str | None:
        from freshline.lineage.slices import form_in_layout

        self._asked += 1
        return form_in_layout(self._plans, query, columns)

    def _is_alike(self, key: str) -> bool:
        build, logic = self._builds[key], self._logic.get(self._builds[key].version.mat_id)
        asset = self._graph.assets[key]
        if logic is None or asset.code is not None or build.version.columns != asset.columns:
            return False
        names = [column.name for column in asset.columns]
        before, now = self._then(logic, names, in_order=True), self._now(key, names, in_order=True)
        return before is not None and now is not None and before.form == now.form

    def _slice(self, key: str, window: Window) -> Slice | None:
        build, asset = self._builds[key], self._graph.assets[key]
        logic = self._logic.get(build.version.mat_id)
        edited = build.trace.code_version != asset.code_version
        if window == WHOLE or self._asked >= _MOST or (edited and logic is None):
            return None
        if window.ordered or asset.code is not None:  # nobody proves in which order rows come
            return None
        columns = window.columns or ()
        if not {c for c in build.version.columns if c.name in columns} <= {*asset.columns}:
            return Slice(changed=True)  # one is gone, or of another type
        now = self._now(key, columns)
        if now is None or now.varies:
            return None
        if edited and logic is not None:
            before = self._then(logic, columns)
            if before is None or before.form != now.form:
                return Slice(changed=True)
        inputs = ((upstream, Window(tuple(read))) for upstream, read in now.windows.items())
        return Slice(changed=False, inputs=tuple(inputs))

    def _now(self, key: str, columns: Sequence[str], *, in_order: bool = False) -> "Seen | None":
        if not self._know_now(key):
            return None
        return self._seen(self._graph.assets[key].query, columns, in_order)

    def _know_now(self, key: str) -> bool:
        asset, graph = self._graph.assets[key], self._graph
        macros = {name: graph.macros[name].text for name in asset.macros}
        schemas = {upstream: graph.columns_of(upstream) for upstream in asset.reads}
        return self._know(schemas, macros)

    def _then(
        self, logic: Logic, columns: Sequence[str], *, in_order: bool = False
    ) -> "Seen | None":
        if not self._know(dict(logic.schemas), dict(logic.macros)):
            return None
        return self._seen(logic.compiled, columns, in_order)

    def _know(self, schemas: Mapping[str, Sequence[Column]], macros: Mapping[str, str]) -> bool:
        for upstream, columns in schemas.items():
            self._plans.declare(MARK + upstream, columns)
        waiting = dict(macros)
        while waiting:  # DuckDB creates a macro only where those are that it calls
            missing = {n: text for n, text in waiting.items() if not self._plans.knows(n, text)}
            if len(missing) == len(waiting):
                return False
            waiting = missing
        return True

    def _seen(self, query: str, columns: Sequence[str], in_order: bool) -> "Seen | None":
        from freshline.lineage.slices import slice_of

        self._asked += 1
        return slice_of(self._plans, query, columns, in_order=in_order) if query else None
