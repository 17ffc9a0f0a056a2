"""Whether a query's meaning hangs on which columns its inputs have, though its text names none."""

from sqlglot import exp


def hangs_on_layout(tree: exp.Query) -> bool:
    """Say whether a compiled query may become another one when its inputs get other columns.

    Stars are expanded and names resolved by now, so that the text of most says all. Not so where a
    row is taken as one value, columns are counted or renamed by position, or all others are meant.
    """
    if any(True for _ in tree.find_all(exp.PositionalColumn, exp.Columns, exp.Pivot)):
        return True
    if any(
        alias.columns for table in tree.find_all(exp.Table) if (alias := table.args.get("alias"))
    ):
        return True
    if any(not isinstance(star.parent, exp.Count) for star in tree.find_all(exp.Star)):
        return True
    if any(join.method.upper() == "NATURAL" for join in tree.find_all(exp.Join)):
        return True
    relations = {
        node.alias_or_name.lower() for node in tree.find_all(exp.Table, exp.Subquery, exp.CTE)
    }
    return any(
        not column.table and column.name.lower() in relations
        for column in tree.find_all(exp.Column)
    )
