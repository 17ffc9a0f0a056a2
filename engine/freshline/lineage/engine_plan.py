"""DuckDB's optimised plan to a normal form: what rows a query gives, out of which columns.

Rules:
1. An operator is a node, its columns are terms over the nodes below it. Projections are no nodes:
   a term is read through them. Nodes are numbered as they are met, so no two columns are confused.
2. An operator that is not taken apart here is kept whole: all that the plan says of it, all columns
   that it could read, and its own columns by position. That costs precision, never correctness.
3. An operator that is not on a list, or that has something unusual about it, makes the whole
   opaque (UnfamiliarError).
4. Sorting counts only below what looks at the order of rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import msgspec

from freshline.lineage.canonical import MARK
from freshline.lineage.plan_operators import (
    FILLED,
    KEPT_WHOLE,
    NONE,
    PLAIN_TABLE,
    ROW,
    SIDES,
    TABLE_FUNCTIONS,
    TAKEN_APART,
    WHOLE_COLUMN,
    WORDING,
    children_of,
    is_blind,
    is_plain_scan,
    shown,
    width_of,
)
from freshline.lineage.plan_terms import (
    Expressions,
    Found,
    Functions,
    Json,
    Level,
    Term,
    UnfamiliarError,
    operands,
    positions,
    term,
    text_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A query's normal form: equal forms are the same query, whatever the texts.

    `windows` are the columns read of each upstream, sorted; none of an upstream of which only the
    number of rows counts. `varies` says that it holds a function such as now() or random().
    """

    text: str
    windows: tuple[tuple[str, tuple[str, ...]], ...]
    varies: bool


@dataclass(frozen=True, slots=True)
class _Relation:
    """An operator read: what makes its rows, and its columns."""

    node: Term
    columns: Sequence[Term]


def form_of(plan: str, functions: Functions, level: Level, *, in_order: bool = False) -> Form:
    """Return the normal form of one serialised plan, or raise UnfamiliarError.

    `in_order` says that its reader looks at the order of the rows; else sorting on top is dropped.
    """
    try:
        (tree,) = msgspec.json.decode(plan, type=_Plans).plans
    except msgspec.DecodeError as error:  # DuckDB writes numbers that are none as NaN
        raise UnfamiliarError(str(error)) from error
    reader = _Reader(functions, level, any(f'"{name}"' in plan for name in functions.per_call))
    try:
        relation = reader.relation(tree, in_order)
    except (KeyError, ValueError, IndexError, TypeError) as odd:
        raise UnfamiliarError(f"not as plans are: {odd}") from odd
    columns = [column.text for column in relation.columns]
    whole = term([relation.node.text, columns], relation.node, *relation.columns)
    windows: dict[str, set[str]] = {key: set() for key in reader.scans.values()}
    for number, column in whole.reads:
        if column == ROW:
            raise UnfamiliarError("the number of a row")
        windows[reader.scans[number]].add(column)
    read = tuple(sorted((key, tuple(sorted(columns))) for key, columns in windows.items()))
    return Form(text=whole.text, windows=read, varies=whole.varies)


class _Plans(msgspec.Struct):
    """What DuckDB answers when it serialises."""

    plans: tuple[Json, ...]


