"""DuckDB's types as Python's values: what the JSON value of a column is to a function."""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING, Optional

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Convert = Callable[[object], object]

Converter = Optional["Convert"]

_MOMENT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?"
    r"(Z|[+-]\d\d(?::?\d\d)?(?::\d\d)?)?$"
)
_TIME = re.compile(r"(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d(?::?\d\d)?)?$")


def converter(type: str) -> Converter:
    """Return the function from a JSON value to the value of a DuckDB type; None: it is itself."""
    name = type.strip()
    upper = name.upper()
    if upper.endswith("]"):
        return _each(converter(name[: name.rindex("[")]))
    if upper.startswith("STRUCT("):
        return _struct(_fields(name[7:-1]))
    if upper.startswith("MAP("):
        key, value = _split(name[4:-1])
        return _map(converter(key), converter(value))
    if upper.startswith(("DECIMAL", "NUMERIC")):
        return _decimal
    return _CONVERTERS.get(upper)


def moment(value: Any) -> object:
    """Return the datetime of an ISO text, aware where it says its zone; others as they are."""
    if not isinstance(value, str):
        return value
    try:
        return datetime.datetime.fromisoformat(value)
    except ValueError:  # older interpreters know few forms of it
        found = _MOMENT.match(value)
    if found is None:
        return value  # infinity, or a year that Python has no name for
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    made = datetime.datetime(year, month, day, hour, minute, second, _micro(found[7]))
    return made.replace(tzinfo=_zone(found[8])) if found[8] else made


def _aware(value: Any) -> object:
    made = moment(value)
    if isinstance(made, datetime.datetime) and made.tzinfo is None:
        return made.replace(tzinfo=datetime.timezone.utc)
    return made


def _day(value: Any) -> object:
    try:
        return datetime.date.fromisoformat(value)
    except (TypeError, ValueError):
        made = moment(value)
    return made.date() if isinstance(made, datetime.datetime) else made


def _time(value: Any) -> object:
    found = _TIME.match(value) if isinstance(value, str) else None
    if found is None:
        return value
    try:
        made = datetime.time(int(found[1]), int(found[2]), int(found[3] or 0), _micro(found[4]))
    except ValueError:
        return value  # 24:00:00, the end of a day
    return made.replace(tzinfo=_zone(found[5])) if found[5] else made


def _micro(digits: str | None) -> int:
    return int(digits[:6].ljust(6, "0")) if digits else 0


def _zone(text: str) -> datetime.timezone:
    if text == "Z":
        return datetime.timezone.utc
    digits = text[1:].replace(":", "")
    seconds = int(digits[:2]) * 3600 + int(digits[2:4] or 0) * 60
    delta = datetime.timedelta(seconds=-seconds if text[0] == "-" else seconds)
    return datetime.timezone(delta) if seconds else datetime.timezone.utc


def _decimal(value: Any) -> object:
    from decimal import Decimal

    return None if value is None else Decimal(str(value))


def _blob(value: Any) -> object:
    from base64 import b64decode

    return b64decode(value) if isinstance(value, str) else value


def _uuid(value: Any) -> object:
    from uuid import UUID

    return UUID(value) if isinstance(value, str) else value


def _float(value: Any) -> object:
    if isinstance(value, (int, str)):
        return float(value)
    return value


def _whole(value: Any) -> object:
    return int(value) if isinstance(value, (str, float)) else value


_CONVERTERS: dict[str, Convert] = {
    "DATE": _day,
    "TIME": _time,
    "TIME WITH TIME ZONE": _time,
    "TIMETZ": _time,
    **dict.fromkeys(
        ("TIMESTAMP", "DATETIME", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"), moment
    ),
    "TIMESTAMP WITH TIME ZONE": _aware,
    "TIMESTAMPTZ": _aware,
    "BLOB": _blob,
    "UUID": _uuid,
    **dict.fromkeys(("DOUBLE", "FLOAT", "REAL"), _float),
    **dict.fromkeys(("HUGEINT", "UHUGEINT", "BIGNUM"), _whole),
}


def _each(inner: Converter) -> Converter:
    if inner is None:
        return None

    def convert(value: Any) -> object:
        return [inner(each) for each in value] if isinstance(value, list) else value

    return convert


def _struct(fields: dict[str, Converter]) -> Converter:
    if not any(fields.values()):
        return None

    def convert(value: Any) -> object:
        if not isinstance(value, dict):
            return value
        made = dict(value)
        for name, inner in fields.items():
            if inner is not None and name in made:
                made[name] = inner(made[name])
        return made

    return convert


def _map(key: Converter, value: Converter) -> Converter:
    """Return the converter of a map, whose keys are texts in JSON whatever they are."""
    if key is None and value is None:
        return None

    def convert(given: Any) -> object:
        if not isinstance(given, dict):
            return given
        return {
            key(name) if key else name: value(each) if value else each
            for name, each in given.items()
        }

    return convert


def _fields(text: str) -> dict[str, Converter]:
    """Return the fields of a STRUCT by name, from what stands between its parentheses."""
    fields: dict[str, Converter] = {}
    for part in _split(text):
        part = part.strip()
        if part.startswith('"'):
            end = part.index('"', 1)
            while part[end : end + 2] == '""':
                end = part.index('"', end + 2)
            fields[part[1:end].replace('""', '"')] = converter(part[end + 1 :])
        else:
            name, _, type = part.partition(" ")
            fields[name] = converter(type)
    return fields


def _split(text: str) -> list[str]:
    """Return the parts between commas that stand in no parentheses and no quotes."""
    parts: list[str] = []
    depth, start, quoted = 0, 0, False
    for index, char in enumerate(text):
        if char == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif char in "([":
            depth += 1
        elif char in ")]":
            depth -= 1
        elif char == "," and depth == 0:
            parts.append(text[start:index])
            start = index + 1
    parts.append(text[start:])
    return parts
