"""The text of a code version: what was reached, in sections, in an order that editing leaves."""

import ast
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from freshline.declare.python import calm
from freshline.declare.python.finding import dotted
from freshline.declare.python.following import Following
from freshline.declare.python.module import Function, Module, Statement
from freshline.declare.python.written import Manner, written

HEAD = "#: "
# Packages that take no notice of docstrings and annotations of functions that they get.
_INCURIOUS = frozenset(
    (
        *("numpy", "pandas", "polars", "pyarrow", "scipy", "sklearn", "matplotlib", "seaborn"),
        *("numba", "dask", "joblib", "requests", "httpx", "yaml", "xgboost", "lightgbm", "altair"),
        *("statsmodels", "networkx", "shapely", "geopandas", "plotly", "PIL", "dateutil", "pytz"),
    )
)


class Section(NamedTuple):
    """A heading, such as `function lib.churn.weight`, and the code below it."""

    heading: str
    code: str


def text_of(following: Following, file: str, name: str) -> str:
    """Return all that was reached: modules in the order of their names, then data files."""
    is_ordered = _has_effects(following)
    sections = [Section(f"entry {dotted(file)}.{name}", "")]
    for path in sorted(following.loaded, key=lambda path: (dotted(path), path)):
        sections += _of_module(following, following.loaded[path], is_ordered)
    for path in sorted(following.data):
        sections.append(Section(f"file {path}", f"sha256 = {following.data[path]!r}"))
    return "".join(f"{HEAD}{each.heading}\n{each.code}\n" for each in sections)


def sections_of(text: str) -> Iterator[Section]:
    """Give the sections of such a text."""
    for part in text.split(f"\n{HEAD}"):
        heading, _, code = part.removeprefix(HEAD).partition("\n")
        yield Section(heading, code.strip("\n"))


def _of_module(following: Following, module: Module, is_ordered: bool) -> Iterator[Section]:
    shown = dotted(module.file)
    units = following.units.get(module.file, {})
    is_raw = following.reads_source and (units or following.names.get(module.file))
    if module.broken or is_raw:
        lines = module.text.splitlines()
        yield Section(f"module {shown}", "\n".join(f"    {line}" for line in lines))
        return
    if following.is_curious and module.docstring:
        yield Section(f"docstring {shown}", f"__doc__ = {module.docstring!r}")
    found = [*_imported(following, module, is_ordered), *_reached(following, module)]
    if is_ordered or _is_ordered(following, module):
        last = len(module.statements)
        found.sort(key=lambda each: (last if each[1] else each[0], each[2]))
    else:
        found.sort(key=lambda each: each[2])
    yield from (section for _, _, section in found)


_Placed = tuple[int, bool, Section]  # index of the statement, whether its place never matters


def _reached(following: Following, module: Module) -> Iterator[_Placed]:
    for index, annotated in following.units.get(module.file, {}).items():
        statement = module.statements[index]
        code = written(module, index, _manner(following, annotated))
        yield index, _is_still(module, statement), Section(_heading(module, statement), code)


def _manner(following: Following, annotated: bool) -> Manner:
    is_read = bool(following.packages - _INCURIOUS)
    return Manner(annotated, following.is_curious or (annotated and is_read))


def _imported(following: Following, module: Module, is_ordered: bool) -> Iterator[_Placed]:
    """Give the imports of names that are used, and those of modules that run something."""
    names = following.names.get(module.file, set())
    shown = dotted(module.file)
    is_whole = module.file in following.wholes
    for statement in module.statements:
        if not statement.is_import:
            continue
        for alias in statement.aliases:
            if is_whole or alias.name in names or alias.name == "*":
                code = following.leads.of(module.file, alias).line
                yield statement.index, False, Section(f"import {shown}.{alias.name}", code)
        if is_ordered:
            for file in _run(following, module, statement):
                code = f"import {dotted(file)}"
                yield statement.index, False, Section(f"imports {shown}", code)


def _run(following: Following, module: Module, statement: Statement) -> Iterable[str]:
    """Return the modules that an import runs, each once."""
    leads = (following.leads.of(module.file, alias) for alias in statement.aliases)
    return dict.fromkeys(file for lead in leads for file in lead.files)


def _has_effects(following: Following) -> bool:
    return any(following.effects.of(module).effects for module in following.loaded.values())


def _is_ordered(following: Following, module: Module) -> bool:
    """Say whether the order of statements can matter though nothing runs: a name is bound twice."""
    if module.file in following.wholes or module.stars:
        return True
    names = following.names.get(module.file, set())
    return any(len(module.bound.get(name, ())) > 1 for name in names)


def _is_still(module: Module, statement: Statement) -> bool:
    """Say whether a statement does the same wherever it stands: it defines one plain function."""
    node = statement.node
    if not isinstance(node, Function) or len(module.bound[node.name]) > 1:
        return False
    return (
        not node.args.defaults
        and not node.args.kw_defaults
        and all(calm.is_freshline(module, each) for each in node.decorator_list)
    )


def _heading(module: Module, statement: Statement) -> str:
    shown = dotted(module.file)
    names = ", ".join(sorted(statement.binds)) or ""
    match statement.node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return f"function {shown}.{name}"
        case ast.ClassDef(name=name):
            return f"class {shown}.{name}"
        case ast.Assign() | ast.AnnAssign() | ast.AugAssign() if names:
            return f"constant {shown}.{names}"
        case _:
            return f"value {shown}.{names}" if names else f"effects {shown}"
