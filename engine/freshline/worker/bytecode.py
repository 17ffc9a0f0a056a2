"""Compiled modules of a project, kept with what they were compiled from, and used for that alone.

One file for each module and kind of interpreter, in the folder that holds all that Freshline keeps.
It begins with the hash of the module's text and of the rest, so that one that is old, torn or of
something else is passed over.
"""

from __future__ import annotations

import marshal
import os
import sys
from importlib.util import source_hash
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import CodeType

_FOLDER: list[str] = []


def open_folder(root: str) -> None:
    """Keep the modules of a project from here on, if Freshline keeps anything for it."""
    kept = os.path.join(root, ".freshline")
    tag = f"{sys.implementation.cache_tag}-{sys.hexversion:x}-{sys.flags.optimize}"
    _FOLDER[:] = [os.path.join(kept, "cache", "python", tag)] if os.path.isdir(kept) else []


def kept(path: str, source: bytes) -> CodeType | None:
    """Return the compiled module of a file, None where none of this very text is kept."""
    try:
        with open(_place(path), "rb") as file:
            head = file.read(16)
            body = file.read()
    except OSError:
        return None
    if head != source_hash(source) + source_hash(body):
        return None
    code: CodeType = marshal.loads(body)
    return code


def keep(path: str, source: bytes, code: CodeType) -> None:
    """Keep a compiled module; where it cannot be written it is compiled again the next time."""
    if not _FOLDER:
        return
    body = marshal.dumps(code)
    place = _place(path)
    aside = f"{place}.{os.getpid()}"
    try:
        os.makedirs(_FOLDER[0], exist_ok=True)
        with open(aside, "wb") as file:
            file.write(source_hash(source) + source_hash(body) + body)
        os.replace(aside, place)
    except OSError:
        return


def _place(path: str) -> str:
    if not _FOLDER:
        raise FileNotFoundError(path)
    return os.path.join(_FOLDER[0], f"{source_hash(os.fsencode(path)).hex()}.code")
