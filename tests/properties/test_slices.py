"""For any query and edit: what a slice calls unchanged is unchanged, and nothing else is looked at.

The engine is the judge: queries are run on tables with nulls, duplicates and ties. So that the
trial is known to be one, normal forms that leave something out are tried too, and must be caught.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from typing import NamedTuple, cast

import duckdb
import msgspec
import pytest
from tests.properties.queries import SCHEMAS, Author, Query, rows

from freshline.lineage.canonical import MARK, marked
from freshline.lineage.engine_plan import Form, form_of
from freshline.lineage.plan_terms import Json, Level, UnfamiliarError
from freshline.lineage.plans import Plans
from freshline.lineage.slices import slice_of

SEEDS = int(os.environ.get("FRESHLINE_SEEDS", "300"))
BLOCKS = 4
WORLDS = int(os.environ.get("FRESHLINE_WORLDS", "10"))
Spoil = Callable[[Json], None]


class Pair(NamedTuple):
    """A query before and after an edit, and the columns that its reader looks at."""

    edit: str
    before: str
    after: str
    seen: tuple[str, ...]


class Trial:
    """Plans, and worlds: schemas with tables of random rows, to run queries in."""

    def __init__(self, worlds: int = WORLDS) -> None:
        self.plans = Plans()
        self.runs = duckdb.connect(config={"threads": 1})
        self.worlds = worlds
        random = Random(7)
        for key, columns in SCHEMAS.items():
            self.plans.declare(MARK + key, columns)
        for world in range(worlds):
            self.runs.execute(f"CREATE SCHEMA w{world}")
            for key in SCHEMAS:
                self.fill(f"w{world}.{key}", key, rows(random, key))

    def close(self) -> None:
        self.plans.close()
        self.runs.close()

    def fill(self, table: str, key: str, made: list[tuple[object, ...]]) -> None:
        fields = ", ".join(f"{c.name} {c.type}" for c in SCHEMAS[key])
        self.runs.execute(f"CREATE OR REPLACE TABLE {table} ({fields})")
        if made:
            row = "(" + ", ".join("?" for _ in SCHEMAS[key]) + ")"
            values = [value for one in made for value in one]
            self.runs.execute(f"INSERT INTO {table} VALUES {', '.join([row] * len(made))}", values)

    def bag(self, text: str, seen: tuple[str, ...], schema: str) -> Counter[str]:
        for key in SCHEMAS:
            text = text.replace(marked(key), f"{schema}.{key}")
        shown = ", ".join(seen) or "count(*)"
        return Counter(
            str(row) for row in self.runs.execute(f"SELECT {shown} FROM ({text})").fetchall()
        )

    def same_rows(self, pair: Pair) -> bool:
        for world in range(self.worlds):
            try:
                before = self.bag(pair.before, pair.seen, f"w{world}")
                after = self.bag(pair.after, pair.seen, f"w{world}")
            except duckdb.InternalException:  # its planner stumbles over some correlated queries
                continue
            if before != after:
                return False
        return True

    def form(self, text: str, seen: tuple[str, ...], spoil: Spoil) -> Form | None:
        """Return the normal form of a plan from which something was taken away."""
        plan = self.plans.optimized(f"SELECT {', '.join(seen) or 'count(*)'} FROM ({text})")
        if plan is None:
            return None
        tree: Json = msgspec.json.decode(plan)
        spoil(tree)
        try:
            functions = self.plans.functions()
            return form_of(msgspec.json.encode(tree).decode(), functions, Level.OPERANDS)
        except UnfamiliarError:
            return None


def named(query: Query) -> str:
    text = query.text()
    for key in SCHEMAS:
        text = text.replace(f"@{key}", marked(key))
    return text


def pair(trial: Trial, seed: int, kind: str = "") -> Pair | None:
    """Return an edit drawn from a number; None where it is of another kind, or is refused."""
    author = Author(Random(seed))
    query = author.query()
    edit, edited = author.edited(query)
    if kind and edit != kind:
        return None
    before, after = named(query), named(edited)
    try:
        (one, other) = (trial.runs.sql(running(t)).columns for t in (before, after))
    except duckdb.Error:
        return None
    both = [name for name in one if name in other]
    seen = Random(seed).sample(both, Random(seed).randrange(len(both) + 1))
    return Pair(edit, before, after, tuple(sorted(seen)))


def running(text: str) -> str:
    for key in SCHEMAS:
        text = text.replace(marked(key), f"w0.{key}")
    return text


@pytest.fixture(scope="module")
def trial() -> Iterator[Trial]:
    trial = Trial()
    yield trial
    trial.close()


@pytest.mark.parametrize("block", range(BLOCKS))
def test_what_a_slice_calls_unchanged_gives_the_same_rows(trial: Trial, block: int) -> None:
    proven = 0
    for seed in range(block, SEEDS, BLOCKS):
        drawn = pair(trial, seed)
        if drawn is None:
            continue
        one, other = (slice_of(trial.plans, t, drawn.seen) for t in (drawn.before, drawn.after))
        if one is not None and other is not None and one.form == other.form:
            proven += 1
            assert one.windows == other.windows, (seed, drawn)
            assert trial.same_rows(drawn), (seed, drawn)
    assert proven > SEEDS // BLOCKS // 5


@pytest.mark.parametrize("block", range(BLOCKS))
def test_only_the_columns_of_a_window_count(trial: Trial, block: int) -> None:
    """What is outside of the windows is replaced by anything, and no row is another."""
    for seed in range(block, SEEDS, BLOCKS):
        random = Random(seed)
        text = named(Author(random).query())
        try:
            names = tuple(trial.runs.sql(running(text)).columns)
        except duckdb.Error:
            continue
        seen = tuple(sorted(random.sample(names, random.randrange(len(names) + 1))))
        found = slice_of(trial.plans, text, seen)
        if found is None:
            continue
        trial.runs.execute("CREATE SCHEMA IF NOT EXISTS other")
        for world in range(min(trial.worlds, 3)):
            for key, columns in SCHEMAS.items():
                window = found.windows.get(key)
                made = trial.runs.execute(f"SELECT * FROM w{world}.{key}").fetchall()
                new = rows(random, key, 20) or [(None,) * len(columns)]
                trial.fill(
                    f"other.{key}",
                    key,
                    new
                    if window is None
                    else [
                        tuple(
                            value if column.name in window else new[i % len(new)][at]
                            for at, (column, value) in enumerate(zip(columns, row, strict=True))
                        )
                        for i, row in enumerate(made)
                    ],
                )
            try:
                before, after = (trial.bag(text, seen, s) for s in (f"w{world}", "other"))
            except duckdb.InternalException:
                continue
            assert before == after, (seed, text, seen, found.windows)


def _list(node: object) -> list[Json]:
    return cast("list[Json]", node)


def walk(node: object, change: Spoil) -> None:
    if isinstance(node, list):
        for item in cast("list[object]", node):
            walk(item, change)
    elif isinstance(node, dict):
        fields = cast(Json, node)
        change(fields)
        for value in fields.values():
            walk(value, change)


def no_filters(node: Json) -> None:
    if node.get("type") == "LOGICAL_FILTER":
        node["expressions"] = []
    if "table_filters" in node:
        node["table_filters"] = {"filters": []}


def no_distinct(node: Json) -> None:
    if str(node.get("type")).startswith("LOGICAL"):
        node["children"] = [
            _list(child["children"])[0] if child.get("type") == "LOGICAL_DISTINCT" else child
            for child in _list(node["children"])
        ]


def no_join_types(node: Json) -> None:
    if node.get("join_type") in ("INNER", "LEFT", "RIGHT", "OUTER"):
        node["join_type"] = "INNER"


def no_constants(node: Json) -> None:
    if node.get("type") == "VALUE_CONSTANT":
        node["value"] = None


def no_columns(node: Json) -> None:
    if node.get("type") == "LOGICAL_GET":
        node["column_indexes"] = [{"index": 0, "field": ""} for _ in _list(node["column_indexes"])]


def no_bind_data(node: Json) -> None:
    if node.get("expression_class") == "BOUND_AGGREGATE":
        node["function_data"] = None


def kept(node: Json) -> None:
    """Leave a plan as it is."""


def no_limits(node: Json) -> None:
    if node.get("type") == "LOGICAL_LIMIT":
        node["limit_val"] = node["offset_val"]


# What is left out of the plan, and the kind of edit that shows it.
SPOILT: dict[str, tuple[Spoil, str]] = {
    "filters are dropped": (no_filters, "ask something else"),
    "DISTINCT is dropped": (no_distinct, "DISTINCT or not"),
    "the kind of a join is not looked at": (no_join_types, "join otherwise"),
    "the number of a LIMIT is not looked at": (no_limits, "another LIMIT"),
    "columns of a table are not told apart": (no_columns, "swap two columns"),
}


@pytest.mark.parametrize(("change", "kind"), SPOILT.values(), ids=SPOILT)
def test_a_normal_form_is_caught_when(trial: Trial, change: Spoil, kind: str) -> None:
    def spoil(tree: Json) -> None:
        walk(tree, change)

    for seed in range(20_000):
        drawn = pair(trial, seed, kind)
        if drawn is None:
            continue
        one, other = (trial.form(t, drawn.seen, spoil) for t in (drawn.before, drawn.after))
        if one is not None and other is not None and one.text == other.text:
            if not trial.same_rows(drawn):
                return
    raise AssertionError("no edit shows it")


# Two queries that only what is left out tells apart.
TOLD_APART: dict[str, tuple[Spoil, str, str]] = {
    "constants are not looked at": (no_constants, "t1.a + 1", "t1.a + 2"),
    "bind data are not looked at": (
        no_bind_data,
        "quantile_cont(t1.a, 0.1)",
        "quantile_cont(t1.a, 0.9)",
    ),
}


@pytest.mark.parametrize(("change", "one", "other"), TOLD_APART.values(), ids=TOLD_APART)
def test_two_columns_are_confused_when(trial: Trial, change: Spoil, one: str, other: str) -> None:
    def spoil(tree: Json) -> None:
        walk(tree, change)

    before, after = (f"SELECT {text} AS p FROM {marked('u')} AS t1" for text in (one, other))
    assert trial.form(before, ("p",), spoil) == trial.form(after, ("p",), spoil)
    assert trial.form(before, ("p",), kept) != trial.form(after, ("p",), kept)
    assert not trial.same_rows(Pair("by hand", before, after, ("p",)))


def test_a_window_without_the_columns_of_conditions_is_caught(trial: Trial) -> None:
    """The windows of a projection alone, as they come from column lineage."""

    def spoil(tree: Json) -> None:
        walk(tree, no_filters)

    text = f"SELECT t1.a FROM {marked('u')} AS t1 WHERE t1.b > 0 AND t1.c || 'x' <> 'yx'"
    whole, spoilt = slice_of(trial.plans, text, ["a"]), trial.form(text, ("a",), spoil)
    assert whole is not None and spoilt is not None
    assert whole.windows == {"u": ("a", "b", "c")}
    assert dict(spoilt.windows) == {"u": ("a",)}
