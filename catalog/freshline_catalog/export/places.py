"""Places: which file of the folder each address of a page leads to, and under which names.

1. A name is the key itself where it is lower case and plain, else what is plain of it, `~` and a
   digest. Plain names hold no `~`: no two names are one on a disk that takes `A` for `a`, and no
   key has another name because of which others there are.
2. Each thing has a folder of its own, so that none is taken for the list of its kind.
3. A state of a page that has no file of its own leads to the page that is nearest.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import parse_qs, quote, unquote, urlsplit

from freshline.survey import EntryKind

INDEX = "index.html"
TABS = ("columns", "lineage", "runs", "checks", "metrics", "definition", "history")
GATHERED = ("owner", "group", "tag")
LISTS = ("assets", "lineage", "runs", "checks", "owners", "groups", "tags")
_BUILT_ONLY = frozenset({"runs", "metrics"})  # sources have none
_LONGEST = 80
_PLAIN = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_-])?").fullmatch
# Names that Windows keeps for devices, whatever follows a dot.
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d|conin|conout|clock)(?:\..*)?").fullmatch


class Place(NamedTuple):
    """A file of the folder, and where in it."""

    file: str
    fragment: str = ""


def name_of(key: str) -> str:
    """Return the name of a folder for a key, an owner, a group, a tag or a run."""
    is_plain = _PLAIN(key) and not _DEVICES(key) and len(key) <= _LONGEST and key != INDEX
    if is_plain:
        return key
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    plain = re.sub(r"[^a-z0-9_-]+", "-", key.lower()).strip("-")[:40]
    return f"{plain or 'x'}~{digest}"


def asset_file(key: str, tab: str = "") -> str:
    """Return the file of an asset's page."""
    return f"assets/{name_of(key)}/{tab or 'index'}.html"


def thing_file(folder: str, name: str) -> str:
    """Return the file of an owner, a group, a tag or a run."""
    return f"{folder}/{name_of(name)}/{INDEX}"


def list_file(folder: str) -> str:
    """Return the file of a list; the home page's for an empty name."""
    return f"{folder}/{INDEX}" if folder else INDEX


def tabs_of(kind: str) -> tuple[str, ...]:
    """Return the pages beside the first that an asset of a kind has."""
    return tuple(t for t in TABS if kind != EntryKind.SOURCE or t not in _BUILT_ONLY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The files there are: of assets by key with their kinds, of what gathers them, of runs."""

    assets: Mapping[str, str]
    gathered: Mapping[str, frozenset[str]]
    runs: frozenset[str]

    def find(self, address: str) -> Place | None:
        """Return where an address of a page leads, None where nothing of the folder is near it."""
        parts = urlsplit(address)
        first, *rest = (unquote(part) for part in parts.path.removeprefix("/").split("/"))
        asked = parse_qs(parts.query)
        fragment = parts.fragment
        match first, rest:
            case "static", _:
                return Place("/".join((first, *rest)))
            case "assets", []:
                return self._assets(asked)
            case "assets", [key, *tab]:
                return self._asset(key, "/".join(tab), asked, fragment)
            case "impact", []:
                return self._asset(_key(asked.get("select")), "impact", {}, fragment)
            case "lineage", [] if asked.get("column"):
                return self._column(asked["column"][0])
            case "lineage", [] if found := self._asset(_key(asked.get("select")), first, {}, ""):
                return found
            case "runs", [run, *_]:
                return Place(thing_file(first, run), fragment) if run in self.runs else None
            case (("owners" | "groups" | "tags"), [*names]) if names:
                return self._gathering(first[:-1], "/".join(names))
            case _ if not rest and (first in LISTS or not first):
                return Place(list_file(first), fragment)
            case _:
                return None

    def _assets(self, asked: Mapping[str, list[str]]) -> Place:
        facets = [(n, v) for n in GATHERED for v in asked.get(n, ()) if v in self.gathered[n]]
        if len(facets) == 1:
            return Place(thing_file(f"{facets[0][0]}s", facets[0][1]))
        return Place(list_file("assets"))

    def _asset(
        self, key: str, tab: str, asked: Mapping[str, list[str]], fragment: str
    ) -> Place | None:
        kind = self.assets.get(key)
        if kind is None or tab not in ("", "impact", *tabs_of(kind)):
            return None
        chosen = asked.get("col", [""])[0]
        return Place(asset_file(key, tab), quote(chosen, safe="") if chosen else fragment)

    def _column(self, path: str) -> Place | None:
        for at in range(len(path) - 1, 0, -1):
            if path[at] == "." and path[:at] in self.assets:
                return Place(asset_file(path[:at], "columns"), quote(path[at + 1 :], safe=""))
        return None

    def _gathering(self, facet: str, name: str) -> Place | None:
        known = name in self.gathered[facet]
        return Place(thing_file(f"{facet}s", name)) if known else None


def relative(here: str, to: Place) -> str:
    """Return how a file says another place of the folder."""
    path = "../" * here.count("/") + to.file
    return f"{path}#{to.fragment}" if to.fragment else path


def colliding(files: Iterable[str]) -> tuple[str, ...]:
    """Return the files that are another one on a disk that does not tell upper case from lower."""
    seen: set[str] = set()
    again: list[str] = []
    for file in files:
        folded = file.casefold()
        if folded in seen:
            again.append(file)
        seen.add(folded)
    return tuple(again)


def _key(selections: list[str] | None) -> str:
    """Return the key that a selection means alone, as selections write one."""
    text = selections[0] if selections else ""
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1].replace('""', '"')
    return text
