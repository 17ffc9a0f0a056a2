"""Media types of files, from their names or their first bytes."""

from __future__ import annotations

_BY_NAME = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
    "json": "application/json",
    "html": "text/html",
    "htm": "text/html",
    "csv": "text/csv",
    "txt": "text/plain",
    "md": "text/markdown",
    "xml": "application/xml",
    "yaml": "application/yaml",
    "yml": "application/yaml",
    "parquet": "application/vnd.apache.parquet",
    "zip": "application/zip",
    "gz": "application/gzip",
    "pkl": "application/x-pickle",
    "pickle": "application/x-pickle",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_BY_CONTENT = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpg"),
    (b"GIF8", "gif"),
    (b"%PDF-", "pdf"),
    (b"PAR1", "parquet"),
    (b"PK\x03\x04", "zip"),
    (b"\x1f\x8b", "gz"),
)
UNKNOWN = "application/octet-stream"


def media_type(name: str, content: bytes) -> str:
    """Return the media type of a file by its name, else by its first bytes."""
    known = _BY_NAME.get(name.rpartition(".")[2].lower() if "." in name else "")
    return known or _BY_NAME.get(extension(content), UNKNOWN)


def extension(content: bytes) -> str:
    """Return the usual ending of a file that begins like this, empty where nothing tells."""
    for start, ending in _BY_CONTENT:
        if content.startswith(start):
            return ending
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "webp"
    if content[:1] == b"\x80" and content[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return "pkl"
    start = content[:512].lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "html"
    if b"<svg" in start:
        return "svg"
    if start[:1] in (b"{", b"["):
        return "json"
    return ""
