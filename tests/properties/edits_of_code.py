"""Edits of projects of Python: some that may change what is computed, some that never do."""

import ast
import re
from collections.abc import Callable, Iterator
from random import Random

from tests.properties.projects_of_code import DATA, Project

_OPERATORS: tuple[type[ast.operator], ...] = (ast.Add, ast.Sub, ast.Mult)
_COMPARISONS: tuple[type[ast.cmpop], ...] = (ast.Lt, ast.GtE, ast.Gt, ast.LtE)


# ---- edits that may matter


def mutated(random: Random, project: Project) -> dict[str, str]:
    """Return a project with one random change somewhere, which may matter or not."""
    files = sorted(project)
    file = random.choice(files)
    if file == DATA:
        return {**project, file: f"{random.randint(0, 9)} {random.randint(0, 9)} 3"}
    tree = ast.parse(project[file])
    kinds = list(_MUTATIONS)
    random.shuffle(kinds)
    for kind in kinds:
        if kind(random, tree):
            return {**project, file: ast.unparse(ast.fix_missing_locations(tree))}
    return {**project, file: f"new = {random.randint(0, 9)}\n"}


def _nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Give all nodes but those of loops that might never end."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, ast.While):
            yield node
            waiting += ast.iter_child_nodes(node)


def _constant(random: Random, tree: ast.AST) -> bool:
    constants = [n for n in _nodes(tree) if isinstance(n, ast.Constant)]
    found = [(node, node.value) for node in constants if type(node.value) is int]
    if not found:
        return False
    node, number = random.choice(found)
    node.value = max(0, number + random.choice((-1, 1, 2, 7)))
    return True


