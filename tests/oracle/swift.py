"""What the product asks DuckDB again in every process, asked once: trials are many in one.

The answers are the same ones: lists of functions, macros of the same text, plans of the same query
over the same columns, empty databases. Every fortieth trial does without, so that what a new
process would do is tried too.
"""

from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from threading import local
from typing import ClassVar

import duckdb
import pytest

from freshline.definitions import Declared
from freshline.lineage import compile, plans, slices, sql, windows
from freshline.lineage.binder import Binder
from freshline.lineage.engine_plan import Form, form_of
from freshline.lineage.macros import Macros, compile_macros
from freshline.lineage.plan_terms import Functions, Level, UnfamiliarError

PLAIN_EVERY = 40
_MOST = 500  # answers that are kept
_functions: list[Functions] = []
_macros: dict[tuple[str, ...], Macros] = {}
_mine = local()


class _Kept(plans.Plans):
    """A database of plans that stays open for the next one who asks, and knows its answers."""

    _answers: ClassVar[dict[object, str | None]] = {}

    def close(self) -> None:
        """Stay open."""

    def optimized(self, query: str) -> str | None:
        """Return what was answered before, to the same query over the same columns and macros."""
        named = ((key, tuple(c)) for key, c in self._declared.items() if key in query)
        asked = (query, tuple(named), tuple(self._macros.items()))
        if asked not in self._answers:
            if len(self._answers) > _MOST:
                self._answers.clear()
            self._answers[asked] = super().optimized(query)
        return self._answers[asked]


class _KeptBinder(Binder):
    """A binder that stays open for the next project: its tables are declared anew as it goes."""

    made_for: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def close(self) -> None:
        """Stay open."""


def _kept(tables: duckdb.DuckDBPyConnection | None = None) -> _Kept:
    if tables is not None:
        return _Kept(tables)
    if not hasattr(_mine, "plans"):
        _mine.plans = _Kept()
    kept: _Kept = _mine.plans
    return kept


def _kept_binder() -> _KeptBinder:
    if not hasattr(_mine, "binder"):
        _mine.binder = _KeptBinder()
    kept: _KeptBinder = _mine.binder
    return kept


@contextmanager
def swift(seed: int) -> Generator[None]:
    """Take the short ways, except now and then."""
    with nullcontext() if seed % PLAIN_EVERY == 0 else _short():
        yield


@contextmanager
def _short() -> Generator[None]:
    functions = plans.Plans.functions

    def functions_once(self: plans.Plans) -> Functions:
        if not _functions:
            _functions.append(functions(self))
        return _functions[0]

    def macros_once(binder: Binder, declared: Declared) -> Macros:
        assert isinstance(binder, _KeptBinder)
        key = (sql.macro_digest.__qualname__, *(m.text for m in declared.macros))
        if binder.made_for != key:
            binder.made_for = ()
            for name in binder.names:
                binder.drop_macro(name)
            binder.names = tuple(macro.name for macro in declared.macros)
            if key not in _macros:
                _macros[key] = compile_macros(binder, declared)
            else:
                for macro in _macros[key].known.values():
                    binder.create(macro.definition.text)
            binder.made_for = key
        return _macros[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plans.Plans, "functions", functions_once)
        patch.setattr(compile, "compile_macros", macros_once)
        patch.setattr(compile, "Binder", _kept_binder)
        patch.setattr(slices, "form_of", _form_of)
        patch.setattr(windows, "ThreadPoolExecutor", _InTurn)
        patch.setattr(windows, "Plans", _kept)
        patch.setattr(plans, "Plans", _kept)
        yield


@lru_cache(maxsize=_MOST)
def _form_once(plan: str, level: Level, in_order: bool) -> Form | None:
    try:
        return form_of(plan, _functions[0], level, in_order=in_order)
    except UnfamiliarError:
        return None


def _form_of(plan: str, functions: Functions, level: Level, *, in_order: bool = False) -> Form:
    found = _form_once(plan, level, in_order)
    if found is None:
        raise UnfamiliarError("as before")
    return found


class _InTurn:
    """A pool of nobody: what it is given is done at once."""

    def __init__(self, **_: object) -> None:
        self.map = map

    def __enter__(self) -> "_InTurn":
        return self

    def __exit__(self, *_: object) -> None:
        return None
