"""Which statements of a module do nothing but bind names: only these may be left out.

A statement is calm when it can run or not run without anybody else seeing a difference. It may be
so under a condition: that certain names are plain values, on which operators have no effects.
"""

import ast
import sys
from collections.abc import Iterable, Iterator

from freshline.declare.python.module import (
    Chain,
    Function,
    Module,
    chain_of,
    defaults_of,
)

Needs = frozenset[Chain]
NOTHING: Needs = frozenset()

_MADE = {
    "builtins": "abs all any bool bytes bytearray chr complex dict divmod float format frozenset "
    "hash hex int len list max min object ord pow property range repr round set slice sorted str "
    "sum tuple staticmethod classmethod isinstance issubclass",
    "re": "compile escape",
    "decimal": "Decimal Context",
    "fractions": "Fraction",
    "datetime": "date datetime time timedelta timezone",
    "zoneinfo": "ZoneInfo",
    "uuid": "UUID",
    "pathlib": "Path PurePath PosixPath PurePosixPath",
    "typing": "TypeVar ParamSpec NewType NamedTuple TypedDict TypeVarTuple cast Optional Union",
    "collections": "namedtuple OrderedDict defaultdict Counter deque ChainMap",
    "dataclasses": "field",
    "enum": "auto",
    "functools": "partial",
    "operator": "itemgetter attrgetter methodcaller",
    "string": "Template",
    "struct": "Struct",
    "textwrap": "dedent",
    "threading": "Lock RLock local",
    "contextvars": "ContextVar",
    "types": "MappingProxyType SimpleNamespace",
    "logging": "getLogger",
    "math": "sqrt log exp floor ceil pow radians degrees sin cos tan log10 log2 inf",
    "statistics": "NormalDist",
    "numpy": "array dtype int64 float64 float32 int32 datetime64 timedelta64",
    "polars": "col lit Schema Enum Datetime Decimal List Struct Field",
    "pandas": "Timestamp Timedelta CategoricalDtype",
    "pyarrow": "schema field int64 float64 string bool_ date32 timestamp decimal128 list_ struct",
    "pydantic": "Field ConfigDict",
}
_CALLS: frozenset[Chain] = frozenset(
    (
        *((module, name) for module, names in _MADE.items() for name in names.split()),
        *(("os", "path", n) for n in ("join", "dirname", "abspath", "basename", "realpath")),
    )
)
# What these get they keep: a function among it is not called.
_KEEPERS = {
    *(("functools", "partial"), ("dataclasses", "field"), ("collections", "defaultdict")),
    *(("pydantic", "Field"), ("typing", "NewType"), ("typing", "cast")),
}
_METHODS = frozenset(
    (
        *("split", "rsplit", "splitlines", "strip", "lstrip", "rstrip", "join", "format", "lower"),
        *("upper", "replace", "encode", "decode", "title", "items", "keys", "values", "copy"),
        *("union", "intersection", "difference", "resolve", "absolute", "joinpath", "with_name"),
        *("with_suffix", "fromkeys", "isoformat", "date", "removeprefix", "removesuffix"),
    )
)
_DECORATORS = {
    "builtins": "property staticmethod classmethod",
    "functools": "cache lru_cache wraps cached_property total_ordering singledispatch "
    "singledispatchmethod partial",
    "dataclasses": "dataclass",
    "contextlib": "contextmanager asynccontextmanager",
    "abc": "abstractmethod",
    "typing": "overload final override no_type_check runtime_checkable",
    "typing_extensions": "overload final override deprecated",
    "enum": "unique",
    "numba": "jit njit vectorize guvectorize",
    "pydantic": "field_validator model_validator validator root_validator computed_field "
    "field_serializer model_serializer validate_call",
}
_DECORATING = {(module, name) for module, names in _DECORATORS.items() for name in names.split()}
_LIBRARY_BASES = frozenset(("pydantic", "typing_extensions", "pandera", "attrs", "attr"))
# Operators on what these hold are known to have no effects.
PLAIN_PACKAGES = frozenset(("numpy", "pandas", "polars", "pyarrow"))
_ITERATORS = frozenset(("map", "filter", "zip", "iter", "enumerate", "reversed"))