def _text(random: Random, tree: ast.AST) -> bool:
    found = [n for n in _nodes(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    names = _all_names(tree)
    if not found or not names:
        return False
    random.choice(found).value = random.choice((random.choice(names), str(random.randint(0, 99))))
    return True


def _operator(random: Random, tree: ast.AST) -> bool:
    found = [n for n in _nodes(tree) if isinstance(n, ast.BinOp | ast.AugAssign | ast.Compare)]
    if not found:
        return False
    node = random.choice(found)
    if isinstance(node, ast.Compare):
        node.ops = [random.choice(_COMPARISONS)() for _ in node.ops]
    else:
        node.op = random.choice(_OPERATORS)()
    return True


def _all_names(tree: ast.AST) -> list[str]:
    names = {n.id for n in _nodes(tree) if isinstance(n, ast.Name)}
    names |= {n.name for n in _nodes(tree) if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    return sorted(names)


def _name(random: Random, tree: ast.AST) -> bool:
    found = [n for n in _nodes(tree) if isinstance(n, ast.Name)]
    if not found:
        return False
    random.choice(found).id = random.choice(_all_names(tree))
    return True


def _attribute(random: Random, tree: ast.AST) -> bool:
    found = [n for n in _nodes(tree) if isinstance(n, ast.Attribute)]
    others = [n.attr for n in found] + _all_names(tree)
    if not found:
        return False
    random.choice(found).attr = random.choice(others)
    return True


def _import(random: Random, tree: ast.AST) -> bool:
    found = [n for n in _nodes(tree) if isinstance(n, ast.Import | ast.ImportFrom)]
    if not found:
        return False
    node = random.choice(found)
    item = random.choice(node.names)
    modules = ["zpack.alpha", "zpack.beta", "zpack.deep.gamma", "zpack", "ztop", "zlocal"]
    if isinstance(node, ast.ImportFrom) and random.random() < 0.4 and item.name != "*":
        item.name, item.asname = (
            f"{random.choice('abcdefgh')}{random.randint(1, 6)}",
            (item.asname or item.name),
        )
    elif isinstance(node, ast.ImportFrom):
        node.module, node.level = random.choice(modules), 0
    else:
        item.asname = item.asname or item.name.partition(".")[0]
        item.name = random.choice(modules)
    return True


def _blocks(tree: ast.AST) -> list[list[ast.stmt]]:
    kinds = (ast.Module, ast.FunctionDef, ast.ClassDef, ast.If, ast.For, ast.Try, ast.With)
    return [node.body for node in _nodes(tree) if isinstance(node, kinds) and node.body]


def _removed(random: Random, tree: ast.AST) -> bool:
    block = random.choice(_blocks(tree) or [[]])
    if len(block) > 1:
        del block[random.randrange(len(block))]
    return len(block) > 0


def _moved(random: Random, tree: ast.AST) -> bool:
    block = random.choice(_blocks(tree) or [[]])
    if len(block) < 2:
        return False
    statement = block.pop(random.randrange(len(block)))
    block.insert(random.randrange(len(block) + 1), statement)
    return True


def _doubled(random: Random, tree: ast.AST) -> bool:
    block = random.choice(_blocks(tree) or [[]])
    if not block:
        return False
    block.insert(random.randrange(len(block) + 1), random.choice(block))
    return True


def _bound_again(random: Random, tree: ast.AST) -> bool:
    blocks, names = _blocks(tree), _all_names(tree)
    if not blocks or not names:
        return False
    block = random.choice(blocks)
    name, number = random.choice(names), random.randint(0, 9)
    line = random.choice(
        (
            f"{name} = {number}",
            f"{name} = lambda x: x + {number}",
            f"def {name}(x):\n    return x * {number}",
            f"del {name}",
            f"global {name}",
            f"from ztop import {name}",
            "from zpack.alpha import *",
            f"import ztop as {name}",
            f"for {name} in range({number}): pass",
            f"try:\n    {name} = {number}\nfinally:\n    pass",
        )
    )
    block.insert(random.randrange(len(block) + 1), ast.parse(line).body[0])
    return True


def _undecorated(random: Random, tree: ast.AST) -> bool:
    found = [n for n in _nodes(tree) if isinstance(n, ast.FunctionDef | ast.ClassDef)]
    decorated = [n for n in found if n.decorator_list]
    if not decorated:
        return False
    random.choice(decorated).decorator_list.pop()
    return True


def _default(random: Random, tree: ast.AST) -> bool:
    found = [n for n in _nodes(tree) if isinstance(n, ast.arguments) and n.defaults]
    if not found:
        return False
    random.choice(found).defaults[0] = ast.Constant(random.randint(0, 9))
    return True


_MUTATIONS: tuple[Callable[[Random, ast.AST], bool], ...] = (
    *(_constant, _constant, _text, _operator, _name, _attribute, _import, _removed, _moved),
    *(_doubled, _bound_again, _undecorated, _default),
)


# ---- edits that never matter


def reformatted(random: Random, project: Project) -> dict[str, str]:
    """Return a project that is written otherwise, with comments and docstrings."""
    return {file: _otherwise(random, file, text) for file, text in project.items()}


def _otherwise(random: Random, file: str, text: str) -> str:
    if file == DATA:
        return text
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module) and random.random() < 0.5:
            first = node.body[0] if node.body else None
            is_doc = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            is_future = isinstance(first, ast.ImportFrom) and first.module == "__future__"
            if not is_doc and not is_future:
                node.body.insert(0, ast.Expr(ast.Constant(f"Said {random.random()}.")))
    lines = ast.unparse(ast.fix_missing_locations(tree)).split("\n")
    return "".join(f"{line}{_after(random, line)}\n" for line in lines)


def _after(random: Random, line: str) -> str:
    is_open = line.count('"""') % 2 == 1
    ends = ("", "", "  # why", "\n", "\n\n# a comment\n")
    return "" if is_open or line.endswith("\\") else random.choice(ends)


def annotated(random: Random, project: Project) -> dict[str, str]:
    """Return a project in which plain functions of modules have other annotations."""
    changed = dict(project)
    for file, text in project.items():
        changed[file] = re.sub(
            r"^def ((?!score)\w+)\(x\):$",
            lambda found: f"def {found[1]}(x{random.choice(('', ': int', ': _Any'))}):",
            text,
            flags=re.MULTILINE,
        )
    return changed


def with_more(random: Random, project: Project) -> dict[str, str]:
    """Return a project with more names that nobody uses, anywhere in its modules."""
    changed = dict(project)
    file = random.choice([file for file in sorted(project) if file != DATA])
    tree = ast.parse(project[file])
    lines = random.choice(
        (
            "UNUSED_ONE = 3",
            "UNUSED_ONE, UNUSED_TWO = {'a': [1, 2]}, (3 + 4) * 2",
            "def unused_one(x, y=3):\n    return x + unused_two(y)",
            "class UnusedOne:\n    k = 3\n    def run(self, x):\n        return UnusedTwo(x)",
            "import json",
            "import decimal\nUNUSED_ONE = decimal.Decimal('1') * 3",
            "unused_one = lambda x: x + 1",
            "if 3 > 4:\n    UNUSED_ONE = 1\nelse:\n    UNUSED_ONE = 2",
        )
    )
    at = random.randrange(len(tree.body) + 1)
    tree.body[at:at] = ast.parse(lines).body
    changed[file] = ast.unparse(tree)
    return changed
