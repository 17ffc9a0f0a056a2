"""What was brought from other catalogs: a file for each version, and a word on which is current.

The file stays where it is while runs may read it, whatever the other catalog does meanwhile. A word
that says what is wrong means that nobody knows what is current there: then no file counts.
"""

import os
import threading
from dataclasses import dataclass
from pathlib import Path

from freshline.codec import decode, encode

WORD = "current.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """The version of an asset of another catalog that was seen last, and the file that it is in.

    `error` says why nobody knows whether it still is, `since` then when that began. `older` are
    files that were current before, with the moments at which they ceased to be. What is said of
    the asset over there stays what it was when it was last seen; `until` is when the token that it
    is read with expires. `asked` is when the question was put that this is the answer to.
    """

    file: str = ""
    number: int = 0
    mat_id: str = ""
    data_version: str = ""
    at: float = 0.0
    error: str = ""
    since: float | None = None
    older: tuple[tuple[str, float], ...] = ()
    owner: str = ""
    contacts: tuple[tuple[str, str], ...] = ()
    description: str = ""
    freshness: str = ""
    refresh: str = ""
    until: float | None = None
    asked: float = 0.0


def brought(root: Path, folder: str) -> Brought | None:
    """Return the word on a folder, None where nothing was brought there."""
    try:
        return decode((root / folder / WORD).read_bytes(), Brought)
    except (OSError, ValueError):
        return None


def current_files(root: Path, folder: str) -> tuple[str, ...]:
    """Return the file that is current, relative to the root; none where nobody knows which is."""
    word = brought(root, folder)
    if word is None or word.error or not word.file:
        return ()
    path = f"{folder}/{word.file}"
    return (path,) if (root / path).is_file() else ()


def say(root: Path, folder: str, word: Brought) -> None:
    """Write the word on a folder: whoever reads it finds the old one or this one, whole."""
    draft = root / folder / f"{WORD}.{os.getpid()}-{threading.get_ident()}"
    draft.write_bytes(encode(word))
    os.replace(draft, root / folder / WORD)
