"""Config held against what the code says it takes: a JSON Schema that a worker made of its class.

Of the schema language this knows what such classes come to: types, required and unknown names,
choices, bounds, lengths and patterns, lists, nested classes, alternatives and defaults.
"""

import operator
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

from freshline.declare.section import did_you_mean
from freshline.declare.text import quoted

Schema = Mapping[str, object]
_ANYTHING: Schema = {}
_DEEPEST = 32
_WORDS = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
_BOUNDS = (
    ("minimum", "at least", operator.ge),
    ("maximum", "at most", operator.le),
    ("exclusiveMinimum", "above", operator.gt),
    ("exclusiveMaximum", "below", operator.lt),
)


class Unfit(NamedTuple):
    """A value that a schema refuses: its path such as `window.days`, why, and the way out.

    `message` is what follows the path in a sentence.

    `is_name` says that it is the name that is wrong, and not what stands behind it.
    """

    path: str
    message: str
    fix: str
    is_name: bool = False


def _schema(value: object) -> Schema:
    """Return a part of a schema, one that takes anything where it is none."""
    return cast("Schema", value) if isinstance(value, Mapping) else _ANYTHING


def fitted(config: Mapping[str, object], schema: Schema) -> tuple[dict[str, object], list[Unfit]]:
    """Return config with the defaults of its schema put in, and all that does not fit."""
    found: list[Unfit] = []
    whole = _fitted(config, _Place("", schema, schema), found)
    return (cast("dict[str, object]", whole) if isinstance(whole, dict) else dict(config)), found


class _Place(NamedTuple):
    """A place in config with the schema of what belongs there, and the whole schema."""

    path: str
    schema: Schema
    root: Schema
    depth: int = 0

    def below(self, step: str, schema: object) -> "_Place":
        path = f"{self.path}{step}" if step[0] == "[" or not self.path else f"{self.path}.{step}"
        inner = _schema(schema)
        return _Place(path, inner, self.root, self.depth + 1)

    def instead(self, schema: object) -> "_Place":
        inner = _schema(schema)
        return _Place(self.path, inner, self.root, self.depth + 1)


def _fitted(value: object, place: _Place, found: list[Unfit]) -> object:
    """Return a value with defaults put in; what is wrong with it joins what was found."""
    schema = place.schema
    is_secret = isinstance(value, str) and "${secret." in value
    if is_secret or place.depth > _DEEPEST:
        return value  # what it will be, only the call knows
    if isinstance(reference := schema.get("$ref"), str):
        return _fitted(value, place.instead(_referred(reference, place.root)), found)
    for part in _schemas(schema.get("allOf")):
        value = _fitted(value, place.instead(part), found)
    either = _schemas(schema.get("anyOf")) or _schemas(schema.get("oneOf"))
    if either:
        value = _alternative(value, place, either, found)
    if (wrong := _misfit(value, schema)) is not None:
        found.append(Unfit(place.path, *wrong))
        return value
    match value:
        case dict():
            return _mapping(cast("dict[str, object]", value), place, found)
        case list():
            items = cast("list[object]", value)
            return _list(items, place, found)
        case _:
            return value


def _referred(reference: str, root: Schema) -> object:
    """Return what `#/$defs/Name` stands for, any value where it stands for nothing."""
    node: object = root
    for step in reference.removeprefix("#").split("/"):
        if step and isinstance(node, Mapping):
            node = cast("Schema", node).get(step.replace("~1", "/").replace("~0", "~"))
    return node


def _schemas(value: object) -> list[Schema]:
    parts = cast("list[object]", value) if isinstance(value, list) else []
    return [cast("Schema", part) for part in parts if isinstance(part, Mapping)]


def _alternative(value: object, place: _Place, either: list[Schema], found: list[Unfit]) -> object:
    """Return the value as the first alternative that it fits; else tell the one that is nearest."""
    tries: list[tuple[list[Unfit], object]] = []
    for schema in either:
        wrong: list[Unfit] = []
        whole = _fitted(value, place.instead(schema), wrong)
        if not wrong:
            return whole
        tries.append((wrong, whole))
    deeper = [wrong for wrong, _ in tries if all(each.path != place.path for each in wrong)]
    if deeper:
        found += deeper[0]
        return value
    expected = " or ".join(
        dict.fromkeys(_expected(_resolved(schema, place.root)) for schema in either)
    )
    found.append(Unfit(place.path, f"must be {expected}, not {_told(value)}", ""))
    return value


def _resolved(schema: Schema, root: Schema) -> Schema:
    reference = schema.get("$ref")
    inner = _referred(reference, root) if isinstance(reference, str) else schema
    return _schema(inner)


def _mapping(value: dict[str, object], place: _Place, found: list[Unfit]) -> dict[str, object]:
    known = place.schema.get("properties")
    properties = _schema(known)
    other = place.schema.get("additionalProperties", True)
    whole: dict[str, object] = {}
    for name, given in value.items():
        inner = place.below(name, properties.get(name, other))
        if name not in properties and other is False:
            fix = did_you_mean(name, properties) or _known(properties)
            found.append(Unfit(inner.path, "is not known", fix, is_name=True))
            whole[name] = given
        else:
            whole[name] = _fitted(given, inner, found)
    required = place.schema.get("required")
    names = cast("Sequence[str]", required) if isinstance(required, list) else ()
    for name, described in properties.items():
        if name in whole:
            continue
        schema = _schema(described)
        if "default" in schema:
            whole[name] = schema["default"]
        elif name in names:
            what = _expected(_resolved(schema, place.root))
            found.append(Unfit(place.below(name, {}).path, "is missing", f"add `{name}`, {what}"))
    return whole


