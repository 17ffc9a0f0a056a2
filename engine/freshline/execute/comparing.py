"""Two versions of an asset compared: their columns, how many rows differ, in what, and a sample.

By a key where there is one and it tells the rows of both versions apart: then a row can be the same
one with other values. Else rows are compared whole and as a bag: one is there or it is not, as
often as it is. Values are equal where DuckDB says so, null and null too; where a column has another
type, its values are compared as texts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, cast

from freshline.definitions import Column
from freshline.execute.difference import Change, Difference, Row, difference
from freshline.lineage.quoting import quoted
from freshline.ports import Compute

_MOST_SHOWN = 8  # columns of a sample
_MOST_PAIRED = 200  # rows of either side among which changed ones are looked for
_NUMERIC = (
    *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"),
    *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"),
    *("DECIMAL", "FLOAT", "DOUBLE"),
)
_GONE, _NEW = "rows of before alone", "rows of after alone"


class Side(NamedTuple):
    """One of the two versions: how to read it, and its columns."""

    relation: str
    columns: tuple[Column, ...]


class Retyped(NamedTuple):
    """A column that has another type."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """How the columns of two versions differ."""

    added: tuple[Column, ...] = ()
    removed: tuple[Column, ...] = ()
    retyped: tuple[Retyped, ...] = ()
    reordered: bool = False

    @property
    def are_the_same(self) -> bool:
        """Whether they differ in nothing."""
        return self == Columns()


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How two versions differ. `key` is empty where rows were compared whole, `why_no_key` why.

    `changed` is None then; `by_column` says how many rows differ in a column, or of how many values
    there are more on one side. `sample` holds some of the rows.
    """

    columns: Columns
    rows: tuple[int, int]
    removed: int = 0
    added: int = 0
    changed: int | None = None
    by_column: Mapping[str, int] = field(default_factory=dict[str, int])
    key: tuple[str, ...] = ()
    why_no_key: str = ""
    sample: Difference | None = None

    @property
    def are_the_same(self) -> bool:
        """Whether nothing tells the versions apart."""
        return self.columns.are_the_same and not (self.removed or self.added or self.changed)


def compare_columns(before: Sequence[Column], after: Sequence[Column]) -> Columns:
    """Return how two lists of columns differ; names are the same whatever their case."""
    old, new = ({c.name.lower(): c for c in columns} for columns in (before, after))
    return Columns(
        added=tuple(column for name, column in new.items() if name not in old),
        removed=tuple(column for name, column in old.items() if name not in new),
        retyped=tuple(
            Retyped(column.name, old[name].type, column.type)
            for name, column in new.items()
            if name in old and old[name].type != column.type
        ),
        reordered=[n for n in old if n in new] != [n for n in new if n in old],
    )


def compare_versions(
    compute: Compute, before: Side, after: Side, key: Sequence[str], sample: int
) -> Comparison:
    """Return how two versions differ, with at most so many rows of each kind as a sample."""
    columns = compare_columns(before.columns, after.columns)
    pairs = _Pairs(before, after)
    counted = compute.rows(
        f"SELECT (SELECT count(*) FROM {before.relation}), (SELECT count(*) FROM {after.relation})"
    )
    rows = cast("tuple[int, int]", counted[0])
    told = [name.lower() for name in key]
    why = _unfit(compute, pairs, told) if told else ""
    if not pairs.names:
        return Comparison(columns=columns, rows=rows, removed=rows[0], added=rows[1])
    if told and not why:
        return _by_key(compute, pairs, told, Comparison(columns=columns, rows=rows), sample)
    whole = Comparison(columns=columns, rows=rows, why_no_key=why)
    return _as_bags(compute, pairs, whole, sample)


class _Pairs:
    """The columns that both versions have: v0, v1 ... in the order of the later version."""

    def __init__(self, before: Side, after: Side) -> None:
        old = {c.name.lower(): c for c in before.columns}
        shared = [(old[c.name.lower()], c) for c in after.columns if c.name.lower() in old]
        self.names = tuple(column.name for _, column in shared)
        self.positions = {column.name.lower(): i for i, (_, column) in enumerate(shared)}
        retyped = [not _comparable(one.type, other.type) for one, other in shared]
        self.before = _selected([one for one, _ in shared], retyped, before.relation)
        self.after = _selected([other for _, other in shared], retyped, after.relation)


def _comparable(one: str, other: str) -> bool:
    return one == other or all(type.startswith(_NUMERIC) for type in (one, other))


def _selected(columns: Sequence[Column], as_text: Sequence[bool], relation: str) -> str:
    values = (
        f"CAST({quoted(column.name)} AS VARCHAR)" if is_text else quoted(column.name)
        for column, is_text in zip(columns, as_text, strict=True)
    )
    return f"SELECT {', '.join(f'{v} AS v{i}' for i, v in enumerate(values))} FROM {relation}"


def _unfit(compute: Compute, pairs: _Pairs, key: Sequence[str]) -> str:
    """Return why rows cannot be told apart by a key, empty where they can."""
    missing = [name for name in key if name not in pairs.positions]
    if missing:
        return f"{missing[0]} is not in both versions"
    values = ", ".join(f"v{pairs.positions[name]}" for name in key)
    for which, rows in (("earlier", pairs.before), ("later", pairs.after)):
        twice = f"SELECT count(*) - count(DISTINCT row({values})) FROM ({rows})"
        if compute.rows(twice)[0][0]:
            return f"{', '.join(key)} is not unique in the {which} version"
    return ""


