"""What a plain scalar means under the core schema of YAML 1.2.

`true`, `false`, `null`, integers and floats are what they look like; everything else is text: `no`,
`on`, `12:30:45` and `1_000` too. Quoted and block scalars are always text.
"""

import re
from enum import Enum

from freshline.declare.source import Scalar

# Beyond 64 bits there is no JSON reader or database that would agree with us on the value.
LEAST, GREATEST = -(2**63), 2**64 - 1
_LONGEST_NUMBER = 60

_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS = {"": None, "~": None, "null": None, "Null": None, "NULL": None} | {
    word: word[0] in "tT" for word in ("true", "True", "TRUE", "false", "False", "FALSE")
}


class Meaning(Enum):
    """What a scalar is; the values are the words that messages use."""

    NULL = "nothing"
    BOOL = "true or false"
    INTEGER = "a whole number"
    FLOAT = "a number"
    NOT_FINITE = "a number that is not finite"
    TEXT = "text"


def meaning(node: Scalar) -> Meaning:
    """Return what a scalar is."""
    if node.style:
        return Meaning.TEXT
    text = node.text
    if text in _WORDS:
        return Meaning.NULL if _WORDS[text] is None else Meaning.BOOL
    if text[0] not in "0123456789+-.":
        return Meaning.TEXT
    if _INTEGER.fullmatch(text):
        return Meaning.INTEGER
    if _FLOAT.fullmatch(text):
        return Meaning.FLOAT
    return Meaning.NOT_FINITE if _NOT_FINITE.fullmatch(text) else Meaning.TEXT


def truth(node: Scalar) -> bool:
    """Return the value of a scalar that is a BOOL."""
    return _WORDS[node.text] is True


def integer(node: Scalar) -> int | None:
    """Return the value of a scalar that is an INTEGER, None where it exceeds 64 bits."""
    # Converting costs the square of the digits, and Python refuses thousands of them.
    if len(node.text) > _LONGEST_NUMBER:
        return None
    prefix = {"0o": 8, "0x": 16}.get(node.text[:2])
    value = int(node.text[2:], prefix) if prefix else int(node.text)
    return value if LEAST <= value <= GREATEST else None


def is_null(node: object) -> bool:
    """Say whether a node is nothing: empty, `null` or `~`."""
    return isinstance(node, Scalar) and not node.style and _WORDS.get(node.text, "") is None


def meaning_of(node: object) -> Meaning | None:
    """Return what a node is if it is a scalar, None for a collection."""
    return meaning(node) if isinstance(node, Scalar) else None
