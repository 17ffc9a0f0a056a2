"""Values about an output that the catalog shows: each kind says how it is to be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any


class Text:
    """A text that is shown as it is."""

    def __init__(self, text: str) -> None:
        self.text = str(text)

    def datum(self) -> tuple[str, object]:
        """Return kind and value as the catalog keeps them."""
        return "text", self.text


class Markdown(Text):
    """A text with markup: headings, lists, links, tables."""

    def datum(self) -> tuple[str, object]:
        """Return kind and value as the catalog keeps them."""
        return "markdown", self.text


class Url(Text):
    """An address that becomes a link."""

    def datum(self) -> tuple[str, object]:
        """Return kind and value as the catalog keeps them."""
        return "url", self.text


class Json:
    """Nested plain data."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def datum(self) -> tuple[str, object]:
        """Return kind and value as the catalog keeps them."""
        return "json", plain(self.value)


class Table:
    """A few rows: a list of dicts or a data frame; more than `most` rows are left out."""

    def __init__(self, rows: Any, *, most: int = 100) -> None:
        self.rows = _rows(rows)[:most]

    def datum(self) -> tuple[str, object]:
        """Return kind and value as the catalog keeps them."""
        names: dict[str, None] = {}
        for row in self.rows:
            names.update(dict.fromkeys(map(str, row)))
        rows = [[plain(row.get(name)) for name in names] for row in self.rows]
        return "table", {"columns": list(names), "rows": rows}


class Image:
    """A picture: its bytes, or the file that holds it."""

    def __init__(self, picture: Any, *, media_type: str = "") -> None:
        if isinstance(picture, (str, bytes, bytearray)):
            content = picture if not isinstance(picture, str) else _content(picture)
        elif hasattr(picture, "__fspath__"):
            content = _content(picture.__fspath__())
        else:
            content = drawn(picture)
        self.content = bytes(content)
        self.media_type = media_type or _picture_type(self.content)

    def datum(self) -> tuple[str, object]:
        """Return kind and value as the catalog keeps them."""
        from base64 import b64encode

        data = b64encode(self.content).decode()
        return "image", {"media_type": self.media_type, "data": data}


class Plot(Image):
    """A figure of matplotlib, or of whatever else can save itself as a picture."""


def drawn(figure: Any) -> bytes:
    """Return the PNG of a figure; TypeError where it cannot be drawn."""
    from io import BytesIO

    save = getattr(figure, "savefig", None)
    if save is not None:
        buffer = BytesIO()
        save(buffer, format="png", bbox_inches="tight")
        return buffer.getvalue()
    show = getattr(figure, "_repr_png_", None)
    picture = show() if show is not None else None
    if not isinstance(picture, bytes):
        raise TypeError(f"cannot make a picture of {type(figure).__name__}: give it a figure")
    return picture


def datum(name: str, value: Any) -> tuple[str, object]:
    """Return kind and value of one piece of metadata, in the kind that its type suggests.

    TypeError with its name where the catalog has no kind for it.
    """
    own = getattr(value, "datum", None)
    if own is not None:
        kind, kept = own()
        return str(kind), kept
    if hasattr(value, "item") and not isinstance(value, (list, dict)):
        value = value.item()  # a scalar of numpy
    if isinstance(value, bool):
        return "bool", value
    if isinstance(value, int):
        return ("int", value) if abs(value) < 2**63 else ("text", str(value))
    if isinstance(value, float):
        return ("float", value) if value - value == 0 else ("text", str(value))
    if isinstance(value, str):
        return "text", value
    if isinstance(value, (list, tuple, dict)) or value is None:
        return "json", plain(value)
    if hasattr(value, "isoformat"):
        return "time", value.isoformat()
    if hasattr(value, "__fspath__"):
        return "path", str(value.__fspath__())
    if hasattr(value, "savefig"):
        return Plot(value).datum()
    if hasattr(value, "columns") and hasattr(value, "to_dict"):
        return Table(value).datum()
    raise TypeError(f"metadata {name!r} is of type {type(value).__name__}, which cannot be shown")


def data(given: Mapping[str, object]) -> dict[str, tuple[str, object]]:
    """Return metadata as the catalog keeps it."""
    return {str(name): datum(str(name), value) for name, value in given.items()}


def plain(value: Any) -> object:
    """Return nested data as JSON can hold it; what it cannot hold becomes a text."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**63 else str(value)
    if isinstance(value, float):
        return value if value - value == 0 else str(value)
    if isinstance(value, dict):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(each) for each in value]
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "item"):
        return plain(value.item())
    return str(value)


def _rows(rows: Any) -> Sequence[Mapping[str, object]]:
    if hasattr(rows, "to_dicts"):  # polars
        rows = rows.to_dicts()
    elif hasattr(rows, "to_pylist"):  # pyarrow
        rows = rows.to_pylist()
    elif hasattr(rows, "to_dict"):  # pandas
        rows = rows.to_dict("records")
    if not isinstance(rows, (list, tuple)) or not all(isinstance(row, dict) for row in rows):
        raise TypeError("Table takes a list of dicts or a data frame")
    return rows


def _content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _picture_type(content: bytes) -> str:
    for start, media_type in _PICTURES:
        if content.startswith(start):
            return media_type
    if b"<svg" in content[:512]:
        return "image/svg+xml"
    raise TypeError("Image takes a PNG, JPEG, GIF, WebP or SVG; for others say media_type=")


_PICTURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"RIFF", "image/webp"),
)
