"""Whether a query's meaning hangs on which columns its inputs have, though its text names none."""

from sqlglot import exp

_UNNAMED = (exp.TableColumn, exp.PositionalColumn, exp.Columns, exp.Pivot)
_NAMED = (exp.Table, exp.Subquery, exp.CTE)


def hangs_on_layout(tree: exp.Query) -> bool:
    """Say whether a compiled query may become another one when its inputs get other columns.

    Stars are expanded and names resolved by now, so that the text of most says all. Not so where a
    row is taken as one value, columns are counted or renamed by position, or all others are meant.
    """
    relations: set[str] = set()
    bare: set[str] = set()
    for node in tree.walk():
        if isinstance(node, exp.Column):
            if not node.table:
                bare.add(node.name.lower())
        elif isinstance(node, _NAMED):
            relations.add(node.alias_or_name.lower())
            if isinstance(node, exp.Table) and node.alias_column_names:
                return True
        elif isinstance(node, exp.Star):
            if not isinstance(node.parent, exp.Count):
                return True
        elif isinstance(node, _UNNAMED):
            return True
        elif isinstance(node, exp.Join) and node.method.upper() == "NATURAL":
            return True
    return not bare.isdisjoint(relations)
