"""The names that annotations use, with those that a file imports for type checkers alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ast
    from collections.abc import Mapping

_LIBRARIES = frozenset(("pandas", "polars", "pyarrow", "duckdb", "matplotlib"))


class Names:
    """The names that annotations of a function may use.

    What stands below `if TYPE_CHECKING:` of its file counts as well. Large libraries are not
    imported for it: that a name is pandas' is all that a form hangs on.
    """

    def __init__(self, known: Mapping[str, object], file: str) -> None:
        self._names = dict(known)
        self._file = file
        self._has_all = False

    def evaluate(self, text: str) -> object:
        """Return what an annotation stands for; raises what its evaluation raises."""
        try:
            return eval(text, self._names)
        except NameError:
            if self._has_all:
                raise
            self._has_all = True
            for node in _for_checkers(self._file):
                self._import(node)
            return eval(text, self._names)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        """Add the names of one import, of large libraries as stand-ins."""
        module = getattr(node, "module", "") or ""
        for alias in node.names:
            root = (module or alias.name).partition(".")[0]
            if root not in _LIBRARIES or vars(node).get("level"):
                self._really(node)
            elif module:
                self._names[alias.asname or alias.name] = stand_in(module, alias.name)
            else:
                self._names[alias.asname or root] = _Module(alias.name if alias.asname else root)

    def _really(self, node: ast.Import | ast.ImportFrom) -> None:
        import ast

        try:
            exec(compile(ast.Module([node], []), self._file, "exec"), self._names)
        except Exception:  # not installed here, or an import in a circle
            return


class _Module:
    """A library that was not imported: its attributes are stand-ins for its classes."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> type:
        return stand_in(self._name, name)


def stand_in(module: str, name: str) -> type:
    """Return a class of a module and a name, for where only these two count."""
    return type(name, (), {"__module__": module})


_FOR_CHECKERS: dict[str, list[ast.Import | ast.ImportFrom]] = {}


def _for_checkers(file: str) -> list[ast.Import | ast.ImportFrom]:
    """Return the imports of a file that stand below `if TYPE_CHECKING:`."""
    if file not in _FOR_CHECKERS:
        import ast
        import linecache

        found: list[ast.Import | ast.ImportFrom] = []
        for node in ast.parse("".join(linecache.getlines(file))).body:
            if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
                found += [
                    each for each in node.body if isinstance(each, (ast.Import, ast.ImportFrom))
                ]
        _FOR_CHECKERS[file] = found
    return _FOR_CHECKERS[file]
