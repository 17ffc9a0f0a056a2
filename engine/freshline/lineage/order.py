"""Whether a query's rows hang on the order of what it reads: then equal rows are not enough."""

from sqlglot import exp

# Aggregates whose result hangs on which row comes first, under any of their names.
_PICKING = frozenset(
    {
        "any_value", "approx_quantile", "approx_top_k", "arbitrary", "arg_max", "arg_min", "argmax",
        "argmin", "array_agg", "array_concat_agg", "first", "first_value", "group_concat",
        "json_arrayagg", "json_group_array", "json_group_object", "json_group_structure",
        "json_objectagg", "last", "last_value", "list", "listagg", "map_agg", "max_by", "min_by",
        "mode", "nth_value", "reservoir_quantile", "string_agg",
    }
)  # fmt: skip


_OF_PEERS = (exp.Rank, exp.DenseRank, exp.PercentRank, exp.CumeDist)
_ORDERED_JOINS = frozenset({"POSITIONAL", "ASOF"})  # of rows with equal keys ASOF takes one
_AGGREGATES = (exp.Sum, exp.Count, exp.Avg, exp.Min, exp.Max)


def hangs_on_order(tree: exp.Query) -> bool:
    """Say whether the rows of a query may differ when its inputs' rows come in another order.

    Whatever picks among rows: LIMIT, SAMPLE, DISTINCT ON, windows whose order has ties to break,
    joins by position or to the nearest row, and aggregates that keep a row's value or a list,
    unless they are ordered by just that value.
    """
    for node in tree.find_all(exp.Limit, exp.Offset, exp.Fetch, exp.TableSample, exp.Window):
        if not isinstance(node, exp.Window) or _breaks_ties(node):
            return True
    if any(node.args.get("on") for node in tree.find_all(exp.Distinct)):
        return True
    if any(join.method in _ORDERED_JOINS for join in tree.find_all(exp.Join)):
        return True
    # Of texts that a collation calls equal, one is taken; a subquery in ARRAY() keeps its order.
    if tree.find(exp.Collate) or any(a.find(exp.Query) for a in tree.find_all(exp.Array)):
        return True
    return any(_picks(call) for call in tree.find_all(exp.Func))


def _breaks_ties(window: exp.Window) -> bool:
    """Say whether rows that are equal in a window's order may get different values.

    They do not where the value is one of their group of peers: ranks, and aggregates up to the last
    peer, which is what a frame is when none is given. Without an order all rows are peers.
    """
    if isinstance(window.this, _OF_PEERS):
        return False
    return not isinstance(window.this, _AGGREGATES) or window.args.get("spec") is not None


def _picks(call: exp.Func) -> bool:
    name = (call.name if isinstance(call, exp.Anonymous) else call.sql_name()).lower()
    if name not in _PICKING:
        return False
    inner = call.this
    if not isinstance(inner, exp.Order) or not inner.expressions:
        return True
    value = inner.this
    if isinstance(value, exp.Distinct) and len(value.expressions) == 1:
        value = value.expressions[0]
    return bool(inner.expressions[0].this != value)
