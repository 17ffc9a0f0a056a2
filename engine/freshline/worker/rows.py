"""Rows as JSON lines: dicts from a file by its columns' types, and a file with types from dicts."""

from __future__ import annotations

import datetime
import json
from typing import TYPE_CHECKING

from freshline.worker.values import converter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from decimal import Decimal
    from typing import Any

    Row = Mapping[str, object]
    Columns = list[tuple[str, str]]

_SCALARS = {bool: "BOOLEAN", int: "BIGINT", float: "DOUBLE", str: "VARCHAR"}
_INTEGERS = ("BIGINT", "HUGEINT")
# Two kinds of one column become the third; what is not here does not go together.
_TOGETHER: dict[frozenset[str], str] = {
    frozenset(("BIGINT", "HUGEINT")): "HUGEINT",
    frozenset(("BIGINT", "DOUBLE")): "DOUBLE",
    frozenset(("HUGEINT", "DOUBLE")): "DOUBLE",
    frozenset(("BIGINT", "DECIMAL")): "DECIMAL",
    frozenset(("DATE", "TIMESTAMP")): "TIMESTAMP",
    frozenset(("DATE", "TIMESTAMP WITH TIME ZONE")): "TIMESTAMP WITH TIME ZONE",
}


def read_rows(
    files: Iterable[str], columns: Sequence[tuple[str, str]]
) -> Iterator[dict[str, object]]:
    """Yield the rows of JSON lines as dicts with exactly these columns, in their order."""
    converters = [(name, converter(type)) for name, type in columns]
    plain = not any(convert for _, convert in converters)
    names = [name for name, _ in converters]
    for file in files:
        with open(file, encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                if plain:
                    yield {name: row.get(name) for name in names} if names else row
                    continue
                yield {
                    name: convert(row.get(name))
                    if convert is not None and row.get(name) is not None
                    else row.get(name)
                    for name, convert in converters
                }


class RowWriter:
    """Writes dicts as JSON lines and learns the DuckDB types of their columns on the way.

    TypeError where a value or a mixture of values has no type.
    """

    def __init__(self, path: str, what: str) -> None:
        self.path = path
        self.count = 0
        self._what = what
        self._kinds: dict[str, dict[type, int]] = {}  # by column, the first row of each class
        self._types: dict[str, dict[str, int]] = {}  # by column, what its class alone does not say
        self._digits: dict[str, tuple[int, int]] = {}  # before and after the point
        self._file = open(path, "w", encoding="utf-8", newline="\n")
        self._encode = json.JSONEncoder(
            ensure_ascii=False, check_circular=False, default=self._plain, separators=(",", ":")
        ).encode

    def write(self, row: Any) -> None:
        """Write one row."""
        self.count += 1
        if not isinstance(row, dict):
            row = self._dict(row)
        kinds = self._kinds
        for name, value in row.items():
            kind = value.__class__
            known = kinds.get(name)
            if known is None:
                known = kinds[self._name(name)] = {}
            if kind not in known:
                known[kind] = self.count
            if kind not in _DONE:
                self._look(name, value)
        try:
            text = self._encode(row)
        except (TypeError, ValueError, RecursionError) as error:
            raise TypeError(f"{self._what}, row {self.count}: {error}") from None
        self._file.write(text)
        self._file.write("\n")

    def close(self) -> Columns:
        """Finish the file and return its columns with their types."""
        self._file.close()
        return [(name, self._type(name)) for name in self._kinds]

    def discard(self) -> None:
        """Let go of the file of rows that could not be written."""
        self._file.close()

    def _name(self, name: object) -> str:
        if not isinstance(name, str):
            raise TypeError(f"{self._what}, row {self.count}: {name!r} is no name of a column")
        return name

    def _dict(self, row: Any) -> dict[str, object]:
        """Return a row that is another kind of record than a dict."""
        if hasattr(row, "_asdict"):
            return dict(row._asdict())
        if hasattr(row, "__dataclass_fields__"):
            return {name: getattr(row, name) for name in row.__dataclass_fields__}
        if hasattr(row, "model_dump"):
            return dict(row.model_dump())
        if hasattr(row, "keys") and hasattr(row, "__getitem__"):
            return {name: row[name] for name in row.keys()}
        kind = type(row).__name__
        raise TypeError(f"{self._what}, row {self.count} is {kind}: expected a dict")

    def _look(self, name: str, value: Any) -> None:
        """Learn what only the value tells: how large a number is, whether a time has a zone."""
        if value.__class__ is int:
            if not -(2**63) <= value < 2**63:
                self._types.setdefault(name, {}).setdefault("HUGEINT", self.count)
            return
        type = self._type_of(value)
        if type is None:
            kind = value.__class__.__name__
            raise TypeError(
                f"{self._what}, row {self.count}, column {name!r}: no column holds {kind}"
            )
        if type == "DECIMAL":
            self._measure(name, value)
        self._types.setdefault(name, {}).setdefault(type, self.count)

    def _type_of(self, value: Any) -> Any:
        if isinstance(value, datetime.datetime):
            return "TIMESTAMP" if value.tzinfo is None else "TIMESTAMP WITH TIME ZONE"
        if isinstance(value, datetime.date):
            return "DATE"
        if isinstance(value, datetime.time):
            return "TIME"
        if isinstance(value, datetime.timedelta):
            return "INTERVAL"
        if isinstance(value, (bytes, bytearray, memoryview)):
            return "BLOB"
        if isinstance(value, (dict, list, tuple, set, frozenset)):
            return "JSON"
        name = value.__class__.__name__
        if name in ("Decimal", "UUID"):
            return name.upper()
        if hasattr(value, "__members__") or (hasattr(value, "value") and hasattr(value, "name")):
            return self._type_of(value.value)
        for kind, type in _SCALARS.items():
            if isinstance(value, kind):
                return type
        if hasattr(value, "tolist") and value.ndim:
            return "JSON"
        if hasattr(value, "item"):
            inner = value.item()
            return None if inner is value else self._type_of(inner)
        return "VARCHAR" if hasattr(value, "__fspath__") else None

    def _measure(self, name: str, value: Decimal) -> None:
        if not value.is_finite():
            raise TypeError(f"{self._what}, row {self.count}, column {name!r} is {value}")
        _, digits, exponent = value.as_tuple()
        after = max(-int(exponent), 0)
        before = max(len(digits) + int(exponent), 0)
        old = self._digits.get(name, (0, 0))
        self._digits[name] = (max(before, old[0]), max(after, old[1]))

    def _type(self, name: str) -> str:
        """Return the type that all values of a column have together."""
        rows: dict[str, int] = dict(self._types.get(name, {}))
        for kind, row in self._kinds[name].items():
            if kind in _SCALARS:
                rows.setdefault(_SCALARS[kind], row)
        rows.pop("", None)
        found = ""
        first = 0
        for type, row in rows.items():
            if not found or found == type:
                found, first = type, first or row
                continue
            both = _TOGETHER.get(frozenset((found, type)))
            if both is None:
                raise TypeError(
                    f"{self._what}, column {name!r} is {found} in row {first} and {type} in row "
                    f"{row}: make them one type"
                )
            found = both
        if found == "DECIMAL":
            before, after = self._digits.get(name, (18, 0))
            if "BIGINT" in rows:
                before = max(before, 19)
            return f"DECIMAL({min(max(before + after, 18), 38)},{min(after, 38)})"
        return found or "VARCHAR"

    def _plain(self, value: Any) -> object:
        """Return what JSON has of a value that it does not know."""
        if hasattr(value, "isoformat"):
            return value.isoformat()
        if isinstance(value, (bytes, bytearray, memoryview)):
            from base64 import b64encode

            return b64encode(bytes(value)).decode()
        if isinstance(value, datetime.timedelta):
            return f"{value.days} days {value.seconds + value.microseconds / 1e6:.6f} seconds"
        if isinstance(value, (set, frozenset)):
            return sorted(value, key=repr)
        if value.__class__.__name__ in ("Decimal", "UUID") or hasattr(value, "__fspath__"):
            return str(value)
        if hasattr(value, "value") and hasattr(value, "name"):
            return value.value
        if hasattr(value, "tolist"):
            return value.tolist()
        raise TypeError(f"{value.__class__.__name__} has no place in a row")


_DONE = frozenset((bool, float, str, type(None)))
