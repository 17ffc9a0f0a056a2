"""All pages of a catalog, one link after the other, and what is wrong with their text."""

from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

from tests.browser.served import Served

# Pages that ask whether to do something cost a plan each, and pages of events, one event each.
_APART = ("/materialize", "/rollback", "/login", "/events", "/api/v1/")
_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())


class Read(HTMLParser):
    """One page as it was sent: its links, its ids, its headings, and what does not close."""

    def __init__(self, path: str, status: int, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.path, self.status = path, status
        self.links: list[str] = []
        self.ids: Counter[str] = Counter()
        self.headings: list[int] = []
        self.refers: list[str] = []
        self.forbidden: list[str] = []
        self.unclosed: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.unclosed += self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of what the element refers to."""
        said = {name: value or "" for name, value in attrs}
        if tag not in _VOID:
            self._open.append(tag)
        if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            self.headings.append(int(tag[1]))
        if "id" in said:
            self.ids[said["id"]] += 1
        if tag in ("a", "link") and "href" in said:
            self.links.append(said["href"])
        if tag in ("script", "img") and "src" in said:
            self.links.append(said["src"])
        for name in ("for", "aria-labelledby", "aria-describedby", "aria-controls"):
            self.refers += said.get(name, "").split()
        self.forbidden += [
            f"{tag} {name}" for name in said if name == "style" or name.startswith("on")
        ]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of an element that has no inside."""
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        """Close an element; what was left open inside of it is a fault, but for `p` and `li`."""
        if tag in _VOID or tag not in self._open:
            return
        while (last := self._open.pop()) != tag:
            self.unclosed.append(last)


def crawled(served: Served, first: str = "/") -> dict[str, Read]:
    """Return every page that can be reached by links from the first one, by address."""
    found: dict[str, Read] = {}
    queue = [first]
    while queue:
        path = queue.pop()
        if path in found:
            continue
        answer = served.ask(path)
        is_page = answer.kind.startswith("text/html")
        found[path] = Read(path, answer.status, answer.text if is_page else "")
        queue += (each for each in _inside(found[path]) if each not in found)
    return found


def faults(page: Read) -> Iterator[str]:
    """Tell what is wrong with a page."""
    if page.status != 200:
        yield f"it answers {page.status}"
    yield from (f"the id {name} is there {n} times" for name, n in page.ids.items() if n > 1)
    yield from (
        f"it refers to {name}, which is not there" for name in page.refers if name not in page.ids
    )
    yield from (f"it has the attribute {each}" for each in page.forbidden)
    yield from (f"a <{tag}> is left open" for tag in page.unclosed)
    if page.headings and (page.headings[0] != 1 or page.headings.count(1) != 1):
        yield f"its headings are {page.headings}"
    if any(now > before + 1 for before, now in zip(page.headings, page.headings[1:], strict=False)):
        yield f"its headings leave out a level: {page.headings}"
    for link in page.links:
        whole = urljoin(page.path, link)
        part = urldefrag(whole).fragment
        if part and urldefrag(whole).url == page.path and part not in page.ids:
            yield f"it links to #{part}, which is not there"


def _inside(page: Read) -> Iterator[str]:
    for link in page.links:
        whole = urldefrag(urljoin(page.path, link)).url
        parts = urlsplit(whole)
        if parts.scheme or parts.netloc or len(parts.query) > 60:
            continue
        # A few words of a query are followed, their combinations are not.
        if parts.query.count("&") > 0 or (parts.query and urlsplit(page.path).query):
            continue
        if whole == "/" or not whole.startswith(_APART) or whole == "/events":
            yield whole
