"""Values to JSON and back, typed: one door for manifests, events and caches.

The bytes are canonical (members in declaration order, no spaces), so equal values give equal bytes.
"""

import hashlib
from typing import TypeVar

import msgspec

T = TypeVar("T")


def encode(value: object) -> bytes:
    """Return the JSON of any value made of frozen dataclasses, named tuples and plain data."""
    return msgspec.json.encode(value)


def decode(data: bytes | str, type: type[T]) -> T:
    """Return the value of `type` that `data` describes; ValueError says where it does not fit."""
    return msgspec.json.decode(data, type=type)


def digest(*parts: str | bytes) -> str:
    """Return 128 bits of the SHA-256 of the parts, each told apart by its length, in hex."""
    hasher = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        hasher.update(b"%d:" % len(data))
        hasher.update(data)
    return hasher.hexdigest()[:32]


def digest_of(value: object) -> str:
    """Return the digest of any encodable value; mappings count by content, not by order."""
    return digest(msgspec.json.encode(value, order="deterministic"))
