"""Values of `freshline.calls` to what goes over a worker's socket, and back.

Dataclasses are objects with their fields by name, named tuples are arrays.
"""

from typing import TypeVar, cast

import msgspec

from freshline.worker.frames import encode

T = TypeVar("T")


def frame(kind: str, value: object = None, **more: object) -> bytes:
    """Return the bytes of a message: the fields of a value, and some more, beside its kind.

    FrameError where they are too many.
    """
    fields = cast("dict[str, object]", msgspec.to_builtins(value)) if value is not None else {}
    return encode({"kind": kind, **fields, **more})


def shaped(raw: object, wanted: type[T]) -> T:
    """Return the value of a type that plain data describes; ValueError says what does not fit."""
    return msgspec.convert(raw, wanted)
