"""The operators of DuckDB's plans: which are known, what is usual about them, their width."""

from collections.abc import Sequence
from typing import cast

from freshline.lineage.plan_terms import Json, Term

NONE = 2**64 - 1
ROW = "rowid"
# They hold only what the plan says of them, and their children.
KEPT_WHOLE = frozenset(
    {
        *("LOGICAL_PROJECTION", "LOGICAL_FILTER", "LOGICAL_AGGREGATE_AND_GROUP_BY"),
        *("LOGICAL_WINDOW", "LOGICAL_UNNEST", "LOGICAL_LIMIT", "LOGICAL_ORDER_BY"),
        *("LOGICAL_DISTINCT", "LOGICAL_SAMPLE", "LOGICAL_PIVOT", "LOGICAL_POSITIONAL_JOIN"),
        *("LOGICAL_COMPARISON_JOIN", "LOGICAL_ANY_JOIN", "LOGICAL_ASOF_JOIN"),
        *("LOGICAL_DELIM_JOIN", "LOGICAL_CROSS_PRODUCT", "LOGICAL_DELIM_GET"),
        *("LOGICAL_UNION", "LOGICAL_EXCEPT", "LOGICAL_INTERSECT"),
        *("LOGICAL_EXPRESSION_GET", "LOGICAL_DUMMY_SCAN", "LOGICAL_EMPTY_RESULT"),
        *("LOGICAL_MATERIALIZED_CTE", "LOGICAL_RECURSIVE_CTE", "LOGICAL_CTE_REF"),
    }
)
TABLE_FUNCTIONS = frozenset({"range", "generate_series", "unnest", "repeat", "repeat_row"})
# Numbers that tie columns to tables: columns are resolved by then, and CTEs are numbered anew.
_TIES = frozenset(
    {
        *("table_index", "group_index", "aggregate_index", "groupings_index", "unnest_index"),
        *("window_index", "mark_index", "cte_index"),
    }
)
WORDING = frozenset({"children", "bindings", "ctename", "bound_columns"}) | _TIES
# How a join shows its sides: not at all, as they are, or with nulls filled in.
SHOWN, FILLED = 1, 2
SIDES = {
    "INNER": (SHOWN, SHOWN),
    "LEFT": (SHOWN, FILLED),
    "RIGHT": (FILLED, SHOWN),
    "OUTER": (FILLED, FILLED),
    "SINGLE": (SHOWN, FILLED),
    "SEMI": (SHOWN, 0),
    "ANTI": (SHOWN, 0),
    "MARK": (SHOWN, 0),
}
_OF_A_COMPARISON = frozenset(
    {"conditions", "mark_types", "duplicate_eliminated_columns", "delim_flipped", "predicate"}
)
_EVERYWHERE = frozenset({"type", "children"})
_OF_A_JOIN = _EVERYWHERE | {
    *("join_type", "mark_index", "left_projection_map", "right_projection_map")
}
_OF_A_SET = _EVERYWHERE | {"table_index", "column_count", "setop_all", "allow_out_of_order"}
# With anything else about it an operator is kept whole.
TAKEN_APART: dict[str, frozenset[str]] = {
    "LOGICAL_PROJECTION": _EVERYWHERE | {"table_index", "expressions"},
    "LOGICAL_FILTER": _EVERYWHERE | {"expressions", "projection_map"},
    "LOGICAL_AGGREGATE_AND_GROUP_BY": _EVERYWHERE
    | {"expressions", "groups", "grouping_sets", "grouping_functions", "distinct_validity"}
    | {"group_index", "aggregate_index", "groupings_index"},
    "LOGICAL_WINDOW": _EVERYWHERE | {"window_index", "expressions"},
    "LOGICAL_DISTINCT": _EVERYWHERE | {"distinct_type", "distinct_targets", "order_by"},
    "LOGICAL_ORDER_BY": _EVERYWHERE | {"orders", "projections"},
    "LOGICAL_LIMIT": _EVERYWHERE | {"limit_val", "offset_val"},
    "LOGICAL_MATERIALIZED_CTE": _EVERYWHERE
    | {"table_index", "column_count", "ctename", "materialize"},
    "LOGICAL_CTE_REF": _EVERYWHERE
    | {"table_index", "cte_index", "chunk_types", "bound_columns", "is_recurring"},
    "LOGICAL_UNION": _OF_A_SET,
    "LOGICAL_EXCEPT": _OF_A_SET,
    "LOGICAL_INTERSECT": _OF_A_SET,
    "LOGICAL_COMPARISON_JOIN": _OF_A_JOIN | _OF_A_COMPARISON,
    "LOGICAL_ASOF_JOIN": _OF_A_JOIN | _OF_A_COMPARISON,
    "LOGICAL_DELIM_JOIN": _OF_A_JOIN | _OF_A_COMPARISON,
    "LOGICAL_ANY_JOIN": _OF_A_JOIN | {"condition"},
    "LOGICAL_CROSS_PRODUCT": _EVERYWHERE,
}
PLAIN_TABLE: Json = {"is_index_scan": False, "is_create_index": False, "result_ids": []}
_PLAIN_SCAN: Json = {
    "children": [],
    "arguments": [],
    "original_arguments": [],
    "projected_input": [],
    "has_serialize": True,
    "ordinality_idx": NONE,
    "row_group_order_options": None,
    "extra_info": {
        "file_filters": "",
        "total_files": NONE,
        "filtered_files": NONE,
        "sample_options": None,
    },
}
_OF_A_SCAN = frozenset(
    {
        *("type", "name", "names", "returned_types", "table_index", "catalog_name", "schema_name"),
        *("function_data", "column_indexes", "projection_ids", "table_filters"),
    }
)
WHOLE_COLUMN: Json = {
    "child_indexes": [],
    "index_type": "FULL_READ",
    "type": {"id": "INVALID", "type_info": None},
    "field": "",
    "has_index": True,
}
# The order of rows does not show in them; in a sum of doubles it does, in the last digits.
_BLIND = frozenset({"count", "count_star", "min", "max", "bool_and", "bool_or"})
_EXACT = frozenset({"sum", "sum_no_overflow", "avg"})
_INEXACT_TYPES = frozenset({"FLOAT", "DOUBLE"})