_DISPLAYS = (
    *(ast.Constant, ast.Tuple, ast.List, ast.Dict, ast.Set, ast.expr_context),
    *(ast.Lambda, ast.keyword, ast.arguments, ast.arg),
)
_OPERATORS = (
    *(ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.Subscript, ast.Slice, ast.IfExp),
    *(ast.JoinedStr, ast.FormattedValue, ast.Starred, ast.operator, ast.unaryop, ast.boolop),
    *(ast.cmpop, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.comprehension),
)


def is_freshline(module: Module, decorator: ast.expr) -> bool:
    """Say whether a decorator is one of Freshline's own."""
    if isinstance(decorator, ast.Call):
        decorator = decorator.func
    chain = chain_of(decorator)
    return bool(chain) and module.full(chain)[:1] == ("freshline",)


def is_quiet(module: Module, decorator: ast.expr) -> bool:
    """Say whether a decorator has no effect but on what it decorates."""
    if isinstance(decorator, ast.Call):
        decorator = decorator.func
    chain = chain_of(decorator)
    full = module.full(chain) if chain else ()
    return full in _DECORATING or full[:1] == ("freshline",)


def ignores_annotations(module: Module, decorator: ast.expr) -> bool:
    """Say whether a decorator never looks at annotations and docstrings of a function."""
    if not is_quiet(module, decorator):
        return False
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return module.full(chain_of(called))[0] not in _LIBRARY_BASES


def needs_of(module: Module, node: ast.stmt) -> Needs | None:
    """Return which chains have to be plain for a statement to be calm; None where it is not."""
    match node:
        case ast.Import() | ast.ImportFrom() | ast.Pass():
            return NOTHING
        case ast.Expr(value=ast.Constant()):
            return NOTHING
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return _function(module, node, frozenset())
        case ast.ClassDef():
            return _class(module, node)
        case ast.Assign(targets=targets, value=value) if all(map(_is_name, targets)):
            return value_needs(module, value)
        case ast.AnnAssign(target=ast.Name(), value=value):
            return value_needs(module, value) if value is not None else NOTHING
        case ast.AugAssign(target=ast.Name(id=name), value=value):
            return value_needs(module, value) if _is_immutable(module, name) else None
        case ast.Delete(targets=targets) if all(isinstance(each, ast.Name) for each in targets):
            return NOTHING
        case ast.If(test=test, body=body, orelse=orelse):
            parts = (needs_of(module, each) for each in (*body, *orelse))
            return _all((value_needs(module, test), *parts))
        case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=final):
            if not all(map(_is_tried, body)):
                return None
            caught = (statement for handler in handlers for statement in handler.body)
            return _all(needs_of(module, each) for each in (*body, *caught, *orelse, *final))
        case _:
            return NOTHING if type(node).__name__ == "TypeAlias" else None


def _is_tried(node: ast.stmt) -> bool:
    """Say whether what a statement does hangs on nothing but which packages are installed."""
    match node:
        case ast.Import() | ast.ImportFrom() | ast.Pass():
            return True
        case ast.Assign(value=ast.Constant()):
            return True
        case _:
            return False


def _all(parts: Iterable[Needs | None]) -> Needs | None:
    needs = NOTHING
    for part in parts:
        if part is None:
            return None
        needs |= part
    return needs


def _is_name(target: ast.expr) -> bool:
    if isinstance(target, ast.Tuple | ast.List):
        return all(map(_is_name, target.elts))
    return isinstance(target, ast.Name)


def _is_immutable(module: Module, name: str) -> bool:
    """Say whether `name += ...` can only bind the name anew, as it does with numbers and texts."""
    for index in module.bound.get(name, ()):
        match module.statements[index].node:
            case ast.Assign(targets=[ast.Name()], value=ast.Constant()):
                continue
            case ast.AnnAssign(value=ast.Constant()) | ast.AugAssign(value=ast.Constant()):
                continue
            case _:
                return False
    return True


def _function(module: Module, node: Function, own: frozenset[str]) -> Needs | None:
    needs: list[Needs | None] = [value_needs(module, each) for each in defaults_of(node.args)]
    for decorator in node.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        chain = chain_of(called)
        if chain and chain[0] in own and chain[-1] in ("setter", "getter", "deleter"):
            continue
        if not is_quiet(module, decorator):
            return None
        if isinstance(decorator, ast.Call) and not is_freshline(module, decorator):
            arguments = (*decorator.args, *(each.value for each in decorator.keywords))
            needs += (value_needs(module, each) for each in arguments if not chain_of(each))
    return _all(needs)


