"""The house keeps its shape: sizes, names, places and import contracts, for every file in it.

Each test gathers all offenders, so that one run tells everything that has to be mended.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from freshline import failpoints

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "engine/freshline",
    "catalog/freshline_catalog",
    "adapters/freshline_adapters",
    "schemas/freshline_schemas",
)
TOP_LEVEL = {
    *("pyproject.toml", "Makefile", "LICENSE"),
    *("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"),
    *("schemas", "engine", "catalog", "adapters", "projects", "tests", "docs"),
}
NAMES_THAT_SAY_NOTHING = {"utils", "helpers", "common", "base", "manager", "core", "misc"}
MOST_LINES, MOST_LINES_OF_INIT, MOST_LINES_OF_FUNCTION, MOST_PARAMETERS = 400, 40, 60, 6


class Module(NamedTuple):
    path: str
    text: str
    tree: ast.Module

    @property
    def is_init(self) -> bool:
        return self.path.endswith("__init__.py")


Function = ast.FunctionDef | ast.AsyncFunctionDef
Finder = Callable[[Module], Iterator[str]]


def files_of_the_repository() -> list[str]:
    """Return all files but ignored ones, also those not yet committed."""
    listing = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    git = ["git", "-c", "safe.directory=*", "-C", str(ROOT)]
    names = subprocess.run([*git, *listing], check=True, capture_output=True).stdout.decode()
    return [name for name in names.split("\0") if name and (ROOT / name).is_file()]


FILES = files_of_the_repository()


def modules() -> list[Module]:
    paths = [path for path in FILES if path.endswith(".py") and path.startswith(PACKAGES)]
    texts = {path: (ROOT / path).read_text() for path in paths}
    return [Module(path, text, ast.parse(text)) for path, text in texts.items()]


MODULES = modules()


def functions(module: Module) -> Iterator[Function]:
    for node in ast.walk(module.tree):
        if isinstance(node, Function):
            yield node


def long_modules(module: Module) -> Iterator[str]:
    lines = module.text.count("\n")
    if lines > (MOST_LINES_OF_INIT if module.is_init else MOST_LINES):
        yield f"{module.path} has {lines} lines"


def long_functions(module: Module) -> Iterator[str]:
    for function in functions(module):
        lines = (function.end_lineno or function.lineno) - function.lineno + 1
        if lines > MOST_LINES_OF_FUNCTION:
            yield f"{module.path}:{function.lineno} {function.name} has {lines} lines"


def wide_functions(module: Module) -> Iterator[str]:
    for function in functions(module):
        # The parameters of a command are its options: nobody passes them by hand.
        if any("command" in ast.unparse(decorator) for decorator in function.decorator_list):
            continue
        arguments = function.args
        names = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
        count = len([name for name in names if name not in ("self", "cls")])
        if count > MOST_PARAMETERS:
            yield f"{module.path}:{function.lineno} {function.name} has {count} parameters"


def modules_without_a_sentence(module: Module) -> Iterator[str]:
    first = (ast.get_docstring(module.tree) or "").partition("\n")[0]
    if not first.endswith(".") or len(first.split()) < 3:
        yield f"{module.path} begins {first!r}"


def inits_that_do_something(module: Module) -> Iterator[str]:
    """An `__init__` hands out names; `__getattr__` does the same when they are asked for."""
    if not module.is_init:
        return
    for statement in module.tree.body:
        match statement:
            case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant()):
                continue
            case ast.Assign(targets=[ast.Name(id=name)]) if name.startswith("__"):
                continue
            case ast.AnnAssign(target=ast.Name(id=name)) if name.startswith("__"):
                continue
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                continue
            case ast.FunctionDef(name="__getattr__"):
                continue
            case _:
                yield f"{module.path}:{statement.lineno} {ast.unparse(statement)[:60]}"


def modules_with_names_that_say_nothing(module: Module) -> Iterator[str]:
    if NAMES_THAT_SAY_NOTHING & {Path(module.path).stem, Path(module.path).parent.name}:
        yield module.path


RULES: dict[str, Finder] = {
    "no module is longer than 400 lines, no __init__ longer than 40": long_modules,
    "no function is longer than 60 lines": long_functions,
    "no function has more than 6 parameters": wide_functions,
    "every module begins with a sentence": modules_without_a_sentence,
    "an __init__ hands out names and nothing else": inits_that_do_something,
    "no module has a name that says nothing": modules_with_names_that_say_nothing,
}


@pytest.mark.parametrize("offenders", RULES.values(), ids=RULES)
def test_every_module_keeps_the_rule(offenders: Finder) -> None:
    assert MODULES
    found = [offender for module in MODULES for offender in offenders(module)]
    assert not found, "\n".join(found)


def test_the_top_level_holds_what_was_agreed_and_nothing_else() -> None:
    found = {path.partition("/")[0] for path in FILES}
    assert {name for name in found if not name.startswith(".")} == TOP_LEVEL


# Written so that this file does not contain what it looks for.
FOREIGN = {
    "a path of the machine it was written on": r"/(?:work|root|Users)/|[.]library",
    "the host of a package registry": r"(?:pypi|pythonhosted|npmjs|debian)[.](?:org|com)",
}


@pytest.mark.parametrize("pattern", FOREIGN.values(), ids=FOREIGN)
def test_no_file_names(pattern: str) -> None:
    found: list[str] = []
    for path in FILES:
        content = (ROOT / path).read_bytes()
        if b"\0" not in content[:8000]:
            lines = content.decode(errors="replace").splitlines()
            found += [f"{path}: {line[:80]}" for line in lines if re.search(pattern, line)]
    assert not found, "\n".join(found)


def test_the_licence_is_there() -> None:
    assert "Apache License" in (ROOT / "LICENSE").read_text()[:200]


@pytest.mark.parametrize("package", PACKAGES)
def test_the_package_says_that_it_is_typed(package: str) -> None:
    assert f"{package}/py.typed" in FILES


def test_the_import_contracts_are_kept() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_failpoint_is_passed_somewhere_and_known() -> None:
    code = "\n".join(m.text for m in MODULES if not m.path.endswith("freshline/failpoints.py"))
    assert sorted(name for name in failpoints.NAMES if f'"{name}"' not in code) == []
    assert set(re.findall(r'failpoint\(\s*"([^"]+)"', code)) <= failpoints.NAMES
