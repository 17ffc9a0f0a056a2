"""Names of things: asset keys, targets, and identifiers that sort by time."""

import re
from typing import NamedTuple

_SEGMENT = r"[a-z_][a-z0-9_]*"
_KEY = re.compile(rf"{_SEGMENT}(\.{_SEGMENT}){{0,2}}")
_MAX_LENGTH = 200
# DuckDB's own schemas: an asset of that name could not be shown in views.duckdb.
RESERVED_SEGMENTS = frozenset({"main", "information_schema", "pg_catalog", "temp", "system"})


class Target(NamedTuple):
    """The address of state: one partition of one asset in one environment of one project.

    The empty partition is the whole of an unpartitioned asset.
    """

    project: str
    environment: str
    asset: str
    partition: str = ""

    def __str__(self) -> str:
        """Render as people write it: key, and @partition where there is one."""
        return f"{self.asset}@{self.partition}" if self.partition else self.asset


def key_problem(key: str) -> str | None:
    """Say what is wrong with a would-be asset key, or None where nothing is."""
    if len(key) > _MAX_LENGTH:
        return f"a key has at most {_MAX_LENGTH} characters, this one has {len(key)}"
    if not _KEY.fullmatch(key):
        if key.count(".") > 2:
            return f'"{key}" has {key.count(".") + 1} segments; a key has one to three'
        return (
            f'"{key}" is not a key: one to three segments of lower-case letters, digits and "_", '
            "joined by dots, none beginning with a digit"
        )
    for segment in key.split("."):
        if segment in RESERVED_SEGMENTS:
            return f'"{segment}" is a name of the database\'s own'
    return None


def key_from_text(text: str) -> str:
    """Return the nearest legal key segment to any text: `Sales 2024` gives `sales_2024`."""
    segment = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "asset"
    return f"_{segment}" if segment[0].isdigit() or segment in RESERVED_SEGMENTS else segment


def relation_name(key: str) -> tuple[str, str]:
    """Return the schema and the name under which DuckDB clients see an asset.

    The schema is all but the last segment, joined by `_`; a key of one segment lies in `main`.
    """
    *schema, name = key.split(".")
    return "_".join(schema) or "main", name


def time_ordered_id(at: float, entropy: bytes) -> str:
    """Return a UUIDv7 (RFC 9562, section 5.7) of unix time `at` in seconds and 10 random bytes."""
    milliseconds = int(at * 1000) & (1 << 48) - 1
    random = int.from_bytes(entropy[:10], "big")
    value = milliseconds << 80 | 0x7 << 76 | (random >> 68) << 64 | 0b10 << 62
    value |= random & (1 << 62) - 1
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