def children_of(op: Json) -> list[Json]:
    """Return the operators below one."""
    return cast("list[Json]", op["children"])


def width_of(op: Json, below: Sequence[int]) -> int:
    """Return how many columns an operator gives, over children that give so many."""

    def count(*names: str) -> int:
        return sum(len(cast("list[object]", op[name])) for name in names)

    kind = str(op["type"])
    match kind:
        case "LOGICAL_PROJECTION":
            return count("expressions")
        case "LOGICAL_FILTER":
            return count("projection_map") or below[0]
        case "LOGICAL_ORDER_BY":
            return count("projections") or below[0]
        case "LOGICAL_AGGREGATE_AND_GROUP_BY":
            return count("groups", "expressions", "grouping_functions")
        case "LOGICAL_WINDOW" | "LOGICAL_UNNEST":
            return below[0] + count("expressions")
        case "LOGICAL_UNION" | "LOGICAL_EXCEPT" | "LOGICAL_INTERSECT" | "LOGICAL_RECURSIVE_CTE":
            return cast(int, op["column_count"])
        case "LOGICAL_MATERIALIZED_CTE":
            return below[1]
        case "LOGICAL_EXPRESSION_GET":
            return count("expr_types")
        case "LOGICAL_EMPTY_RESULT":
            return count("return_types")
        case "LOGICAL_CTE_REF" | "LOGICAL_DELIM_GET":
            return count("chunk_types")
        case "LOGICAL_GET":
            return count("projection_ids") or count("column_indexes")
        case "LOGICAL_DUMMY_SCAN":
            return 1
        case "LOGICAL_PIVOT":
            return len(cast("list[object]", cast(Json, op["bound_pivot"])["types"]))
        case _ if "join_type" in op:
            return _width_of_join(op, below)
        case _:
            return sum(below)


def _width_of_join(op: Json, below: Sequence[int]) -> int:
    left, right = (
        len(cast("list[int]", op[f"{side}_projection_map"])) or width
        for side, width in zip(("left", "right"), below, strict=True)
    )
    match op["join_type"]:
        case "SEMI" | "ANTI":
            return left
        case "RIGHT_SEMI" | "RIGHT_ANTI":
            return right
        case "MARK":
            return left + 1
        case _:
            return left + right


def shown(columns: Sequence[Term], positions: object) -> Sequence[Term]:
    """Return the columns at some positions; all where none are said."""
    chosen = cast("list[int]", positions)
    return [columns[i] for i in chosen] if chosen else columns


def is_plain_scan(op: Json) -> bool:
    """Say whether a scan of a table reads rows as they are, with nothing unusual about it."""
    return all(op.get(name) == value for name, value in _PLAIN_SCAN.items()) and (
        set(op) == {*_PLAIN_SCAN, *_OF_A_SCAN}
    )


def is_blind(call: Json) -> bool:
    """Say whether an aggregate gives the same whatever the order of its rows."""
    name = str(call["name"])
    if call["order_bys"] is not None:
        return False
    exact = cast("list[Json]", call["arguments"])
    return name in _BLIND or (name in _EXACT and exact[0]["id"] not in _INEXACT_TYPES)
