"""DuckDB's optimised plan to the columns that the engine would read, scan by scan.

What is scanned is more than what shows in a query's rows: the engine also sorts by what nobody
looks at. So this, and not the normal form, says what a reader has to be able to read.
"""

from collections.abc import Iterator, Mapping
from typing import cast

import msgspec

from freshline.lineage.canonical import MARK
from freshline.lineage.plan_operators import (
    NONE,
    PLAIN_TABLE,
    TABLE_FUNCTIONS,
    children_of,
    is_plain_scan,
)
from freshline.lineage.plan_terms import Json, UnfamiliarError

_SCAN = '"LOGICAL_GET"'


def scanned(plan: str) -> Mapping[str, tuple[str, ...]]:
    """Return the columns of each upstream that a serialised plan scans, sorted.

    An upstream of which only rows are counted has none. UnfamiliarError where a scan is not plain.
    """
    (tree,) = msgspec.json.decode(plan, type=_Plans).plans
    found: dict[str, set[str]] = {}
    met = 0
    try:
        for op in _operators(tree):
            if op["type"] != "LOGICAL_GET":
                continue
            met += 1
            if op["name"] not in TABLE_FUNCTIONS:
                key, columns = _scan(op)
                found.setdefault(key, set()).update(columns)
    except (KeyError, ValueError, IndexError, TypeError) as odd:
        raise UnfamiliarError(f"not as plans are: {odd}") from odd
    if met != plan.count(_SCAN):
        raise UnfamiliarError("a scan that is no operator")
    return {key: tuple(sorted(columns)) for key, columns in found.items()}


class _Plans(msgspec.Struct):
    """What DuckDB answers when it serialises."""

    plans: tuple[Json, ...]


def _operators(tree: Json) -> Iterator[Json]:
    waiting = [tree]
    while waiting:
        op = waiting.pop()
        yield op
        waiting += children_of(op)


def _scan(op: Json) -> tuple[str, Iterator[str]]:
    data = cast(Json, op["function_data"])
    table = str(data["table"])
    plain = data == {**data, **PLAIN_TABLE} and is_plain_scan(op)
    if op["name"] != "seq_scan" or not table.startswith(MARK) or not plain:
        raise UnfamiliarError("a scan")
    names = cast("list[str]", op["names"])
    read = [cast(int, entry["index"]) for entry in cast("list[Json]", op["column_indexes"])]
    filters = cast("list[Json]", cast(Json, op["table_filters"])["filters"])
    read += [cast(int, item["key"]) for item in filters]
    return table.removeprefix(MARK), (names[index] for index in read if index != NONE)
