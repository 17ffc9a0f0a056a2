"""Cursors: where a page of a list ends, as a word that callers hand back as it is."""

import base64
import json
from typing import cast

from freshline_catalog.server.problems import InvalidError

_LONGEST = 4000


def cursor(*parts: int | float | str) -> str:
    """Return the word for a place in a list."""
    text = json.dumps(parts, separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def place(word: str, *kinds: type[int] | type[float] | type[str]) -> tuple[int | float | str, ...]:
    """Return the place that a cursor is the word for; InvalidError for any other word."""
    try:
        if len(word) > _LONGEST:
            raise ValueError(word)
        padded = word + "=" * (-len(word) % 4)
        found: object = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except ValueError as error:
        raise _refused() from error
    if not isinstance(found, list):
        raise _refused()
    parts = cast("list[object]", found)
    if [type(part) for part in parts] != [*kinds]:
        raise _refused()
    return tuple(cast("list[int | float | str]", parts))


def sequence_in(word: str) -> int:
    """Return the sequence that a cursor stands for; InvalidError for any other word."""
    (found,) = place(word, int)
    if not isinstance(found, int) or not 0 <= found < 1 << 62:
        raise _refused()
    return found


def _refused() -> InvalidError:
    return InvalidError("this cursor is not one of ours", help="begin with the first page again")
