"""Values of `freshline.calls` to what goes over a worker's socket, and back.

On the wire every value is an object with its fields by name, named tuples too: a worker has no
need to know their order.
"""

import dataclasses
import typing
from collections.abc import Mapping
from enum import Enum
from functools import cache
from types import UnionType
from typing import TypeVar, cast

import msgspec

from freshline.worker.frames import encode

T = TypeVar("T")


def frame(kind: str, value: object = None, **more: object) -> bytes:
    """Return the bytes of a message: the fields of a value and some more beside its kind."""
    fields = cast("dict[str, object]", plain(value)) if value is not None else {}
    return encode({"kind": kind, **fields, **more})


def plain(value: object) -> object:
    """Return a value as JSON has it: dataclasses and named tuples as objects."""
    match value:
        case Enum():
            return cast("object", value.value)
        case Mapping():
            mapping = cast("Mapping[str, object]", value)
            return {key: plain(item) for key, item in mapping.items()}
        case tuple() | list():
            names = cast("tuple[str, ...] | None", getattr(cast("object", value), "_fields", None))
            items = cast("tuple[object, ...]", value)
            if names is None:
                return [plain(item) for item in items]
            return {name: plain(item) for name, item in zip(names, items, strict=True)}
        case _ if dataclasses.is_dataclass(value):
            names = _fields(type(value))
            return {name: plain(getattr(value, name)) for name in names}
        case _:
            return value


def shaped(raw: object, wanted: type[T]) -> T:
    """Return the value of a type that plain data describes; ValueError says what does not fit."""
    return msgspec.convert(_ordered(raw, wanted), wanted)


@cache
def _fields(of: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(of))


def _ordered(raw: object, wanted: object) -> object:
    """Return plain data with an array for each object that stands for a named tuple."""
    origin = typing.get_origin(wanted)
    arguments = typing.get_args(wanted)
    if origin in (UnionType, typing.Union):
        inner = next((a for a in arguments if a is not type(None)), None)
        return None if raw is None else _ordered(raw, inner)
    if isinstance(raw, list):
        item = arguments[0] if arguments else None
        return [_ordered(value, item) for value in cast("list[object]", raw)]
    if not isinstance(raw, dict):
        return raw
    mapping = cast("dict[str, object]", raw)
    if origin is not None:
        item = arguments[1] if len(arguments) > 1 else None
        return {key: _ordered(value, item) for key, value in mapping.items()}
    return _with_fields(mapping, wanted)


def _with_fields(mapping: dict[str, object], wanted: object) -> object:
    hints = _hints(wanted)
    if hints is None:
        return mapping
    names = getattr(wanted, "_fields", None)
    if names is None:
        return {key: _ordered(value, hints.get(key)) for key, value in mapping.items()}
    defaults = cast("dict[str, object]", getattr(wanted, "_field_defaults", {}))
    array: list[object] = []
    for name in cast("tuple[str, ...]", names):
        if name not in mapping and name not in defaults:
            break  # msgspec says what is missing
        array.append(_ordered(mapping[name], hints[name]) if name in mapping else defaults[name])
    return array


@cache
def _hints(wanted: object) -> dict[str, object] | None:
    """Return the types of the fields of a dataclass or named tuple; None for anything else."""
    if not isinstance(wanted, type):
        return None
    if dataclasses.is_dataclass(wanted) or hasattr(wanted, "_fields"):
        return typing.get_type_hints(wanted)
    return None
