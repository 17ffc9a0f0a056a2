"""Gradual typing: what annotations promise is compared with what came, and said in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshline.worker.raised import type_name
from freshline.worker.writing import kind_of

if TYPE_CHECKING:
    from typing import Any

    from freshline.worker.annotations import Wish
    from freshline.worker.reading import Source

_WORDS = {
    "rows": "a list of dicts",
    "pandas": "pandas.DataFrame",
    "polars": "polars.DataFrame",
    "polars_lazy": "polars.LazyFrame",
    "arrow": "pyarrow.Table",
    "arrow_batches": "pyarrow.RecordBatchReader",
    "arrow_dataset": "pyarrow.dataset.Dataset",
    "duckdb": "duckdb.DuckDBPyRelation",
    "path": "Path",
    "bytes": "bytes",
}


def check_input(what: str, source: Source, wish: Wish, value: Any) -> object:
    """Return the value of a parameter after its contract, if it has one, has been checked."""
    if wish.model is not None:
        return _validated(f"{what}: {source.what}", wish.model, value)
    if isinstance(wish.type, type) and wish.form.startswith("codec:"):
        if not isinstance(value, wish.type):
            raise TypeError(
                f"{what}: {source.what}: expected {wish.type.__name__}, and its codec made "
                f"{type_name(type(value))}"
            )
    return value


def check_output(what: str, wish: Wish, value: Any) -> object:
    """Return what a function returned after it was compared with the annotation of its result.

    TypeError names the function, what it says that it returns, and what it returned.
    """
    if not wish.is_said or value is None or (wish.role != "input" and wish.form != "none"):
        return value
    if wish.form == "none":
        raise TypeError(f"{what} says that it returns None, and returned {type_name(type(value))}")
    if wish.model is not None:
        return _validated(f"{what}: what it returned", wish.model, value)
    kind = kind_of(value)
    expected = "generator" if wish.streams else wish.form
    if kind == expected or _is_alike(wish, kind, value):
        return value
    said = f"an iterator of {_WORDS.get(wish.form, wish.form)}" if wish.streams else _said(wish)
    raise TypeError(f"{what} says that it returns {said}, and returned {type_name(type(value))}")


def _is_alike(wish: Wish, kind: str, value: Any) -> bool:
    """Return whether a value is what the annotation means though its class has another name."""
    if isinstance(wish.type, type) and isinstance(value, wish.type):
        return True
    if wish.streams:
        return hasattr(value, "__iter__") or hasattr(value, "__aiter__")
    if wish.many:
        return kind == "rows"
    return wish.form == "bytes" and kind == "figure"


def _said(wish: Wish) -> str:
    if wish.many:
        return f"a list of {_WORDS.get(wish.form, wish.form)}"
    kind = getattr(wish.type, "__name__", "")
    return _WORDS.get(wish.form) or kind or wish.form


def _validated(what: str, model: Any, value: Any) -> object:
    """Return a data frame that a model of columns has validated; ValueError lists what is wrong."""
    try:
        return model.validate(value, lazy=True)
    except Exception as error:
        cases = _cases(getattr(error, "failure_cases", None)) or [str(error)]
        raise ValueError(f"{what} does not fit {model.__name__}: {'; '.join(cases)}") from None


_MOST_CASES = 10


def _cases(found: Any) -> list[str]:
    """Return what a validation found in words, from its table of failed checks."""
    if hasattr(found, "to_dicts"):
        rows = found.to_dicts()
    elif hasattr(found, "to_dict"):
        rows = found.to_dict("records")
    else:
        return []
    told = [
        f"column {row.get('column')!r}, check {row.get('check')}: {row.get('failure_case')!r}"
        + (f" in row {row['index']}" if row.get("index") is not None else "")
        for row in rows[:_MOST_CASES]
    ]
    return [*told, f"and {len(rows) - _MOST_CASES} more"] if len(rows) > _MOST_CASES else told