class _Reader:
    """One plan under way."""

    def __init__(self, functions: Functions, level: Level, varies: bool) -> None:
        self._expressions = Expressions(functions, level)
        self._varies = varies
        self._met = 0
        self._ctes: dict[object, int] = {}
        self._defined: dict[int, _Relation] = {}
        self.scans: dict[int, str] = {}

    def relation(self, op: Json, in_order: bool) -> _Relation:
        """Return an operator read; `in_order` says whether the order of its rows shows above."""
        kind = str(op["type"])
        if kind == "LOGICAL_GET" and op["name"] == "seq_scan":
            return self._scan(op)
        known = TAKEN_APART.get(kind)
        if known is None or not known.issuperset(op) or (self._varies and self._per_call(op)):
            return self._whole(op)
        match kind:
            case "LOGICAL_PROJECTION":
                child = self._child(op, in_order)
                return _Relation(child.node, self._terms(op["expressions"], child.columns))
            case "LOGICAL_FILTER":
                return self._filter(op, in_order)
            case "LOGICAL_AGGREGATE_AND_GROUP_BY":
                return self._aggregate(op, in_order)
            case "LOGICAL_WINDOW":
                return self._window(op)
            case "LOGICAL_DISTINCT":
                return self._distinct(op, in_order)
            case "LOGICAL_ORDER_BY":
                return self._sorting(op, in_order)
            case "LOGICAL_LIMIT":
                return self._limit(op)
            case "LOGICAL_MATERIALIZED_CTE":
                return self._cte(op, in_order)
            case "LOGICAL_CTE_REF":
                return self._reference(op)
            case "LOGICAL_UNION" | "LOGICAL_EXCEPT" | "LOGICAL_INTERSECT":
                return self._set(op, in_order)
            case _:
                return self._join(op, in_order)

    def _per_call(self, op: Json) -> bool:
        found = Found()
        self._expressions.copied({k: v for k, v in op.items() if k != "children"}, found)
        return found.per_call

    def _next(self) -> int:
        self._met += 1
        return self._met

    def _terms(self, nodes: object, columns: Sequence[Term]) -> list[Term]:
        return [self._expressions.term(n, columns) for n in cast("list[object]", nodes)]

    def _child(self, op: Json, in_order: bool) -> _Relation:
        (child,) = children_of(op)
        return self.relation(child, in_order)

    def _scan(self, op: Json) -> _Relation:
        data = cast(Json, op["function_data"])
        table = str(data["table"])
        expected = {**data, **PLAIN_TABLE, "table": table}
        if not table.startswith(MARK) or data != expected or not is_plain_scan(op):
            raise UnfamiliarError("a scan")
        number = self._next()
        self.scans[number] = table.removeprefix(MARK)
        names, types = cast("list[str]", op["names"]), cast("list[object]", op["returned_types"])
        columns: list[Term] = []
        for entry in cast("list[Json]", op["column_indexes"]):
            index = cast(int, entry["index"])
            if index == NONE:
                columns.append(Term("a row", frozenset({(number, ROW)})))
                continue
            part = {k: v for k, v in entry.items() if k != "index"}  # of a struct, else all
            text = text_of(
                [
                    "column",
                    number,
                    names[index].lower(),
                    types[index],
                    None if part == WHOLE_COLUMN else part,
                ]
            )
            columns.append(Term(text, frozenset({(number, names[index])})))
        filters: list[str] = []
        reads: set[tuple[int, str]] = set()
        found = Found()
        for item in cast("list[Json]", cast(Json, op["table_filters"])["filters"]):
            value, index = cast(Json, item["value"]), cast(int, item["key"])
            if value["filter_type"] == "OPTIONAL_FILTER":  # a hint; the filter itself is above
                continue
            asked: object
            if value["filter_type"] == "EXPRESSION_FILTER" and {*positions(value)} <= {0}:
                asked = self._expressions.term(value["expr"], [Term("the column")]).text
                self._expressions.copied(value, found)
            else:
                asked = self._expressions.copied(value, found)
            filters.append(text_of([names[index].lower(), types[index], asked]))
            reads.add((number, names[index]))
        node = text_of(["scan", number, table, sorted(filters)])
        ids = op["projection_ids"]
        return _Relation(Term(node, frozenset(reads), found.varies), shown(columns, ids))

    def _filter(self, op: Json, in_order: bool) -> _Relation:
        child = self._child(op, in_order)
        parts = [part for e in cast("list[object]", op["expressions"]) for part in operands(e)]
        terms = self._terms(parts, child.columns)
        asked = self._expressions.ordered(t.text for t in terms)
        node = term(["filter", child.node.text, asked], child.node, *terms)
        return _Relation(node, shown(child.columns, op["projection_map"]))

    def _aggregate(self, op: Json, in_order: bool) -> _Relation:
        calls = cast("list[Json]", op["expressions"])
        child = self._child(op, in_order or not all(is_blind(call) for call in calls))
        number = self._next()
        groups = self._terms(op["groups"], child.columns)
        values = self._terms(calls, child.columns)
        sets = cast("list[list[int]]", op["grouping_sets"])
        asked = cast("list[object]", op["grouping_functions"])
        texts = [group.text for group in groups]
        columns: list[Term] = []
        if sets in ([], [[*range(len(groups))]]) and not asked:
            by: list[object] = [sorted(set(texts))]
            columns += [term(["group", number, g.text], g) for g in groups]
        else:
            by = [texts, sets, asked]
            columns += [term(["group", number, i], g) for i, g in enumerate(groups)]
        columns += [term(["value", number, v.text], v) for v in values]
        columns += [Term(text_of(["grouping", number, i])) for i, _ in enumerate(asked)]
        node = term(
            ["aggregate", number, child.node.text, by, op["distinct_validity"]],
            *(child.node, *groups),
        )
        return _Relation(node, columns)

    def _window(self, op: Json) -> _Relation:
        child = self._child(op, True)
        values = self._terms(op["expressions"], child.columns)
        over = [term(["over", child.node.text, v.text], child.node, v) for v in values]
        return _Relation(child.node, [*child.columns, *over])

    def _distinct(self, op: Json, in_order: bool) -> _Relation:
        picks = op["distinct_type"] != "DISTINCT"
        child = self._child(op, in_order or picks)
        targets = self._terms(op["distinct_targets"], child.columns)
        texts = sorted({target.text for target in targets})
        if not picks and (set(texts) != {c.text for c in child.columns} or op["order_by"]):
            raise UnfamiliarError("a DISTINCT of some columns")
        (order,) = self._terms([op["order_by"]], child.columns)
        parts = [op["distinct_type"], child.node.text, texts, order.text]
        return _Relation(term(parts, child.node, *targets, order), child.columns)

    def _sorting(self, op: Json, in_order: bool) -> _Relation:
        child = self._child(op, in_order)
        columns = shown(child.columns, op["projections"])
        if not in_order:
            return _Relation(child.node, columns)
        orders = self._terms(op["orders"], child.columns)
        parts = ["order", child.node.text, [order.text for order in orders]]
        return _Relation(term(parts, child.node, *orders), columns)

    def _limit(self, op: Json) -> _Relation:
        bounds = cast("tuple[Json, Json]", (op["limit_val"], op["offset_val"]))
        if any("EXPRESSION" in str(bound["type"]) for bound in bounds):
            return self._whole(op)
        child = self._child(op, True)
        node = term(["limit", child.node.text, bounds], child.node)
        return _Relation(node, child.columns)

    def _cte(self, op: Json, in_order: bool) -> _Relation:
        definition, query = children_of(op)
        number = len(self._ctes)
        self._ctes[op["table_index"]] = number
        defined = self._defined[number] = self.relation(definition, True)
        asked = self.relation(query, in_order)
        parts = ["cte", number, defined.node.text, asked.node.text]
        return _Relation(term(parts, defined.node, asked.node), asked.columns)

    def _reference(self, op: Json) -> _Relation:
        tie = self._ctes[op["cte_index"]]
        defined = self._defined.get(tie)
        if defined is None or op["is_recurring"]:
            return self._whole(op)
        number = self._next()
        columns = [term(["from", number, c.text], c) for c in defined.columns]
        return _Relation(Term(text_of(["from", number, tie])), columns)

    def _set(self, op: Json, in_order: bool) -> _Relation:
        sides = [self.relation(child, in_order) for child in children_of(op)]
        if any(len(side.columns) != op["column_count"] for side in sides):
            raise UnfamiliarError("a set operation of unequal sides")
        number = self._next()
        nodes = [side.node for side in sides]
        rows = list(zip(*(side.columns for side in sides), strict=True))
        columns = [term(["each", number, [t.text for t in row]], *row) for row in rows]
        parts: list[object] = [op["type"], number, op["setop_all"], [n.text for n in nodes]]
        if op["type"] == "LOGICAL_UNION" and op["setop_all"]:
            return _Relation(term(parts, *nodes), columns)
        compared = [*parts, sorted({column.text for column in columns})]
        return _Relation(term(compared, *nodes, *columns), columns)

    def _join(self, op: Json, in_order: bool) -> _Relation:
        how = str(op.get("join_type", "INNER"))
        sides = SIDES.get(how)
        if sides is None or op.get("delim_flipped") or op.get("predicate") is not None:
            return self._whole(op)
        left, right = (self.relation(child, in_order) for child in children_of(op))
        both = [*left.columns, *right.columns]
        terms: list[Term] = []
        for condition in cast("list[Json]", op.get("conditions", [])):
            one = self._expressions.term(condition["left"], left.columns)
            other = self._expressions.term(condition["right"], right.columns)
            rest = {k: v for k, v in condition.items() if k not in ("left", "right")}
            terms.append(term([one.text, other.text, rest], one, other))
        if "condition" in op:
            terms += self._terms(operands(op["condition"]), both)
        number = self._next()
        asked = self._expressions.ordered(t.text for t in terms)
        # What the right side of a correlated join sees of the left one, by position.
        handed = self._terms(op.get("duplicate_eliminated_columns", []), left.columns)
        node = term(
            [
                *("join", op["type"], number, how, left.node.text, right.node.text, asked),
                *([t.text for t in handed], op.get("mark_types")),
            ],
            *(left.node, right.node, *terms, *handed),
        )
        columns: list[Term] = []
        for side, name, relation in zip(sides, ("left", "right"), (left, right), strict=True):
            seen = shown(relation.columns, op.get(f"{name}_projection_map", []))
            if side == FILLED:  # what is worked out above a join also sees its nulls
                seen = [term(["filled", number, c.text], c) for c in seen]
            columns += seen if side else ()
        if how == "MARK":
            columns.append(term(["mark", number], node))
        return _Relation(node, columns)

    def _whole(self, op: Json) -> _Relation:
        kind = str(op["type"])
        function = kind == "LOGICAL_GET" and op["name"] in TABLE_FUNCTIONS
        if kind not in KEPT_WHOLE and not function:
            raise UnfamiliarError(kind)
        tie: int | None = None
        if kind == "LOGICAL_CTE_REF":
            tie = self._ctes[op["cte_index"]]
        elif kind == "LOGICAL_RECURSIVE_CTE":
            tie = self._ctes.setdefault(op["table_index"], len(self._ctes))
        children = [self.relation(child, True) for child in children_of(op)]
        number = self._next()
        found = Found()
        said: object = self._expressions.copied(
            {k: v for k, v in op.items() if k not in WORDING}, found
        )
        if kind == "LOGICAL_PROJECTION":  # it shows nothing else than what it names
            (child,), named = children, set(positions(op["expressions"]))
            kept = [column for i, column in enumerate(child.columns) if i in named]
            said = [said, sorted(map(str, named))]
            children = [_Relation(child.node, kept)]
        below = [[child.node.text, [c.text for c in child.columns]] for child in children]
        reads = [part for child in children for part in (child.node, *child.columns)]
        varies = found.varies or kind == "LOGICAL_SAMPLE"
        node = term([kind, number, tie, said, below], *reads, varies=varies)
        width = width_of(op, [len(child.columns) for child in children])
        return _Relation(node, [Term(text_of(["of", number, i])) for i in range(width)])
