"""Random projects of Python that can be run, edits of them, and what their functions compute.

A project is a mapping of paths to texts. Its functions take a number and return one, whatever ways
of Python lie between them; so that two projects can be compared by what they really do.
"""

import importlib
import importlib.abc
import importlib.machinery
import re
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import spec_from_loader
from io import StringIO
from pathlib import Path
from random import Random
from types import ModuleType
from typing import NamedTuple

Project = Mapping[str, str]

FOLDERS = ("assets/zone", ".")
ENTRY = "assets/zone/zmodels.py"
_MODULES = (
    *("zpack/__init__.py", "zpack/alpha.py", "zpack/beta.py", "zpack/deep/__init__.py"),
    *("zpack/deep/gamma.py", "ztop.py", "zspace/delta.py", "assets/zone/zlocal.py"),
)
_GIVEN = (0, 1, 2, 5, 9)
DATA = "zpack/numbers.txt"


# ---- running


class _Memory(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports modules out of a project's texts, as from files in folders."""

    def __init__(self, project: Project, folders: Sequence[str]) -> None:
        self._project = project
        self._folders = ["" if folder == "." else f"{folder}/" for folder in folders]

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        last = name.rpartition(".")[2]
        inner: list[str] = []
        for folder in self._folders if path is None else path:
            inside = f"{folder}{last}"
            for file in (f"{inside}/__init__.py", f"{inside}.py"):
                if file in self._project:
                    is_package = file.endswith("__init__.py")
                    spec = spec_from_loader(name, self, origin=file, is_package=is_package)
                    if spec is not None and is_package:
                        spec.submodule_search_locations = [f"{inside}/"]
                    return spec
            if any(each.startswith(f"{inside}/") for each in self._project):
                inner.append(f"{inside}/")
        if not inner:
            return None
        spec = importlib.machinery.ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = inner
        return spec

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        file = module.__spec__ and module.__spec__.origin
        assert file
        module.__file__ = file
        vars(module)["open"] = self._opened
        exec(compile(self._project[file], file, "exec", dont_inherit=True), vars(module))

    def _opened(self, path: str) -> StringIO:
        return StringIO(self._project[path])


@contextmanager
def _importing(project: Project, folders: Sequence[str]) -> Generator[None]:
    finder = _Memory(project, folders)
    before = set(sys.modules)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in set(sys.modules) - before:
            if name.partition(".")[0] in ("assets", "zpack", "ztop", "zspace", "zlocal", "zmodels"):
                del sys.modules[name]


class Failed(Exception):
    """A project that does not compute anything: nothing of it is ever published."""


def computed(project: Project, name: str = "score") -> tuple[str, ...]:
    """Return what a function of the entry file really computes; Failed where it raises."""
    try:
        with _importing(project, FOLDERS):
            module = importlib.import_module(ENTRY.removesuffix(".py").replace("/", "."))
            function = getattr(module, name)
            return tuple(repr(function(given)) for given in _GIVEN)
    except (Exception, RecursionError) as error:
        raise Failed(f"{type(error).__name__}: {error}") from error


# ---- writing


class Thing(NamedTuple):
    """What a name stands for: a number, function, class, list, mapping or module."""

    text: str
    kind: str


class _Writer:
    """Writes one module; what it may use is in `things`."""

    def __init__(self, random: Random, others: "Exports", *, is_dynamic: bool) -> None:
        self.random = random
        self.things: list[Thing] = []
        self.others = others
        self.is_dynamic = is_dynamic
        self.own: list[Thing] = []
        self.lines: list[str] = []
        self._count = random.randrange(4)  # names of modules overlap

    def name(self) -> str:
        """Give a name: mostly a new one, sometimes one that exists already."""
        if self.own and self.random.random() < 0.08:
            return self.random.choice(self.own).text
        self._count += 1
        return f"{self.random.choice('abcdefgh')}{self._count}"

    def add(self, kind: str, lines: str, name: str) -> None:
        self.lines.append(lines)
        self.own = [each for each in self.own if each.text != name]
        self.things[:] = [each for each in self.things if each.text.partition(".")[0] != name]
        self.own.append(Thing(name, kind))
        self.things.append(Thing(name, kind))

    def number(self) -> str:
        return str(self.random.randint(0, 9))

    def some(self, kind: str) -> str | None:
        found = [each.text for each in self.things if each.kind == kind]
        return self.random.choice(found) if found else None

    def expression(self, names: Sequence[str] = (), depth: int = 0) -> str:
        """Return an expression for a number; `names` are local ones."""
        random = self.random
        if depth > 2 or random.random() < 0.25:
            number = self.some("int") or self.number()
            return random.choice((self.number(), *names, number, number))

        def inner(*more: str) -> str:
            return self.expression((*names, *more), depth + 1)

        return random.choice(_ANY if self.is_dynamic else _PLAIN)(self, inner)


_Inner = Callable[..., str]


def _called(writer: _Writer, inner: _Inner) -> str:
    name = writer.some("function")
    return f"{name}({inner()})" if name else inner()


def _constructed(writer: _Writer, inner: _Inner) -> str:
    name = writer.some("class")
    return f"{name}({inner()}).run({inner()})" if name else inner()


def _indexed(writer: _Writer, inner: _Inner) -> str:
    name = writer.some("list")
    return f"{name}[({inner()}) % len({name})]" if name else inner()


def _looked_up(writer: _Writer, inner: _Inner) -> str:
    name = writer.some("dict")
    return f"{name}.get(({inner()}) % 4, {writer.number()})" if name else inner()


def _mapped(writer: _Writer, inner: _Inner) -> str:
    name = writer.some("function")
    return f"sum(map({name}, [{inner()}, {inner()}]))" if name else inner()


def _attribute(writer: _Writer, inner: _Inner) -> str:
    module = writer.some("module")
    if not module:
        return inner()
    found = writer.others.of(module.rpartition("@")[2], "int")
    name = writer.random.choice(found) if found else None
    module = module.partition("@")[0]
    if name is None:
        return inner()
    half = max(1, len(name) // 2)
    return writer.random.choice(
        (
            f"getattr({module}, {name!r})",
            f"getattr({module}, {name[:half]!r} + {name[half:]!r})",
            f"vars({module})[{name!r}]",
            f"{module}.__dict__[{name!r}]",
            f"{module}.{name}",
        )
    )


def _dynamic(writer: _Writer, inner: _Inner) -> str:
    name = writer.some("int")
    if name is None or "." in name:
        return inner()
    return writer.random.choice((f"eval({name!r})", f"eval('{name} + {writer.number()}')"))


def _data(writer: _Writer, inner: _Inner) -> str:
    return f"int(open('{DATA}').read().split()[({inner()}) % 3])"


_PLAIN: tuple[Callable[[_Writer, _Inner], str], ...] = (
    *(_called, _called, _called, _called, _called, _constructed, _constructed),
    *(_indexed, _looked_up, _mapped, _data),
    lambda w, e: f"({e()} {w.random.choice('+-*')} {e()})",
    lambda w, e: f"({e()} {w.random.choice('+-*')} {e()})",
    lambda w, e: f"({e()} if {e()} > {e()} else {e()})",
    lambda w, e: f"sum([{e('q')} for q in range({w.number()})])",
    lambda w, e: f"sum({e('q', 'p')} for q in range(2) for p in range(q + 1) if p < {e('q')})",
    lambda w, e: f"(lambda q: {e('q')})({e()})",
    lambda w, e: f"(lambda q, p={e()}: {e('q', 'p')})({e()})",
    lambda w, e: f"max({e()}, {e()})",
    lambda w, e: f"len('%s-{w.number()}' % ({e()}))",
    lambda w, e: f"(lambda k: int(f'{{k}}{w.number()}'))(abs({e()}) % 9)",
    lambda w, e: f"[{e()}, {e()}][-{w.random.randint(1, 2)}]",
    lambda w, e: f"{{0: {e()}}}.get({e()}, {e()})",
    lambda w, e: f"(-{e()} % 7)",
)
_ANY = (*_PLAIN, _attribute, _dynamic)


# ---- statements of a module


_HOLE = re.compile(r"<([\w,]*)>")


def _filled(writer: _Writer, text: str) -> str:
    """Fill the holes of a statement: <x> is an expression that may use x, #N is a digit."""
    text = _HOLE.sub(lambda hole: writer.expression([n for n in hole[1].split(",") if n]), text)
    while "#N" in text:
        text = text.replace("#N", writer.number(), 1)
    return text


def _binding(kind: str, text: str) -> Callable[[_Writer], None]:
    def write(writer: _Writer) -> None:
        name, other = writer.name(), writer.some("int")
        filled = _filled(writer, text.replace("NAME", name))
        if "OTHER" in filled:
            if other is None or "." in other:
                return
            filled = filled.replace("OTHER", other)
        writer.add(kind, filled, name)

    return write


def _change(kind: str, text: str) -> Callable[[_Writer], None]:
    def write(writer: _Writer) -> None:
        thing = writer.some(kind)
        if thing is not None:
            writer.lines.append(_filled(writer, text.replace("THING", thing)))

    return write


def _patch(writer: _Writer) -> None:
    module = writer.some("module")
    if not module:
        return
    alias, _, target = module.partition("@")
    names = writer.others.of(target, "int")
    if names:
        name = writer.random.choice(names)
        form = writer.random.choice(("{m}.{n} = {e}", "setattr({m}, {n!r}, {e})", "{m}.{n} += 1"))
        writer.lines.append(form.format(m=alias, n=name, e=writer.expression()))


def _patching_function(writer: _Writer) -> None:
    module = writer.some("module")
    if not module:
        return
    alias, _, target = module.partition("@")
    names = writer.others.of(target, "function")
    if names:
        name = writer.name()
        writer.lines.append(f"def {name}(x):\n    return x + {writer.expression()}")
        writer.lines.append(f"{alias}.{writer.random.choice(names)} = {name}")


def _local_import(writer: _Writer) -> None:
    found = writer.others.anything(writer.random, ("int", "function"))
    if found is None:
        return
    module, thing = found
    name, expression = writer.name(), writer.expression(["x"])
    use = f"z({expression})" if thing.kind == "function" else f"z + {expression}"
    dotted, attribute = f"m.{thing.text}", thing.text
    if thing.kind == "function":
        dotted = f"m.{thing.text}({expression})"
    ways = [
        f"    from {module} import {attribute} as z\n    return {use}",
        f"    import {module} as m\n    return {dotted}",
        f"    import {module}\n    return {module}{dotted[1:]}",
        f"    def inner():\n        return {dotted}\n    import {module} as m\n    return inner()",
    ]
    if writer.is_dynamic:
        half = f"{module[:1]!r} + {module[1:]!r}"
        ways += [
            f"    import importlib as i\n    m = i.import_module({module!r})\n    return {dotted}",
            f"    import importlib as i\n    m = i.import_module({half})\n    return {dotted}",
            f"    import sys, {module}\n    m = sys.modules[{module!r}]\n    return {dotted}",
        ]
    body = writer.random.choice(ways)
    writer.add("function", f"def {name}(x):\n{body}", name)


_Statement = Callable[[_Writer], None]


def _statements() -> dict[str, list[_Statement]]:
    """Return the statements of the file beside this one, by what they do."""
    found: dict[str, list[_Statement]] = {"binds": [], "changes": [], "dynamic": []}
    text = (Path(__file__).parent / "statements_of_code.txt").read_text()
    for block in text.split("\n---- ")[1:]:
        heading, _, code = block.rstrip("\n").partition("\n")
        does, _, kind = heading.partition(" ")
        found[does].append((_change if does == "changes" else _binding)(kind, code))
    return found


_BY_KIND = _statements()
_FOLLOWED = (
    *(*_BY_KIND["binds"], *_BY_KIND["changes"]),
    *[_binding("int", "NAME = #N")] * 5,
    *[_binding("function", "def NAME(x):\n    return <x>")] * 6,
    *(_patch, _patching_function, _local_import, _local_import),
)
_STATEMENTS = (*_FOLLOWED, *_BY_KIND["dynamic"])


class Exports(NamedTuple):
    """What modules that were written before hold, by their names as imports say them."""

    modules: dict[str, list[Thing]]
    is_dynamic: bool = True

    def of(self, module: str, kind: str) -> list[str]:
        return [thing.text for thing in self.modules.get(module, ()) if thing.kind == kind]

    def anything(self, random: Random, kinds: Sequence[str]) -> tuple[str, Thing] | None:
        found = [(m, t) for m, ts in self.modules.items() for t in ts if t.kind in kinds]
        return random.choice(found) if found else None


def _dotted(file: str) -> str:
    name = file.removesuffix(".py").removesuffix("/__init__")
    return name.removeprefix("assets/zone/").replace("/", ".")


def _imports(writer: _Writer, file: str) -> None:
    """Write the imports at the top of a module, in one of the many ways."""
    random, others = writer.random, writer.others
    for module in random.sample(sorted(others.modules), min(len(others.modules), 3)):
        things = others.modules[module]
        if not things:
            continue
        way = random.randrange(6)
        alias = f"m{random.randrange(3)}"
        if way == 0:
            for thing in random.sample(things, min(len(things), 3)):
                writer.lines.append(f"from {module} import {thing.text}")
                writer.things.append(thing)
        elif way == 1:
            thing = random.choice(things)
            name = writer.name()
            writer.add(thing.kind, f"from {module} import {thing.text} as {name}", name)
        elif way == 2:
            writer.lines.append(f"from {module} import *")
            writer.things += (t for t in things if not t.text.startswith("_"))
        elif way == 3:
            _module_as(writer, alias, module, f"import {module} as {alias}", things)
        elif way == 4:
            _module_as(writer, module, module, f"import {module}", things)
        else:
            _relative(writer, file, module, things)


def _module_as(
    writer: _Writer, alias: str, module: str, line: str, things: Sequence[Thing]
) -> None:
    writer.lines.append(line)
    first = alias.partition(".")[0]
    if first == alias:
        writer.things[:] = [t for t in writer.things if t.text.partition(".")[0] != first]
    writer.things += (Thing(f"{alias}.{thing.text}", thing.kind) for thing in things)
    writer.things.append(Thing(f"{alias}@{module}", "module"))


def _relative(writer: _Writer, file: str, module: str, things: Sequence[Thing]) -> None:
    if not file.startswith("zpack/") or not module.startswith("zpack."):
        line = f"try:\n    import {module} as mx\nexcept ImportError:\n    mx = None"
        _module_as(writer, "mx", module, line, things)
        return
    folder = file.rpartition("/")[0].replace("/", ".")
    level = 1 if module.startswith(f"{folder}.") else 2
    start = folder if level == 1 else folder.rpartition(".")[0]
    inner = module.removeprefix(f"{start}.")
    thing = writer.random.choice(things)
    if "." not in inner and writer.random.random() < 0.5:
        _module_as(writer, inner, module, f"from {'.' * level} import {inner}", things)
    else:
        writer.lines.append(f"from {'.' * level}{inner} import {thing.text}")
        writer.things.append(thing)


def written_project(random: Random, *, is_dynamic: bool = True) -> dict[str, str]:
    """Return a project whose function `score` can be called; most of them do not fail.

    One that is not dynamic has no code that cannot be followed.
    """
    share = random.choice((0.2, 0.5, 0.8))
    files = [file for file in _MODULES if file.endswith("__init__.py") or random.random() < share]
    inits = [file for file in files if file.endswith("__init__.py") and random.random() < 1 - share]
    files = [file for file in files if file not in inits]
    exports = Exports({}, is_dynamic)
    project = {DATA: f"{random.randint(0, 9)} 3 {random.randint(0, 9)}"}
    order = random.sample(files, len(files))
    for file in order:
        before = order[: order.index(file)]
        # Python finds the names of a package when its __init__ has run: it may not import itself.
        is_circle = file.endswith("__init__.py")
        known = {
            _dotted(o): exports.modules[_dotted(o)]
            for o in before
            if not (is_circle and o.startswith(file.removesuffix("__init__.py")))
            or random.random() < 0.5
        }
        project[file] = _module(random, file, Exports(known), exports, random.randint(1, 6))
    project[ENTRY] = _module(random, ENTRY, exports, exports, random.randint(2, 7), "score")
    return project


def _module(
    random: Random, file: str, others: Exports, into: Exports, count: int, last: str = ""
) -> str:
    writer = _Writer(random, others, is_dynamic=into.is_dynamic)
    _imports(writer, file)
    for _ in range(count):
        random.choice(_STATEMENTS if into.is_dynamic else _FOLLOWED)(writer)
    if last:
        writer.add("function", f"def {last}(x):\n    return {_sum(writer)}", last)
    if random.random() < 0.15 and writer.own:
        names = [thing.text for thing in writer.own if random.random() < 0.7]
        writer.lines.append(f"__all__ = {names!r}")
    into.modules[_dotted(file)] = list(writer.own)
    return "\n".join(writer.lines) + "\n"


def _sum(writer: _Writer) -> str:
    return " + ".join(writer.expression(["x"]) for _ in range(writer.random.randint(2, 5)))
