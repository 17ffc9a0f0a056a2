"""Files of an asset, as a page shows them: pictures and texts, where they are what they claim."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from freshline.catalog import MOST_OF_A_FILE
from freshline_catalog.server.builds.told import KINDS, LONGEST, Album, picture_of

_PICTURES = 8_000_000  # bytes of pictures on one page
_ESCAPED = re.compile(rb"\\x([0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileShown:
    """A file: `picture` is the address of all of it, `text` what it says; both empty of others.

    `why` says why nothing of it is shown, empty where something is. `cut` says that the text goes
    on.
    """

    name: str
    media_type: str
    bytes: int
    picture: str = ""
    text: str = ""
    cut: bool = False
    why: str = ""


def files_in(rows: Iterable[tuple[str | None, ...]]) -> tuple[FileShown, ...]:
    """Return the files of rows: name, media type, content as DuckDB writes bytes, and size."""
    album = Album(_PICTURES)
    return tuple(_file(row, album) for row in rows)


def _file(row: tuple[str | None, ...], album: Album) -> FileShown:
    name, media_type, content, size = (*row, None, None, None, None)[:4]
    name, media_type, count = name or "", media_type or "", int(size or 0)
    if content is None:
        is_large = count > MOST_OF_A_FILE
        why = "it is too large to be shown here" if is_large else "files of this kind are not shown"
        return FileShown(name=name, media_type=media_type, bytes=count, why=why)
    data = bytes_of(content)
    if media_type in KINDS:
        picture = picture_of(media_type, data, album)
        why = "" if picture else "it is no such picture, or there are too many of them"
        return FileShown(name=name, media_type=media_type, bytes=count, picture=picture, why=why)
    text = data[: 4 * LONGEST].decode("utf-8", "replace")
    return FileShown(
        name=name,
        media_type=media_type,
        bytes=count,
        text=text[:LONGEST],
        cut=len(text) > LONGEST or len(data) > 4 * LONGEST,
        why="" if text else "it is empty",
    )


def bytes_of(text: str) -> bytes:
    """Return the bytes that DuckDB writes as this text: what is not plain ASCII in hex."""
    plain = text.encode("ascii", "replace")
    return _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), plain)
