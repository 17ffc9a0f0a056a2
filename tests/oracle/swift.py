"""What the product asks DuckDB again in every process, asked once: trials are many in one.

The answers are the same ones: lists of functions, macros of the same text, empty databases. Every
eighth trial does without, so that what a new process would do is tried too.
"""

from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from threading import local

import pytest

from freshline.definitions import Declared
from freshline.lineage import compile, plans, sql, windows
from freshline.lineage.binder import Binder
from freshline.lineage.macros import Macros, compile_macros
from freshline.lineage.plan_terms import Functions

PLAIN_EVERY = 8
_names: list[frozenset[str]] = []
_functions: list[Functions] = []
_macros: dict[tuple[str, ...], Macros] = {}
_mine = local()


class _Kept(plans.Plans):
    """A database of plans that stays open for the next one who asks."""

    def close(self) -> None:
        """Stay open."""


def _kept() -> _Kept:
    if not hasattr(_mine, "plans"):
        _mine.plans = _Kept()
    kept: _Kept = _mine.plans
    return kept


@contextmanager
def swift(seed: int) -> Generator[None]:
    """Take the short ways, except in every eighth trial."""
    with nullcontext() if seed % PLAIN_EVERY == 0 else _short():
        yield


@contextmanager
def _short() -> Generator[None]:
    names, functions = Binder.function_names, plans.Plans.functions

    def function_names(self: Binder) -> frozenset[str]:
        if not _names:
            _names.append(names(self))
        return _names[0]

    def functions_once(self: plans.Plans) -> Functions:
        if not _functions:
            _functions.append(functions(self))
        return _functions[0]

    def macros_once(binder: Binder, declared: Declared) -> Macros:
        key = (sql.macro_digest.__qualname__, *(m.text for m in declared.macros))
        if key not in _macros:
            _macros[key] = compile_macros(binder, declared)
            return _macros[key]
        for macro in _macros[key].known.values():
            binder.create(macro.definition.text)
        return _macros[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Binder, "function_names", function_names)
        patch.setattr(plans.Plans, "functions", functions_once)
        patch.setattr(compile, "compile_macros", macros_once)
        patch.setattr(windows, "ThreadPoolExecutor", _InTurn)
        patch.setattr(windows, "Plans", _kept)
        patch.setattr(plans, "Plans", _kept)
        yield


class _InTurn:
    """A pool of nobody: what it is given is done at once."""

    def __init__(self, **_: object) -> None:
        self.map = map

    def __enter__(self) -> "_InTurn":
        return self

    def __exit__(self, *_: object) -> None:
        return None
