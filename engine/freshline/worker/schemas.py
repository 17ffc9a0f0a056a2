"""Typed config: a JSON Schema of its class for Freshline, and an instance from plain values."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from freshline.worker.annotations import is_model

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    Schema = dict[str, object]

_SCALARS = {str: "string", bool: "boolean", int: "integer", float: "number"}
_FORMATS = {"date": "date", "datetime": "date-time", "time": "time", "UUID": "uuid"}


def schema_of(kind: Any) -> Schema | None:
    """Return the JSON Schema of a class of config, without references; None for a plain mapping."""
    if is_model(kind):
        if hasattr(kind, "model_json_schema"):
            whole = kind.model_json_schema()
        else:
            whole = kind.schema()
        schema: Schema = _inlined(whole, whole, ())
        return schema
    if hasattr(kind, "__dataclass_fields__"):
        return _of_dataclass(kind, ())
    return None


def _inlined(node: Any, whole: Mapping[str, Any], inside: tuple[str, ...]) -> Any:
    """Return a schema with its references replaced by what they refer to."""
    if isinstance(node, list):
        return [_inlined(each, whole, inside) for each in node]
    if not isinstance(node, dict):
        return node
    reference = node.get("$ref")
    if isinstance(reference, str):
        if reference in inside:
            return {}  # it holds itself: anything goes from here on
        target: Any = whole
        for part in reference.lstrip("#/").split("/"):
            target = target[part]
        rest = {name: each for name, each in node.items() if name != "$ref"}
        found = _inlined(target, whole, (*inside, reference))
        return {**found, **rest}
    left_out = ("$defs", "definitions") if not inside and node is whole else ()
    return {
        name: _inlined(each, whole, inside) for name, each in node.items() if name not in left_out
    }


def _of_dataclass(kind: Any, inside: tuple[object, ...]) -> Schema:
    from dataclasses import MISSING

    properties: Schema = {}
    required: list[str] = []
    types = hints(kind)
    for name, field in kind.__dataclass_fields__.items():
        if not field.init or "ClassVar" in str(field.type):
            continue
        schema = _of_type(types.get(name, object), (*inside, kind))
        if field.default is not MISSING:
            plain = _default(field.default)
            if plain is not _NOT_PLAIN:
                schema["default"] = plain
        elif field.default_factory is MISSING:
            required.append(name)
        said = field.metadata.get("description")
        if said:
            schema["description"] = str(said)
        properties[name] = schema
    told: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        told["required"] = required
    return told


_NOT_PLAIN = object()


def _default(value: Any) -> object:
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if value - value == 0 else _NOT_PLAIN
    if isinstance(value, (list, tuple)):
        inner = [_default(each) for each in value]
        return _NOT_PLAIN if _NOT_PLAIN in inner else inner
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "value") and hasattr(value, "name"):
        return _default(value.value)
    return _NOT_PLAIN


def hints(kind: Any) -> dict[str, object]:
    """Return the types of a class's fields, evaluated; what cannot be counts as any."""
    import typing

    try:
        return typing.get_type_hints(kind, include_extras=False)
    except Exception:  # names for type checkers only
        module = sys.modules.get(getattr(kind, "__module__", ""), None)
        names = {**vars(typing), **vars(module)} if module is not None else vars(typing)
        found: dict[str, object] = {}
        for each in reversed(getattr(kind, "__mro__", (kind,))):
            for name, value in getattr(each, "__annotations__", {}).items():
                try:
                    found[name] = eval(value, dict(names)) if isinstance(value, str) else value
                except Exception:
                    found[name] = object
        return found


def _of_type(kind: Any, inside: tuple[object, ...]) -> Schema:
    """Return the schema of one type; an empty one, which takes anything, for what has none."""
    if isinstance(kind, type) and kind in _SCALARS:
        return {"type": _SCALARS[kind]}
    if kind is type(None) or kind is None:
        return {"type": "null"}
    origin = getattr(kind, "__origin__", None)
    arguments: tuple[Any, ...] = getattr(kind, "__args__", ())
    if hasattr(kind, "__metadata__"):
        return _of_type(origin, inside)
    name = getattr(origin, "__name__", "") or getattr(origin, "_name", "") or ""
    if type(kind).__name__ in ("UnionType", "Union") or name in ("Union", "Optional"):
        return {"anyOf": [_of_type(each, inside) for each in arguments]}
    if name == "Literal":
        return {"enum": list(arguments)}
    if origin in (list, tuple, set, frozenset) or name in ("Sequence", "Iterable", "Collection"):
        return _of_items(origin, arguments, inside)
    if origin is dict or name in ("Mapping", "MutableMapping"):
        values = _of_type(arguments[1], inside) if len(arguments) > 1 else {}
        return {"type": "object", "additionalProperties": values or True}
    return _of_class(kind, inside)


def _of_items(origin: Any, arguments: tuple[Any, ...], inside: tuple[object, ...]) -> Schema:
    schema: Schema = {"type": "array"}
    is_fixed = origin is tuple and len(arguments) > 1 and arguments[-1] is not Ellipsis
    if arguments and not is_fixed:
        schema["items"] = _of_type(arguments[0], inside)
    return schema


def _of_class(kind: Any, inside: tuple[object, ...]) -> Schema:
    if not isinstance(kind, type) or kind in inside:
        return {}
    if is_model(kind) or hasattr(kind, "__dataclass_fields__"):
        return _of_dataclass(kind, inside) if not is_model(kind) else schema_of(kind) or {}
    members: Any = getattr(kind, "__members__", None)
    if members is not None:
        return {"enum": [each.value for each in members.values()]}
    if kind.__name__ in _FORMATS:
        return {"type": "string", "format": _FORMATS[kind.__name__]}
    if kind.__name__ == "Decimal":
        return {"anyOf": [{"type": "number"}, {"type": "string"}]}
    if kind in (list, tuple, set, frozenset):
        return {"type": "array"}
    if kind is dict:
        return {"type": "object"}
    if hasattr(kind, "__fspath__"):
        return {"type": "string"}
    return {}
