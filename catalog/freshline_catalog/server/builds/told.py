"""What code told of a version, as pages show it: each value by its kind, nothing that could harm.

Pictures are shown where they are what they say they are, of a kind that holds no code, and small
enough; all other values are text.
"""

import base64
import binascii
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import msgspec

from freshline.calls import Datum
from freshline.secrets import HIDDEN, is_telling, without_secrets

MOST = 60  # values of one version
ROWS, LONGEST = 100, 20_000
PICTURES = 2_000_000  # bytes of pictures on one page
# Kinds of pictures, each with how its bytes begin.
KINDS: Mapping[str, tuple[bytes, ...]] = {
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/gif": (b"GIF87a", b"GIF89a"),
    "image/webp": (b"RIFF",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One value: `text` says it in any case. `number` is set of numbers, `rows` of tables.

    `picture` is the address of a picture that holds all of it, empty where there is none to show.
    """

    name: str
    kind: str
    text: str
    number: float | None = None
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    picture: str = ""


@dataclass(slots=True)
class Album:
    """How many bytes of pictures a page may show yet."""

    left: int = PICTURES

    def take(self, size: int) -> bool:
        """Say whether a picture of this size has room still, and keep that for it."""
        fits = size <= self.left
        self.left -= size if fits else 0
        return fits


def told_in(text: str | None, album: Album) -> tuple[Told, ...]:
    """Return the values of metadata, as an event has it; none where it has none."""
    if not text or text == "{}":
        return ()
    try:
        found = msgspec.json.decode(text, type=dict[str, Datum])
    except msgspec.MsgspecError:  # another release wrote it
        return ()
    return tuple(_told(name, datum, album) for name, datum in [*found.items()][:MOST])


def picture_of(media_type: str, content: bytes, album: Album) -> str:
    """Return the address of a picture; empty where it is none of those that are shown."""
    begins = KINDS.get(media_type, ())
    is_one = content.startswith(begins) if begins else False
    if media_type == "image/webp":
        is_one = is_one and content[8:12] == b"WEBP"
    if not is_one or not album.take(len(content)):
        return ""
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def _told(name: str, datum: Datum, album: Album) -> Told:
    kind, value = datum
    if is_telling(name):
        return Told(name=name, kind="text", text=HIDDEN)
    match kind, value:
        case "image", {"media_type": str() as media, "data": str() as data}:
            return _picture(name, media, data, album)
        case "table", {"columns": list(), "rows": list()}:
            table = cast("dict[str, list[object]]", value)
            return _table(name, table["columns"], table["rows"])
        case (("int" | "float"), int() | float()) if not isinstance(value, bool):
            number = float(value) if math.isfinite(value) else None
            text = f"{value:,}" if isinstance(value, int) else f"{value:.6g}"
            return Told(name=name, kind=kind, text=text, number=number)
        case "bool", bool():
            return Told(name=name, kind=kind, text="yes" if value else "no")
        case (("text" | "markdown" | "url" | "path" | "time"), str()):
            return Told(name=name, kind=kind, text=value[:LONGEST])
        case _:
            return Told(name=name, kind="json", text=_json(value))


def _picture(name: str, media: str, data: str, album: Album) -> Told:
    try:
        content = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        content = b""
    size = f"{len(content):,} bytes"
    shown = picture_of(media, content, album)
    text = f"{media}, {size}" if shown else f"a picture that is not shown here: {media}, {size}"
    return Told(name=name, kind="image", text=text, picture=shown)


def _table(name: str, columns: list[object], rows: list[object]) -> Told:
    cells = [cast("list[object]", row) for row in rows[:ROWS] if isinstance(row, list)]
    count = f"{len(rows):,} row{'' if len(rows) == 1 else 's'}"
    return Told(
        name=name,
        kind="table",
        text=count,
        columns=tuple(str(column) for column in columns),
        rows=tuple(tuple(_cell(cell) for cell in row) for row in cells),
    )


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return value[:LONGEST]
        case bool():
            return "true" if value else "false"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:.6g}"
        case _:
            return _json(value)


def _json(value: object) -> str:
    pretty = msgspec.json.format(msgspec.json.encode(without_secrets(value)), indent=2)
    return pretty.decode()[:LONGEST]
