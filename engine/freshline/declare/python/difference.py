"""What changed between two texts of a code version, as a sentence; and texts of other Pythons."""

import ast
from collections.abc import Iterator, Mapping

from freshline.declare.python.sections import HEAD, sections_of

_MOST = 3
# What is told of a module, not of a name in it.
_OF_MODULE = ("module", "effects", "imports", "docstring")

_Codes = Mapping[str, tuple[str, ...]]


def difference(before: str, now: str) -> str:
    """Return what changed between two texts, in a few words; empty where nothing did."""
    if before == now:
        return ""
    old, new = _codes(before), _codes(now)
    changes = [*_changed(old, new), *_moved(old, new), *_modules(old, new), *_names(old, new)]
    changes = changes or [*_imports(old, new)] or [*_order(before, now)]
    told = ", ".join(changes[:_MOST])
    more = len(changes) - _MOST
    return f"{told}, and {more} more" if more > 0 else told


def rewritten(text: str) -> str:
    """Return a text as this version of Python writes it.

    Versions of Python differ in how they write the same code: a text that was kept is compared with
    a new one after both went through this.
    """
    return "".join(f"{HEAD}{each.heading}\n{_again(each.code)}\n" for each in sections_of(text))


def _again(code: str) -> str:
    try:
        return ast.unparse(ast.parse(code))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return code


def _codes(text: str) -> _Codes:
    codes: dict[str, tuple[str, ...]] = {}
    for heading, code in sections_of(text):
        codes[heading] = (*codes.get(heading, ()), code)
    return codes


def _kind(heading: str) -> str:
    return heading.partition(" ")[0]


def _about(heading: str) -> str:
    return heading.partition(" ")[2]


def _module(heading: str) -> str:
    """Return the module that a section is of, empty for a data file."""
    kind, about = _kind(heading), _about(heading)
    if kind == "file":
        return ""
    return about if kind in _OF_MODULE else about.partition(", ")[0].rpartition(".")[0]


def _reached(codes: _Codes) -> set[str]:
    return {_module(heading) for heading in codes if _kind(heading) != "entry"} - {""}


def _changed(old: _Codes, new: _Codes) -> Iterator[str]:
    """Give what is in both, and differs."""
    for heading in sorted(old.keys() & new.keys()):
        if _kind(heading) not in ("imports", "import") and old[heading] != new[heading]:
            if _kind(heading) == "effects":
                yield f"what {_about(heading)} does when it is imported changed"
            else:
                yield f"{heading} changed"


def _moved(old: _Codes, new: _Codes) -> Iterator[str]:
    for heading in sorted(new.keys() - old.keys()):
        if _kind(heading) == "entry":
            yield f"it is {_about(heading)} now"


def _modules(old: _Codes, new: _Codes) -> Iterator[str]:
    """Give the modules and files that are in one only."""
    before, now = _reached(old), _reached(new)
    yield from (f"{module} is reached now" for module in sorted(now - before))
    yield from (f"{module} is no longer reached" for module in sorted(before - now))


def _names(old: _Codes, new: _Codes) -> Iterator[str]:
    """Give the names of modules in both that are in one only, and files."""
    both = (_reached(old) & _reached(new)) | {""}
    for heading in sorted(old.keys() ^ new.keys()):
        if _module(heading) not in both or _kind(heading) in ("import", "imports", "entry"):
            continue
        is_new = heading in new
        match _kind(heading):
            case "effects":
                does = "does" if is_new else "no longer does"
                yield f"{_about(heading)} {does} something when it is imported"
            case "module":
                counts = "counts as a whole now" if is_new else "no longer counts as a whole"
                yield f"{_about(heading)} {counts}"
            case _:
                yield f"{heading} is {'reached now' if is_new else 'no longer reached'}"


def _imports(old: _Codes, new: _Codes) -> Iterator[str]:
    modules = {
        _module(heading)
        for heading in old.keys() | new.keys()
        if old.get(heading) != new.get(heading)
    }
    yield from (f"imports of {module} changed" for module in sorted(modules))


def _order(before: str, now: str) -> Iterator[str]:
    sections = zip(sections_of(before), sections_of(now), strict=False)
    differing = (_module(one.heading) for one, other in sections if one != other)
    yield f"statements of {next(differing, 'a module')} stand in another order"
