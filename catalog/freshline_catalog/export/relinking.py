"""Relinking: a page of the server as a file, its links to other files, without what needs a server.

What a page says stays as it is, to the letter. A link whose page is not in the folder leaves its
words; a form, and whatever leads through a list, goes.
"""

from collections.abc import Sequence
from functools import lru_cache
from html import escape
from html.parser import HTMLParser

from freshline_catalog.export.places import Places, relative

Attributes = list[tuple[str, str | None]]
# What asks the server for something else. Classes are those of the templates' macros.
_GONE = frozenset({"facets", "filters", "groups", "menu", "pager", "stepper", "switch"})
_LINKS = frozenset({"a", "link", "script", "img"})
_VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "wbr"})
_ATTRIBUTES = frozenset({"href", "rel", "download", "aria-current", "data-lineage"})


class Linker:
    """Knows the files of a folder; remembers what each address is."""

    def __init__(self, places: Places) -> None:
        self.find = lru_cache(maxsize=100_000)(places.find)

    def relinked(self, page: str, here: str) -> str:
        """Return the file `here` that shows a page of the server."""
        parser = _Page(self, here)
        parser.feed(page)
        parser.close()
        return "".join(parser.made)

    def link(self, address: str, here: str) -> str | None:
        """Return an address as the file `here` says it, None where it would lead to nothing."""
        if not address.startswith("/"):
            return None if address.startswith("?") else address
        place = self.find(address)
        if place is None or (place.file == here and "?" in address and not place.fragment):
            return None
        return relative(here, place)


class _Page(HTMLParser):
    """Goes through one page."""

    def __init__(self, linker: Linker, here: str) -> None:
        super().__init__(convert_charrefs=False)
        self.made: list[str] = []
        self._linker, self._here = linker, here
        self._gone: list[str] = []  # the open elements, from the one that goes
        self._svg = 0
        self._instead = ""  # what the open link became

    def updatepos(self, i: int, j: int) -> int:
        """Leave out counting lines: nobody asks where something stands."""
        return j

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        if self._gone:
            if tag not in _VOID:
                self._gone.append(tag)
            return
        if attrs and self._goes(tag, attrs):
            if tag not in _VOID:
                self._gone = [tag]
            return
        if tag == "svg":
            self._svg += 1
        self.made.append(self._started(tag, attrs))

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        if not self._gone:
            self.made.append(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        if self._gone:
            if tag in self._gone:
                while self._gone.pop() != tag:
                    pass
            return
        if tag == "svg":
            self._svg -= 1
        if tag == "a" and self._instead:
            tag, self._instead = self._instead, ""
        self.made.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self._say(data)

    def handle_entityref(self, name: str) -> None:
        self._say(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._say(f"&#{name};")

    def handle_decl(self, decl: str) -> None:
        self._say(f"<!{decl}>")

    def _say(self, text: str) -> None:
        if not self._gone:
            self.made.append(text)

    def _goes(self, tag: str, attrs: Attributes) -> bool:
        if tag == "form":
            return True
        said = dict(attrs)
        if said.get("rel") == "preload":  # fonts of files are not fetched twice
            return True
        classes = (said.get("class") or "").split()
        if not _GONE.isdisjoint(classes):
            return True
        is_aside = tag == "a" and ("button" in classes or "more" in classes)
        return is_aside and self._linker.link(said.get("href") or "", self._here) is None

    def _started(self, tag: str, attrs: Attributes) -> str:
        text = self.get_starttag_text() or ""
        if tag in _LINKS:
            name = "href" if tag in ("a", "link") else "src"
            address = dict(attrs).get(name)
            if not address:
                return text
            to = self._linker.link(address, self._here)
            if to == address:
                return text
            if to is None:
                self._instead = "g" if self._svg else "span"
                return _tag(self._instead, [p for p in attrs if p[0] not in _ATTRIBUTES])
            return _tag(tag, [(n, to if n == name else v) for n, v in attrs])
        if "data-lineage" in text:
            return _tag(tag, [p for p in attrs if p[0] not in _ATTRIBUTES])
        return text


def _tag(name: str, attrs: Sequence[tuple[str, str | None]]) -> str:
    said = "".join(f" {n}" if v is None else f' {n}="{escape(v)}"' for n, v in attrs)
    return f"<{name}{said}>"
