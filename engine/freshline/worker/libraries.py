"""The libraries that user code may have: imported when a form needs one, and never before."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

_ABSENT: set[str] = set()


class MissingLibraryError(ImportError):
    """A form needs a library that this location's interpreter does not have."""


def find(name: str) -> Any:
    """Return a module if it can be imported, else None; a broken one raises what it raises."""
    found = sys.modules.get(name)
    if found is not None:
        return found
    if name in _ABSENT:
        return None
    try:
        __import__(name)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if name != missing and not name.startswith(f"{missing}."):
            raise
        _ABSENT.add(name)
        return None
    return sys.modules[name]


def need(name: str, why: str) -> Any:
    """Return a module; MissingLibraryError says what wanted it and what to do."""
    found: ModuleType | None = find(name)
    if found is None:
        raise MissingLibraryError(
            f"{why} needs {name.partition('.')[0]}, which {sys.executable} does not have: "
            "add it to the requirements of the location"
        )
    return found


def parquet_reader(preferred: str) -> str:
    """Return which library reads and writes Parquet here: one that is loaded comes first.

    Empty where there is none.
    """
    names = ("pyarrow.parquet", "polars", "duckdb")
    first = [name for name in names if name.startswith(preferred)] if preferred else []
    loaded = [name for name in names if name in sys.modules]
    for name in (*first, *loaded, *names):
        if find(name) is not None:
            return name
    return ""
