"""Scripts: modules of the pages as one classic script, as browsers load no modules from files.

Each module becomes a function that is called once and hands out what it exports. Our modules import
by name from files beside them, and export functions and classes where they declare them.
"""

import re
from collections.abc import Mapping

from freshline.errors import InternalError

_IMPORT = re.compile(r'^import (?:\{ ([\w, ]+) \} from )?"\./([\w-]+\.js)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const) (\w+))", re.MULTILINE)
_ANY = re.compile(r"^(?:import|export)\b", re.MULTILINE)


def classic(files: Mapping[str, bytes], *first: str) -> str:
    """Return a script that does what these modules do, whatever they import with them.

    InternalError where a module imports or exports in a way that is not known here.
    """
    order: list[str] = []
    for name in first:
        _collect(files, name, order)
    parts = [f"modules[{name!r}] = (() => {{\n{_body(files, name)}}})();\n" for name in order]
    return '"use strict";\n(() => {\nconst modules = {};\n' + "".join(parts) + "})();\n"


def _collect(files: Mapping[str, bytes], name: str, order: list[str]) -> None:
    """Add a module behind all that it imports."""
    if name in order:
        return
    for found in _IMPORT.finditer(files[name].decode()):
        _collect(files, found[2], order)
    order.append(name)


def _body(files: Mapping[str, bytes], name: str) -> str:
    text = files[name].decode()
    exported = _EXPORT.findall(text)
    text = _EXPORT.sub("", _IMPORT.sub(_imported, text))
    if _ANY.search(text):
        raise InternalError(f"{name} imports or exports in a way that no classic script can")
    return f"{text}return {{ {', '.join(exported)} }};\n"


def _imported(found: re.Match[str]) -> str:
    return f"const {{ {found[1]} }} = modules[{found[2]!r}];" if found[1] else ""
