"""Narrowing: an input as its reader may read it, through its window and no further.

A column outside of the window is an expression that fails when it is worked out. DuckDB does not
work out what a query does not use, so this costs nothing; and were a column used although it is not
in the window, a change could not go unnoticed: the query fails, and the step reads the input whole.
"""

from collections.abc import Sequence

from freshline.definitions import Column
from freshline.errors import ComputeError
from freshline.lineage.quoting import quoted, text_literal
from freshline.versions import Window

_OUTSIDE = "is read, but outside of the window"


def narrowed(key: str, relation: str, columns: Sequence[Column], window: Window) -> str:
    """Return how to read a relation through a window."""
    if window.columns is None or {c.name for c in columns} <= {*window.columns}:
        return relation
    parts = (
        quoted(column.name)
        if column.name in window.columns
        else f"CAST({_refusal(key, column)} AS {column.type}) AS {quoted(column.name)}"
        for column in columns
    )
    return f"(SELECT {', '.join(parts)} FROM {relation})"


def without_rows(columns: Sequence[Column]) -> str:
    """Return how to read what is not there: no rows, of the columns that it would have."""
    parts = (f"CAST(NULL AS {column.type}) AS {quoted(column.name)}" for column in columns)
    return f"(SELECT {', '.join(parts)} WHERE false)"


def is_refusal(error: ComputeError) -> bool:
    """Say whether a query failed because a column outside of a window was worked out."""
    return error.message.endswith(_OUTSIDE)


def _refusal(key: str, column: Column) -> str:
    return f"error({text_literal(f'{key}.{column.name} {_OUTSIDE}')})"
