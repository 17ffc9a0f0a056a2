"""Coverage: which constructs stood in what was edited and in its readers, and which traps they set.

A trap counts when an edit touched an asset that has it, or one that is read by such an asset.
"""

from collections.abc import Iterable

from tests.oracle.projects import Model, Project, Query

TRAPS = tuple(f"R{n}" for n in range(19))
# What is a trap by the edit itself.
_OF_EDITS = {
    "R1": (
        *("add a condition", "drop a condition", "another kind of join", "join one more"),
        *("another HAVING", "another QUALIFY", "another LIMIT", "another GROUP BY"),
        *("another constant, or another word for it", "another list, or its order"),
    ),
    "R5": ("GROUP BY ALL or not",),
    "R12": ("add a column", "source: a column more"),
    "R14": ("edit a macro", "comment a macro"),
    "R15": ("change a variable",),
    "R16": ("another case of a name",),
    "R17": ("another type", "source: another type"),
    "R18": (
        *("add a column", "drop a column that nobody reads", "rename a column"),
        *("source: a column more", "source: another type", "another type"),
    ),
}


def constructs_of(model: Model) -> set[str]:
    """Return the constructs of an asset, by name."""
    found = {model.kind}
    for query in model.query.queries():
        found |= set(_of(query))
    return found


def _of(query: Query) -> Iterable[str]:
    if query.special is not None:
        yield query.special.kind
    for name, there in (
        ("star", query.star),
        ("WHERE", query.where),
        ("GROUP BY", query.grouped > 0),
        ("GROUP BY ALL", query.grouped > 0 and query.by_all),
        ("one row of all", query.grouped < 0),
        ("HAVING", query.having),
        ("QUALIFY", query.qualify),
        ("DISTINCT", query.distinct),
        ("ORDER BY", query.sorted),
        ("LIMIT", query.limit),
        ("window function", " over (" in str(query.columns)),
        ("wrapped", query.wraps),
    ):
        if there:
            yield name
    if query.join:
        yield query.join
    if query.set_operation:
        yield query.set_operation


def traps_of(project: Project, kind: str, near: Iterable[str]) -> set[str]:
    """Return the traps that an edit of one kind stepped on; `near` are the assets it shows in."""
    found = {trap for trap, kinds in _OF_EDITS.items() if kind in kinds}
    for key in near:
        for query in project.models[key].query.queries():
            found |= _traps(query)
    return found


def _traps(query: Query) -> set[str]:
    found = set(query.special.traps) if query.special is not None else set[str]()
    for trap, there in (
        ("R2", query.distinct),
        ("R3", query.set_operation),
        ("R4", query.grouped < 0),
        ("R5", query.by_all and query.grouped > 0),
        ("R7", query.qualify or " over (" in str(query.columns)),
        ("R9", query.star),
        ("R14", "twice(" in str(query) or "thrice(" in str(query)),
    ):
        if there:
            found.add(trap)
    return found
