"""Code that ended its process again and again: refused, until it is another code.

What is known is kept in .freshline/poison.json, so that the next command knows it too. A function
is as it was while its version is, or, where nobody said one, while the text of its file is.
"""

import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from freshline.calls import Call
from freshline.codec import decode, digest, encode
from freshline.errors import CodeError

_VERSION = "code_version"  # of what a call is about


class Deaths(NamedTuple):
    """How often code of one version ended its process in a row, and how it did the last time."""

    version: str
    times: int
    message: str


class Poison:
    """What is known of deadly code; `most` deaths in a row and it is refused."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()

    def refuse(self, call: Call) -> None:
        """Raise CodeError where this code ended its process too often; it is not tried again."""
        known = _read(call.root).get(_name(call))
        if known is None or known.times < self._most or known.version != _version(call):
            return
        raise CodeError(
            f"{_name(call)} is not run any more: it ended its process {known.times} times in a"
            f" row, last so: {known.message}",
            help=f"change it; or, if the cause was elsewhere, remove {_file('.')} and run it again",
        )

    def died(self, call: Call, message: str) -> None:
        """Take note that a call ended its process."""
        version = _version(call)
        with self._lock:
            known = _read(call.root)
            before = known.get(_name(call))
            count = before.times if before is not None and before.version == version else 0
            _write(call.root, known | {_name(call): Deaths(version, count + 1, message)})

    def lived(self, call: Call) -> None:
        """Take note that a call left its process alive."""
        if _name(call) not in _read(call.root):
            return
        with self._lock:
            known = _read(call.root)
            known.pop(_name(call), None)
            _write(call.root, known)


def _name(call: Call) -> str:
    return call.function or " ".join(call.command)


def _version(call: Call) -> str:
    """Return the version of a call's code: as given, else the digest of the file it stands in."""
    given = call.about.get(_VERSION)
    if given:
        return given
    module, _, _ = call.function.partition(":")
    inside = module if module.endswith(".py") else module.replace(".", "/") + ".py"
    for folder in (call.location.path, "."):
        with suppress(OSError):
            return digest(Path(call.root, folder, inside).read_bytes())
    return digest(*call.command)


def _file(root: str) -> Path:
    return Path(root, ".freshline", "poison.json")


def _read(root: str) -> dict[str, Deaths]:
    try:
        return decode(_file(root).read_bytes(), dict[str, Deaths])
    except (OSError, ValueError):
        return {}


def _write(root: str, known: dict[str, Deaths]) -> None:
    """Put what is known in its place, whole; a disk that refuses leaves it as it was."""
    path = _file(root)
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.write_bytes(encode(known))
        aside.replace(path)
