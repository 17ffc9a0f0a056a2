"""Unsound rules, put into the product on purpose: the oracle has to catch each of them.

Each is a patch of one place where a verdict is made, and names the kinds of edit that show it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from freshline.codec import digest, digest_of
from freshline.definitions import Column
from freshline.execute import sql_engine, step
from freshline.lineage import analysis, macros, sql, views, windows
from freshline.lineage.canonical import bind, view_relation
from freshline.lineage.columns import Transformation, column_lineage
from freshline.lineage.graph import Asset
from freshline.lineage.plans import Plans
from freshline.lineage.slices import windows_of
from freshline.lineage.sources import probe
from freshline.reconcile import observe, slicing
from freshline.reconcile.facts import Slice
from freshline.state import Observation
from freshline.versions import Window

Patch = pytest.MonkeyPatch
Schemas = Mapping[str, Sequence[Column]]


def _projected(text: str, schemas: Schemas) -> dict[str, tuple[str, ...]]:
    """Return what column lineage knows of a query: the columns that its own are made of."""
    found: dict[str, set[str]] = {key: set() for key in schemas}
    for trace in column_lineage(text, schemas):
        if trace.kind is not Transformation.INDIRECT:
            found[trace.upstream].add(trace.column)
    return {key: tuple(sorted(columns)) for key, columns in found.items()}


def windows_without_conditions(patch: Patch) -> None:
    def windows_seen(plans: Plans, text: str, schemas: Schemas) -> object:
        return _projected(text, schemas)

    def as_it_is(key: str, relation: str, columns: object, window: object) -> str:
        return relation

    patch.setattr(windows, "windows_of", windows_seen)
    patch.setattr(step, "narrowed", as_it_is)


def content_of_projected_columns(patch: Patch) -> None:
    seen: dict[tuple[str, ...], tuple[str, ...]] = {}
    sums = sql_engine._sums  # pyright: ignore[reportPrivateUsage]

    def windows_seen(
        plans: Plans, text: str, schemas: Schemas
    ) -> Mapping[str, tuple[str, ...]] | None:
        found = windows_of(plans, text, schemas)
        for key, columns in _projected(text, schemas).items() if found else ():
            window = (found or {}).get(key, ())
            seen[window] = min(columns, seen.get(window, columns), key=len)
        return found

    def some_sums(
        shown: tuple[tuple[str, ...], bool], types: Mapping[str, str], quantum: float | None
    ) -> str:
        names, ordered = shown
        fewer = tuple(name for name in seen.get(names, names) if name in names)
        return sums((fewer or names[:1], ordered), types, quantum)

    patch.setattr(windows, "windows_of", windows_seen)
    patch.setattr(sql_engine, "_sums", some_sums)


def types_do_not_count(patch: Patch) -> None:
    def hashed(value: object) -> str:
        algorithm, columns, *rest = value  # type: ignore[misc]
        return digest_of([algorithm, [column.name for column in columns], *rest])  # type: ignore[has-type]

    patch.setattr(sql_engine, "digest_of", hashed)


def rows_are_not_counted(patch: Patch) -> None:
    def hashed(value: object) -> str:
        algorithm, columns, _, *rest = value  # type: ignore[misc]
        return digest_of([algorithm, columns, *rest])  # type: ignore[has-type]

    patch.setattr(sql_engine, "digest_of", hashed)


def columns_are_hashed_alone(patch: Patch) -> None:
    """The hash of each column by itself: values that change rows do not show."""

    def sums(
        shown: tuple[tuple[str, ...], bool], types: Mapping[str, str], quantum: float | None
    ) -> str:
        names, _ = shown
        one = " + ".join(f'sum(hash(hash(1, "{name}")))' for name in names)
        other = " + ".join(f'sum(hash(hash(2, "{name}")))' for name in names)
        return f"{one}, {other}"

    patch.setattr(sql_engine, "_sums", sums)


def every_text_is_alike(patch: Patch) -> None:
    def alike(self: slicing.EngineSlices, key: str) -> bool:
        return True

    patch.setattr(slicing.EngineSlices, "alike", alike)


def no_slice_changes(patch: Patch) -> None:
    def through(self: slicing.EngineSlices, key: str, window: Window) -> Slice | None:
        return Slice(changed=False)

    patch.setattr(slicing.EngineSlices, "through", through)


def order_does_not_count(patch: Patch) -> None:
    def never(tree: object) -> bool:
        return False

    patch.setattr(analysis, "hangs_on_order", never)
    patch.setattr(macros, "hangs_on_order", never)


def views_are_not_looked_through(patch: Patch) -> None:
    def through(asset: Asset, views: list[Asset]) -> Asset:
        relations = {view.definition.key: view_relation(view.query, {}) for view in views}
        return replace(asset, through=bind(asset.text, relations))

    patch.setattr(views, "_through", through)


def macros_do_not_count(patch: Patch) -> None:
    def nothing(name: str, statement: str) -> str:
        return digest(name)

    patch.setattr(sql, "macro_digest", nothing)


def names_stand_for_files(patch: Patch) -> None:
    def named(root: Path, files: Sequence[str], *more: object) -> Observation:
        seen = probe(root, files, None, 0.0)
        return replace(seen, version=digest(*files))

    patch.setattr(observe, "probe", named)


def cut_off_always(patch: Patch) -> None:
    def nothing(build: object, inputs: object, *, in_order: bool = False) -> object:
        from freshline.reconcile.inputs import Difference

        return Difference()

    patch.setattr(step, "compare", nothing)


# What is wrong, and the kinds of edit that show it.
SEEDED: dict[str, tuple[Callable[[Patch], None], tuple[str, ...]]] = {
    "windows without the columns of conditions": (
        windows_without_conditions,
        ("change a column that is read", "swap two columns"),
    ),
    "the hash of projected columns alone": (
        content_of_projected_columns,
        ("change a column that is read", "swap two columns"),
    ),
    "types that do not count": (types_do_not_count, ("source: another type", "another type")),
    "a cut-off that does not count rows": (
        rows_are_not_counted,
        ("source: a row more", "source: a row twice", "source: a row less", "add a condition"),
    ),
    "each column hashed alone": (
        columns_are_hashed_alone,
        ("source: values change rows", "swap two columns"),
    ),
    "every text alike": (every_text_is_alike, ("change a column that is read", "add a condition")),
    "no slice that changes": (
        no_slice_changes,
        ("change a column that is read", "add a condition"),
    ),
    "order that does not count": (
        order_does_not_count,
        ("source: other order of rows", "sort on top"),
    ),
    "views not looked through": (
        views_are_not_looked_through,
        ("add a condition", "change a column that is read"),
    ),
    "macros that do not count": (macros_do_not_count, ("edit a macro",)),
    "sources known by their names": (
        names_stand_for_files,
        ("source: a row more", "source: a row less"),
    ),
    "a recheck that always cuts off": (
        cut_off_always,
        ("change a column that is read", "source: a row more"),
    ),
}
