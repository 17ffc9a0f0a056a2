"""Words as the search knows them: names split where people see parts, case and accents folded."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_RUN = re.compile(r"[^\W_]+")
# Between a small and a capital letter, and before the last of several: net|Amount, SQL|File.
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ACCENTS = re.compile("[\u0300-\u036f]")


class Range(NamedTuple):
    """A stretch of a text, as positions of characters: what is to be marked there."""

    start: int
    end: int


def fold(text: str) -> str:
    """Return a text with case, width and Latin accents taken away, so that likes are equal."""
    if text.isascii():
        return text.lower()
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    return unicodedata.normalize("NFKC", bare).casefold()


def words(text: str) -> tuple[str, ...]:
    """Return the folded words of a text: `stg.netAmount_eur` is stg, net, amount and eur."""
    if text.isascii() and not _has_humps(text):
        return tuple(_RUN.findall(text.lower()))
    return tuple(word for _, word in _pieces(text))


def marks(text: str, wanted: Iterable[str]) -> tuple[Range, ...]:
    """Return where a text has a word that begins with one of `wanted`, folded words."""
    beginnings = tuple(wanted)
    if not beginnings:
        return ()
    found: list[Range] = []
    for place, word in _pieces(text):
        if not word.startswith(beginnings) or (found and place.start < found[-1].end):
            continue
        # One mark goes over the separator between two words: net_amount is one name.
        if found and text[found[-1].end : place.start] in ("", "_"):
            found[-1] = Range(found[-1].start, place.end)
        else:
            found.append(place)
    return tuple(found)


def _has_humps(text: str) -> bool:
    return not text.islower() and _HUMP.search(text) is not None


def _pieces(text: str) -> Iterator[tuple[Range, str]]:
    """Yield the words with their places; a piece that folds to several words has one place."""
    for run in _RUN.finditer(text):
        start = run.start()
        for piece in _HUMP.split(run[0]):
            place = Range(start, start + len(piece))
            start = place.end
            for word in _RUN.findall(fold(piece)):
                yield place, word
