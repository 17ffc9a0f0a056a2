"""Code that asks the world around it: the environment, names made at run time, the code itself."""

import ast
import re

from freshline.declare.python.module import Chain, Module

ENVIRONMENTS = frozenset((("os", "environ"), ("os", "environb")))
WRITES = frozenset(("update", "clear", "__setitem__", "__delitem__", "putenv", "unsetenv"))
_ONE_NAME = frozenset(("get", "pop", "setdefault", "__getitem__", "__contains__"))
_GETENV = frozenset((("os", "getenv"), ("os", "getenvb")))
# Packages whose use is reading the environment, by names that only they know.
SETTINGS_PACKAGES = frozenset(
    ("decouple", "dotenv", "dynaconf", "environ", "environs", "pydantic_settings")
)

# What makes docstrings and annotations part of what code does, and what its very text.
CURIOUS = frozenset(
    (
        *("__doc__", "__annotations__", "__signature__", "pydoc", "doctest", "signature"),
        *("get_type_hints", "get_annotations", "getdoc", "docopt"),
    )
)
READS_SOURCE = frozenset(
    (
        *("getsource", "getsourcelines", "findsource", "getcomments", "linecache", "dis"),
        *("__code__", "f_lineno", "tb_lineno", "co_firstlineno"),
    )
)

# Calls that may ask for any local name.
LOCALS = frozenset(("builtins", name) for name in ("eval", "exec", "locals", "vars"))
BY_NAME = frozenset(("builtins", name) for name in ("getattr", "hasattr", "setattr", "delattr"))
IMPORTERS = frozenset(("import_module", "__import__", "reload_module"))
# Calls that take text in a language that can name the caller's variables.
SPEAKERS = frozenset(
    ("eval", "exec", "query", "evaluate", "sql", "execute", "from_query", "from_formula", "compile")
)
_SPOKEN = re.compile(
    r"@[A-Za-z_]|~|\b(?:from|join|using|into|table|describe|summarize|pivot|unpivot|show)\b",
    re.IGNORECASE,
)

_THIS_MODULE: dict[Chain, str] = {
    ("builtins", "globals"): "globals() may be asked for any name",
    ("builtins", "exec"): "exec() runs what is not written here",
    ("builtins", "eval"): "eval() computes what is not written here",
    ("builtins", "compile"): "compile() makes code that is not written here",
    ("builtins", "__builtins__"): "__builtins__ may be asked for any name",
}
_ANY_MODULE: dict[Chain, str] = {
    ("sys", "modules"): "sys.modules may be asked for any module",
    ("sys", "_getframe"): "frames may be asked for any name",
    ("sys", "path"): "sys.path changes what imports find",
    ("sys", "meta_path"): "sys.meta_path changes what imports find",
    ("sys", "path_hooks"): "sys.path_hooks changes what imports find",
    ("runpy",): "runpy runs modules that are not named here",
    ("pkgutil", "iter_modules"): "pkgutil finds modules that are not named here",
    ("pkgutil", "walk_packages"): "pkgutil finds modules that are not named here",
    ("pkgutil", "resolve_name"): "pkgutil finds modules that are not named here",
    ("importlib", "util"): "importlib finds modules that are not named here",
    ("importlib", "machinery"): "importlib finds modules that are not named here",
    ("gc", "get_objects"): "gc may be asked for any object",
}


def looks_at_code(full: Chain) -> bool:
    """Say whether a name of the standard library is of its module to look at code with."""
    return full[:1] == ("inspect",)


def is_spoken(text: str) -> bool:
    """Say whether a string may be text that a library evaluates, and that names variables."""
    return len(text) > 2 and _SPOKEN.search(text) is not None


def constant_name(module: Module, node: ast.expr) -> str:
    """Return the name that an expression is: a constant, or a name of the module's for one."""
    if isinstance(node, ast.Name):
        node = module.value(node.id) or node
    if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
        return node.value if isinstance(node.value, str) else node.value.decode(errors="replace")
    return "*"


def env_of_call(module: Module, full: Chain, node: ast.Call) -> tuple[tuple[str, ast.expr], ...]:
    """Return the environment variable that a call reads, `*` where its name is not written here."""
    is_asked = full[:2] in ENVIRONMENTS and len(full) == 3 and full[2] in _ONE_NAME
    if full in _GETENV or is_asked:
        first = node.args[0] if node.args else next((k.value for k in node.keywords), None)
        return ((constant_name(module, first) if first is not None else "*", node),)
    if full in (("os", "path", "expandvars"), ("posixpath", "expandvars")):
        return (("*", node),)
    return ()


def blind_name(full: Chain) -> tuple[str, str] | None:
    """Return how far it is not known what code does that has this name, and why."""
    for length in (1, 2):
        if message := _THIS_MODULE.get(full[:length]):
            return ("MODULE", message)
        if message := _ANY_MODULE.get(full[:length]):
            return ("PROJECT", message)
    return None


def blind_call(full: Chain, node: ast.Call, *, is_module_level: bool) -> tuple[str, str] | None:
    """Return how far it is not known what a call does, and why."""
    match full:
        case ("builtins", "vars" | "dir" | "locals") if not node.args:
            return ("MODULE", f"{full[1]}() may be asked for any name") if is_module_level else None
        case ("importlib", "import_module") | ("builtins", "__import__"):
            message = "the module that is imported here has no constant name"
            return None if _is_absolute(node.args) else ("PROJECT", message)
        case _:
            return None


def _is_absolute(arguments: list[ast.expr]) -> bool:
    match arguments:
        case [ast.Constant(value=str(name)), *_]:
            return not name.startswith(".")
        case _:
            return False


_PATHS = frozenset(
    (
        *(("os", "path", name) for name in ("join", "abspath", "normpath", "realpath")),
        *(("pathlib", name) for name in ("Path", "PurePath", "PosixPath", "PurePosixPath")),
        ("pkgutil", "get_data"),
    )
)
_JOINS = frozenset(("joinpath", "with_name", "with_suffix"))


def may_be_path(full: Chain, function: ast.expr) -> bool:
    """Say whether a call may give a path of a file."""
    if full in _PATHS:
        return True
    return isinstance(function, ast.Attribute) and function.attr in _JOINS