def _known(properties: Schema) -> str:
    return f"it knows: {', '.join(properties)}" if properties else "it takes none"


def _list(items: list[object], place: _Place, found: list[Unfit]) -> list[object]:
    schema = place.schema
    first = _schemas(schema.get("prefixItems"))
    rest = schema.get("items", {})
    whole = [
        _fitted(item, place.below(f"[{n}]", first[n] if n < len(first) else rest), found)
        for n, item in enumerate(items)
    ]
    least, most = _number(schema, "minItems"), _number(schema, "maxItems")
    if least is not None and len(items) < least:
        found.append(Unfit(place.path, f"must have at least {least:g} items", "add some"))
    if most is not None and len(items) > most:
        found.append(Unfit(place.path, f"must have at most {most:g} items", "take some away"))
    if schema.get("uniqueItems") is True and any(i in items[:n] for n, i in enumerate(items)):
        found.append(Unfit(place.path, "must not hold one item twice", "keep one of the two"))
    return whole


def _misfit(value: object, schema: Schema) -> tuple[str, str] | None:
    """Return what is wrong with a value as a whole, and the way out; None where nothing is."""
    types = schema.get("type")
    names = [types] if isinstance(types, str) else cast("list[str]", types or [])
    if names and not any(_is_a(value, name) for name in names):
        return f"must be {_expected(schema)}, not {_told(value)}", _repair(value, names)
    if "const" in schema and not _same(value, schema["const"]):
        return f"must be {_told(schema['const'])}, not {_told(value)}", ""
    choices = schema.get("enum")
    if isinstance(choices, list):
        known = cast("list[object]", choices)
        if not any(_same(value, choice) for choice in known):
            texts = [choice for choice in known if isinstance(choice, str)]
            near = did_you_mean(value, texts) if isinstance(value, str) else ""
            fix = near or f"write one of {', '.join(_told(choice) for choice in known)}"
            return f"cannot be {_told(value)}", fix
    if isinstance(value, str):
        return _misfit_of_text(value, schema)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _misfit_of_number(value, schema)
    return None


def _misfit_of_text(value: str, schema: Schema) -> tuple[str, str] | None:
    least, most = _number(schema, "minLength"), _number(schema, "maxLength")
    if least is not None and len(value) < least:
        return f"must have at least {least:g} characters, not {len(value)}", ""
    if most is not None and len(value) > most:
        return f"must have at most {most:g} characters, not {len(value)}", ""
    pattern = schema.get("pattern")
    if isinstance(pattern, str):
        try:
            fits = re.search(pattern, value) is not None
        except re.error:
            return None  # of another dialect: the code itself will judge
        if not fits:
            return f"must match {quoted(pattern)}, and {quoted(value)} does not", ""
    return None


def _misfit_of_number(value: float, schema: Schema) -> tuple[str, str] | None:
    for name, words, holds in _BOUNDS:
        bound = _number(schema, name)
        if bound is not None and not holds(value, bound):
            return f"must be {words} {bound:g}, not {_told(value)}", ""
    step = _number(schema, "multipleOf")
    if step and abs(value / step - round(value / step)) > 1e-9:
        return f"must be a multiple of {step:g}, not {_told(value)}", ""
    return None


def _number(schema: Schema, name: str) -> float | None:
    value = schema.get(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _is_a(value: object, name: str) -> bool:
    match name:
        case "object":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list)
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "null":
            return value is None
        case "integer":
            is_whole = isinstance(value, float) and value.is_integer()
            return (isinstance(value, int) and not isinstance(value, bool)) or is_whole
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case _:
            return True


def _same(value: object, other: object) -> bool:
    """Say whether two values of JSON are one: true is not 1."""
    return value == other and isinstance(value, bool) == isinstance(other, bool)


def _expected(schema: Schema) -> str:
    types = schema.get("type")
    names = [types] if isinstance(types, str) else cast("list[str]", types or [])
    if not names:
        return "another value"
    return " or ".join(_WORDS.get(name, name) for name in names)


def _told(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return f"the text {quoted(value)}"
        case dict():
            return "a mapping"
        case list():
            return f"a list of {len(cast('list[object]', value))}"
        case _:
            return str(value)


def _repair(value: object, names: list[str]) -> str:
    if "boolean" in names and isinstance(value, str):
        truths = {"yes": "true", "on": "true", "no": "false", "off": "false"}
        if (meant := truths.get(value.lower())) is not None:
            return f"write {meant}: `{value}` is text in YAML 1.2"
    if isinstance(value, str) and {"integer", "number"} & {*names}:
        return "write it without quotes" if _looks_like_number(value) else ""
    if "string" in names and not isinstance(value, dict | list) and value is not None:
        return "quote it"
    return ""


def _looks_like_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