def _by_key(
    compute: Compute, pairs: _Pairs, key: Sequence[str], found: Comparison, sample: int
) -> Comparison:
    on = " AND ".join(f"b.v{p} IS NOT DISTINCT FROM a.v{p}" for p in _at(pairs, key))
    joined = (
        f"FROM (SELECT true AS is_there, * FROM ({pairs.before})) AS b"
        f" FULL JOIN (SELECT true AS is_there, * FROM ({pairs.after})) AS a ON {on}"
    )
    both = "b.is_there AND a.is_there"
    others = [i for i in range(len(pairs.names)) if i not in _at(pairs, key)]
    differs = {i: f"b.v{i} IS DISTINCT FROM a.v{i}" for i in others}
    any_ = " OR ".join(differs.values()) or "false"
    conditions = ("a.is_there IS NULL", "b.is_there IS NULL", f"{both} AND ({any_})")
    counts = [*conditions, *(f"{both} AND {differ}" for differ in differs.values())]
    asked = ", ".join(f"count(*) FILTER (WHERE {condition})" for condition in counts)
    (row,) = cast("Sequence[tuple[int, ...]]", compute.rows(f"SELECT {asked} {joined}"))
    by_column = {pairs.names[i]: n for i, n in zip(others, row[3:], strict=True) if n}
    shown = _shown(pairs, key, by_column)

    def rows(sides: str, condition: str) -> Sequence[Row]:
        values = ", ".join(f"CAST({s}.v{i} AS VARCHAR)" for s in sides for i in shown)
        order = ", ".join(f"{sides[0]}.v{p}" for p in _at(pairs, key))
        text = f"SELECT {values} {joined} WHERE {condition} ORDER BY {order} LIMIT {sample}"
        return cast("Sequence[Row]", compute.rows(text))

    changes = [
        Change(r[: len(shown)], r[len(shown) :], _apart(r, len(shown)))
        for r in (rows("ba", conditions[2]) if row[2] else ())
    ]
    return Comparison(
        columns=found.columns,
        rows=found.rows,
        removed=row[0],
        added=row[1],
        changed=row[2],
        by_column=by_column,
        key=tuple(pairs.names[p] for p in _at(pairs, key)),
        sample=Difference(
            columns=tuple(pairs.names[i] for i in shown),
            missing=tuple(rows("b", conditions[0]) if row[0] else ()),
            unexpected=tuple(rows("a", conditions[1]) if row[1] else ()),
            changed=tuple(changes),
        ),
    )


def _as_bags(compute: Compute, pairs: _Pairs, found: Comparison, sample: int) -> Comparison:
    compute.create_table(_GONE, f"({pairs.before}) EXCEPT ALL ({pairs.after})")
    compute.create_table(_NEW, f"({pairs.after}) EXCEPT ALL ({pairs.before})")
    try:
        return _bags(compute, pairs, found, sample)
    finally:
        compute.drop_table(_GONE)
        compute.drop_table(_NEW)


def _bags(compute: Compute, pairs: _Pairs, found: Comparison, sample: int) -> Comparison:
    tables = (quoted(_GONE), quoted(_NEW))
    removed, added = (
        cast(int, compute.rows(f"SELECT count(*) FROM {table}")[0][0]) for table in tables
    )
    by_column: dict[str, int] = {}
    if removed or added:
        # What is on both sides as often has cancelled out: these rows tell of the columns, too.
        for i, name in enumerate(pairs.names):
            one, other = (f"SELECT v{i} FROM {table}" for table in tables)
            ((gone, new),) = cast(
                "Sequence[tuple[int, int]]",
                compute.rows(
                    f"SELECT (SELECT count(*) FROM ({one} EXCEPT ALL {other})),"
                    f" (SELECT count(*) FROM ({other} EXCEPT ALL {one}))"
                ),
            )
            if gone or new:
                by_column[name] = max(gone, new)
    shown = _shown(pairs, (), by_column)
    values = ", ".join(f"CAST(v{i} AS VARCHAR)" for i in shown)
    most = _MOST_PAIRED if max(removed, added) <= _MOST_PAIRED else sample
    gone_rows, new_rows = (
        cast(
            "Sequence[Row]",
            compute.rows(f"SELECT {values} FROM {table} ORDER BY ALL LIMIT {most}"),
        )
        for table in tables
    )
    names = tuple(pairs.names[i] for i in shown)
    told = difference(dict.fromkeys(names, "VARCHAR"), gone_rows, new_rows, ordered=False)
    told = told or Difference(columns=names)
    return Comparison(
        columns=found.columns,
        rows=found.rows,
        removed=removed,
        added=added,
        by_column=by_column,
        why_no_key=found.why_no_key,
        sample=Difference(
            columns=names,
            missing=told.missing[:sample],
            unexpected=told.unexpected[:sample],
            changed=told.changed[:sample],
        ),
    )


def _at(pairs: _Pairs, key: Sequence[str]) -> tuple[int, ...]:
    return tuple(pairs.positions[name] for name in key)


def _shown(pairs: _Pairs, key: Sequence[str], differing: Mapping[str, int]) -> tuple[int, ...]:
    """Return the columns of a sample: all of a narrow asset, else the key and what differs."""
    every = range(len(pairs.names))
    differ = (i for i in every if pairs.names[i] in differing)
    wanted = list(dict.fromkeys((*_at(pairs, key), *differ, *every)))
    return tuple(sorted(wanted[: max(_MOST_SHOWN, len(key))]))


def _apart(row: Row, width: int) -> tuple[int, ...]:
    return tuple(i for i in range(width) if row[i] != row[i + width])