def _class(module: Module, node: ast.ClassDef) -> Needs | None:
    needs: set[Chain] = set()
    if any(not is_quiet(module, each) for each in node.decorator_list):
        return None
    for keyword in node.keywords:
        full = module.full(chain_of(keyword.value)) if chain_of(keyword.value) else ()
        if keyword.arg == "metaclass" and full not in (("abc", "ABCMeta"), ("enum", "EnumMeta")):
            return None
        if keyword.arg != "metaclass" and not isinstance(keyword.value, ast.Constant):
            return None
    for each in node.bases:
        base = each.value if isinstance(each, ast.Subscript) else each
        if isinstance(base, ast.Call):
            if value_needs(module, base) is None:
                return None
            continue
        chain = chain_of(base)
        if not chain:
            return None
        full = module.full(chain)
        if not full or (full[0] != "builtins" and not is_library(full[0])):
            needs.add(chain)
    own = frozenset(name for each in node.body for name in _bound_by(each))
    for statement in node.body:
        if isinstance(statement, Function):
            found = _function(module, statement, own)
        else:
            found = needs_of(module, statement)
        if found is None:
            return None
        needs |= {chain for chain in found if chain[0] not in own}
    return frozenset(needs)


def is_library(package: str) -> bool:
    """Say whether classes may be derived from a package's without it keeping a list of them."""
    return package in sys.stdlib_module_names or package in _LIBRARY_BASES


def _bound_by(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Assign(targets=targets):
            yield from (each.id for each in targets if isinstance(each, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name
        case _:
            return


def is_plain_value(node: ast.expr) -> bool:
    """Say whether what a calm expression gives may be operated on without effects."""
    if isinstance(node, ast.Lambda | ast.GeneratorExp):
        return False
    if isinstance(node, ast.Call):
        chain = chain_of(node.func)
        return not chain or chain[-1] not in _ITERATORS | {"partial", "super", "type"}
    return True


def value_needs(module: Module, value: ast.expr) -> Needs | None:
    """Return which chains have to be plain for an expression to be calm; None where it is not."""
    names: set[Chain] = set()
    targets: set[str] = set()
    is_operated = False
    waiting: list[ast.AST] = [value]
    while waiting:
        node = waiting.pop()
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                names.add((name,))
                continue
            case ast.Name(id=name) | ast.arg(arg=name):
                targets.add(name)
                continue
            case ast.Attribute():
                chain = chain_of(node)
                if chain:
                    names.add(chain)
                else:
                    is_operated = True
                    waiting.append(node.value)
                continue
            case ast.Call():
                is_operated = True
                inner = _called(module, node)
                if inner is None:
                    return None
                waiting += inner
                continue
            case ast.Lambda():
                waiting += defaults_of(node.args)
                continue
            case ast.NamedExpr(target=target):
                targets.add(target.id)
                waiting.append(node.value)
                continue
            case _:
                pass
        if isinstance(node, _OPERATORS):
            is_operated = True
        elif not isinstance(node, _DISPLAYS):
            return None
        waiting += ast.iter_child_nodes(node)
    if not is_operated:
        return NOTHING
    return frozenset(chain for chain in names if chain[0] not in targets)


def _called(module: Module, node: ast.Call) -> Iterable[ast.AST] | None:
    """Return what else a call uses whose function has no effects of its own; None for others."""
    values = (*node.args, *(each.value for each in node.keywords))
    chain = chain_of(node.func)
    full = module.full(chain) if chain else ()
    if full in _KEEPERS:
        # Names are only kept; anything that has to be computed first is looked at.
        return tuple(each for each in values if not chain_of(each))
    run = [each for each in values if isinstance(each, ast.Lambda)]
    bodies = (*(each.args for each in run), *(each.body for each in run))
    if full in _CALLS:
        return (*values, *bodies)
    is_import = bool(chain) and chain[0] in module.aliases
    if isinstance(node.func, ast.Attribute) and node.func.attr in _METHODS and not is_import:
        return (node.func.value, *values, *bodies)
    return None
