"""Exceptions as plain data: what they say, where they came from, and what led to them."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_MOST_FRAMES, _MOST_CAUSES, _MOST_TEXT = 80, 8, 64 << 10
_FOREIGN = ("site-packages", "dist-packages", ".venv", ".freshline", "node_modules")


def raised(error: BaseException, root: str) -> dict[str, object]:
    """Return a Raised of an exception; frames of the worker itself are left out.

    Files of the project are told relative to its root.
    """
    return _chain(error, prefix_of(root), 0, set())


def fault(kind: str, message: str, frames: list[list[object]] | None = None) -> dict[str, object]:
    """Return a Raised for what no exception of user code told."""
    return {"type": kind, "message": message, "frames": frames or []}


def prefix_of(root: str) -> str:
    """Return what the paths of a project's files begin with."""
    return os.path.join(os.path.realpath(root), "") if root else ""


def _chain(error: BaseException, prefix: str, depth: int, seen: set[int]) -> dict[str, object]:
    seen.add(id(error))
    told: dict[str, object] = {
        "type": type_name(type(error)),
        "message": _message(error),
        "frames": _frames(error, prefix),
    }
    cause = error.__cause__
    if cause is None and not error.__suppress_context__:
        cause = error.__context__
    inner = getattr(error, "exceptions", None)
    if cause is None and isinstance(inner, tuple) and inner:
        cause = inner[0] if isinstance(inner[0], BaseException) else None
    if cause is not None and id(cause) not in seen and depth < _MOST_CAUSES:
        told["cause"] = _chain(cause, prefix, depth + 1, seen)
    return told


def type_name(kind: type) -> str:
    """Return how people write a type: without the module where it is a builtin."""
    module = getattr(kind, "__module__", "builtins")
    name = str(getattr(kind, "__qualname__", kind))
    return name if module in ("builtins", "__main__") else f"{module}.{name}"


def _message(error: BaseException) -> str:
    try:
        text = str(error)
    except BaseException as wrong:  # its __str__ is user code, too
        return f"<no text: its __str__ raised {type(wrong).__name__}>"
    if isinstance(error, KeyError) and len(error.args) == 1:
        text = f"key not found: {text}"
    if len(text) > _MOST_TEXT:
        text = f"{text[: _MOST_TEXT // 2]} ... {len(text) - _MOST_TEXT:,} characters left out ... "
        text += str(error)[-_MOST_TEXT // 2 :]
    return text


def _frames(error: BaseException, prefix: str) -> list[list[object]]:
    frames: list[list[object]] = []
    step: TracebackType | None = error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        if not _is_ours(code.co_filename):
            file, is_user = place(code.co_filename, prefix)
            name = getattr(code, "co_qualname", code.co_name)
            text = _line(code.co_filename, step.tb_lineno)
            frames.append([file, step.tb_lineno or 1, name, text, is_user])
        step = step.tb_next
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        file, is_user = place(error.filename, prefix)
        frames.append([file, error.lineno, "", (error.text or "").strip(), is_user])
    if len(frames) > _MOST_FRAMES:
        left_out = len(frames) - _MOST_FRAMES
        middle: list[object] = ["", 1, f"... {left_out:,} frames left out ...", "", False]
        frames = [*frames[: _MOST_FRAMES // 2], middle, *frames[-_MOST_FRAMES // 2 :]]
    return frames


def _is_ours(file: str) -> bool:
    return file.startswith("<frozen ") or file.startswith((f"{_OURS}/worker/", f"{_OURS}/sdk/"))


def place(file: str, prefix: str) -> tuple[str, bool]:
    """Return a file as it is told, and whether it is the project's own code."""
    if not prefix or file.startswith("<"):
        return file, False
    path = file if file.startswith(prefix) else os.path.realpath(file)
    if not path.startswith(prefix):
        return file, False
    environment = os.path.join(sys.prefix, "")
    if environment.startswith(prefix) and path.startswith(environment):
        return file, False
    relative = path[len(prefix) :].replace(os.sep, "/")
    parts = relative.split("/")
    return relative, not any(part in parts for part in _FOREIGN)


def _line(file: str, number: int) -> str:
    import linecache

    try:
        return linecache.getline(file, number).strip()[:400]
    except Exception:  # a file that is gone, or a loader that cannot say
        return ""
