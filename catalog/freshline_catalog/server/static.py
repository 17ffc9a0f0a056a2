"""Static files: named by the content of all of them, so that a browser never asks for one twice."""

import gzip
import hashlib
from functools import cached_property
from pathlib import Path

from fastapi import FastAPI, Request, Response

from freshline_catalog.server.access import needs

FOLDER = Path(__file__).parents[1] / "web" / "static"

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".json": "application/json",
}
_PACKED = {".css", ".js", ".svg", ".json"}


class StaticFiles:
    """The files of a folder, read once. Nothing else can be asked for: a name is looked up.

    `digest` is of all files together, so that one module may import another by a relative path.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        self.files = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.suffix in TYPES and path.is_file()
        }

    @cached_property
    def digest(self) -> str:
        """What the address of every file begins with."""
        hasher = hashlib.sha256()
        for name, content in self.files.items():
            hasher.update(f"{name}\0{len(content)}\0".encode())
            hasher.update(content)
        return hasher.hexdigest()[:16]

    @cached_property
    def packed(self) -> dict[str, bytes]:
        """The files that are worth it, packed."""
        return {
            name: gzip.compress(content, 9, mtime=0)
            for name, content in self.files.items()
            if Path(name).suffix in _PACKED
        }

    def url(self, name: str, path: str = "") -> str:
        """Return the address of a file below `path`; KeyError where there is none of this name."""
        if name not in self.files:
            raise KeyError(f"there is no static file {name!r}")
        return f"{path}/static/{self.digest}/{name}"


def serve_static(app: FastAPI, files: StaticFiles) -> None:
    """Add the static files to an application; they are the same for everybody."""

    def static(request: Request, digest: str, name: str) -> Response:
        content = files.files.get(name) if digest == files.digest else None
        if content is None:
            return Response("not found", status_code=404, media_type="text/plain")
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable",
            "Vary": "Accept-Encoding",
        }
        if name in files.packed and "gzip" in request.headers.get("accept-encoding", ""):
            content, headers["Content-Encoding"] = files.packed[name], "gzip"
        return Response(content, media_type=TYPES[Path(name).suffix], headers=headers)

    anyone = needs(None)
    app.get(
        "/static/{digest}/{name:path}",
        include_in_schema=False,
        name="static",
        openapi_extra=anyone,
    )(static)
