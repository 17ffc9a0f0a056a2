"""Config and resources made of plain values, with errors that say which value is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshline.worker.annotations import is_model
from freshline.worker.schemas import hints

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def build(kind: Any, values: Mapping[str, object], what: str) -> object:
    """Return an instance of a class of config or resource, made of plain values.

    `what` names it in errors. A plain mapping stays one; ValueError or TypeError where it does not
    fit, and whatever the class's own checks raise.
    """
    is_class = isinstance(kind, type)
    if not is_class or kind is dict:
        return dict(values)
    if hasattr(kind, "model_validate"):
        return kind.model_validate(dict(values))
    if is_model(kind):
        return kind.parse_obj(dict(values))
    fields = getattr(kind, "__dataclass_fields__", None)
    if fields is None:
        return kind(**values)
    types = hints(kind)
    known = [name for name, field in fields.items() if field.init]
    for name in values:
        if name not in known:
            listed = ", ".join(known) or "none"
            raise TypeError(f"{what} has no {name!r}; {kind.__name__} takes: {listed}")
    given = {
        name: _fitted(types.get(name, object), value, f"{what}.{name}")
        for name, value in values.items()
    }
    try:
        return kind(**given)
    except TypeError as error:
        missing = [each for each in _required(fields) if each not in given]
        if missing:
            raise TypeError(f"{what} lacks {missing[0]!r}, which {kind.__name__} needs") from None
        raise error


def _required(fields: Mapping[str, Any]) -> list[str]:
    from dataclasses import MISSING

    return [
        name
        for name, field in fields.items()
        if field.init and field.default is MISSING and field.default_factory is MISSING
    ]


def _fitted(kind: Any, value: Any, what: str) -> object:
    """Return a value as the type of its field wants it: nested, or a date written as a text."""
    origin = getattr(kind, "__origin__", None)
    arguments: tuple[Any, ...] = getattr(kind, "__args__", ())
    if hasattr(kind, "__metadata__"):
        return _fitted(origin, value, what)
    name = getattr(origin, "_name", "") or getattr(origin, "__name__", "") or ""
    if type(kind).__name__ in ("UnionType", "Union") or name in ("Union", "Optional"):
        return _one_of(arguments, value, what)
    if name == "Literal":
        if value not in arguments:
            raise ValueError(
                f"{what} is {value!r}: expected one of {', '.join(map(repr, arguments))}"
            )
        return value
    if origin in (list, set, frozenset, tuple) or name in ("Sequence", "Iterable", "Collection"):
        return _items(origin, arguments, value, what)
    if origin is dict or name in ("Mapping", "MutableMapping"):
        _expect(isinstance(value, dict), "a mapping", value, what)
        inner = arguments[1] if len(arguments) > 1 else object
        return {key: _fitted(inner, each, f"{what}.{key}") for key, each in value.items()}
    return _scalar(kind, value, what) if isinstance(kind, type) else value


def _one_of(arguments: tuple[Any, ...], value: Any, what: str) -> object:
    if value is None and type(None) in arguments:
        return None
    problem: Exception | None = None
    for each in arguments:
        if each is type(None):
            continue
        try:
            return _fitted(each, value, what)
        except (TypeError, ValueError) as error:
            problem = problem or error
    raise problem or TypeError(f"{what} is {value!r}")


def _items(origin: Any, arguments: tuple[Any, ...], value: Any, what: str) -> object:
    _expect(isinstance(value, (list, tuple)), "a list", value, what)
    kinds: list[object] = list(arguments)
    if origin is tuple and len(kinds) > 1 and kinds[-1] is not Ellipsis:
        inner = kinds
    else:
        inner = [kinds[0] if kinds else object] * len(value)
    made = [
        _fitted(kind, each, f"{what}[{index}]")
        for index, (kind, each) in enumerate(zip(inner, value))
    ]
    return origin(made) if origin in (set, frozenset, tuple) else made


def _scalar(kind: Any, value: Any, what: str) -> object:
    if kind is float:
        _expect(
            isinstance(value, (int, float)) and value is not True and value is not False,
            "a number",
            value,
            what,
        )
        return float(value)
    if kind is int:
        _expect(
            isinstance(value, int) and not isinstance(value, bool), "a whole number", value, what
        )
        return value
    if kind is str or kind is bool:
        _expect(isinstance(value, kind), "a text" if kind is str else "true or false", value, what)
        return value
    if hasattr(kind, "__members__"):
        try:
            return kind(value)
        except ValueError:
            members = ", ".join(repr(each.value) for each in kind)
            raise ValueError(f"{what} is {value!r}: expected one of {members}") from None
    if isinstance(value, dict) and (hasattr(kind, "__dataclass_fields__") or is_model(kind)):
        return build(kind, value, what)
    if isinstance(value, str) and hasattr(kind, "fromisoformat"):
        return kind.fromisoformat(value)
    if isinstance(value, (str, int, float)) and kind.__name__ in ("Decimal", "UUID"):
        return kind(str(value))
    if isinstance(value, str) and hasattr(kind, "__fspath__"):
        return kind(value)
    if kind is object or isinstance(value, kind) or kind.__module__ == "typing":
        return value
    _expect(False, kind.__name__, value, what)
    return value


def _expect(fits: bool, expected: str, value: object, what: str) -> None:
    if not fits:
        raise TypeError(f"{what} is {value!r}: expected {expected}, got {type(value).__name__}")
