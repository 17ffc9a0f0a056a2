"""An export as a browser would find it: its pages, where their links lead, what they would run."""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_OUTSIDE = ("http", "https", "mailto")


class Read(HTMLParser):
    """A page: its links, its ids, its tags and whatever acts by attribute."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.tags: set[str] = set()
        self.acting: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name in ("href", "src", "action"):
                self.links.append(value or "")
            if name.startswith("on") or name in ("style", "srcdoc", "formaction"):
                self.acting.append(f"{tag} {name}")
            if name == "id":
                self.ids.add(value or "")


def pages(folder: Path) -> dict[Path, Read]:
    """Return every page of an export."""
    return {path.resolve(): Read(path) for path in sorted(folder.rglob("*.html"))}


def astray(folder: Path) -> list[str]:
    """Return the links that lead to no file of the folder, or to no place in it."""
    there, found = pages(folder), list[str]()
    for path, page in there.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme in _OUTSIDE:
                continue
            to = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            is_inside = to.is_relative_to(folder.resolve()) and to.is_file()
            fragment = unquote(parts.fragment)
            is_there = not fragment or to not in there or fragment in there[to].ids
            if parts.scheme or parts.netloc or parts.query or not (is_inside and is_there):
                found.append(f"{path.relative_to(folder.resolve())}: {link}")
    return found
