"""A page as a test sees it: its elements in order, parsed by rules of its own and no library's."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}


@dataclass(slots=True)
class Element:
    """An element with its attributes, its text and what lies within."""

    name: str
    attributes: dict[str, str]
    parent: "Element | None" = None
    parts: list["Element | str"] = field(default_factory=list["Element | str"])

    @property
    def children(self) -> list["Element"]:
        """The elements right below."""
        return [part for part in self.parts if isinstance(part, Element)]

    @property
    def content(self) -> str:
        """All text within, as it stands."""
        return "".join(part if isinstance(part, str) else part.content for part in self.parts)

    @property
    def text(self) -> str:
        """All text within, as one line."""
        return " ".join(self.content.split())

    def all(self, name: str = "", **attributes: str) -> list["Element"]:
        """Return the elements within, at any depth, of a name and with these attributes.

        `class_` is one of the classes; in other names `_` stands for a dash.
        """
        return [e for e in self.within() if (not name or e.name == name) and e.has(**attributes)]

    def one(self, name: str = "", **attributes: str) -> "Element":
        """Return the only such element."""
        found = self.all(name, **attributes)
        assert len(found) == 1, f"{len(found)} of {name} {attributes}"
        return found[0]

    def within(self) -> Iterator["Element"]:
        """Yield the elements within, in order."""
        for child in self.children:
            yield child
            yield from child.within()

    def has(self, **attributes: str) -> bool:
        """Say whether the element has these attributes."""
        for name, value in attributes.items():
            if name == "class_":
                if value not in self.attributes.get("class", "").split():
                    return False
            elif self.attributes.get(name.replace("_", "-")) != value:
                return False
        return True


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self.here = self.root

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"<{tag}> says something twice"
        element = Element(tag, {name: value or "" for name, value in attrs}, self.here)
        self.here.parts.append(element)
        if tag not in VOID:
            self.here = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.here.parts.append(Element(tag, {n: v or "" for n, v in attrs}, self.here))

    def handle_endtag(self, tag: str) -> None:
        assert self.here.name == tag, f"</{tag}> where <{self.here.name}> is open"
        assert self.here.parent is not None
        self.here = self.here.parent

    def handle_data(self, data: str) -> None:
        self.here.parts.append(data)


def parsed(text: str) -> Element:
    """Return the root of a page; every element that is opened must be closed in its place."""
    builder = _Builder()
    builder.feed(text)
    builder.close()
    assert builder.here is builder.root, f"<{builder.here.name}> is never closed"
    return builder.root


def faults(page: Element) -> list[str]:
    """Return what no page may have, whatever it is about: sentences, none where all is well."""
    found: list[str] = []
    ids = [e.attributes["id"] for e in page.within() if "id" in e.attributes]
    found += [
        f"the id {name} is there twice" for name in sorted({i for i in ids if ids.count(i) > 1})
    ]
    for element in page.within():
        for name, value in element.attributes.items():
            if name == "style" or name.startswith("on"):
                found.append(f"<{element.name}> has {name}={value!r}")
            if name in ("href", "src", "action") and ":" in value.split("/")[0].split("?")[0]:
                if not value.startswith(("http://", "https://", "mailto:")):
                    found.append(f"<{element.name}> leads to {value!r}")
        if element.name == "script" and (element.text or "src" not in element.attributes):
            found.append("a script stands in the page")
        if element.name in ("style", "iframe", "object", "embed"):
            found.append(f"there is a <{element.name}>")
        if element.name in ("a", "button") and not _named(element):
            found.append(f"a <{element.name}> has no name: {element.attributes}")
        if element.name == "img" and "alt" not in element.attributes:
            found.append("a picture has no words")
        if element.name == "input" and not _labelled(element, page):
            found.append(f"a field has no label: {element.attributes}")
        if element.name == "table" and not element.all("caption"):
            found.append("a table has no caption")
        if element.name == "th" and "scope" not in element.attributes:
            found.append(f"the heading {element.text!r} says not whose it is")
    return [*found, *_structure(page)]


def _structure(page: Element) -> Iterator[str]:
    if len(page.all("main")) != 1 or len(page.all("h1")) != 1:
        yield f"{len(page.all('main'))} main, {len(page.all('h1'))} h1"
    level = 0
    for element in page.within():
        if element.name in ("h1", "h2", "h3", "h4", "h5", "h6"):
            step = int(element.name[1])
            if step > level + 1 and level:
                yield f"<{element.name}> {element.text!r} follows a h{level}"
            level = step


def _named(element: Element) -> bool:
    titles = [e for e in element.within() if e.name == "title"]
    return bool(element.text or titles or element.attributes.get("aria-label"))


def _labelled(field_: Element, page: Element) -> bool:
    if field_.attributes.get("type") in ("hidden", "submit") or "aria-label" in field_.attributes:
        return True
    if any(field_ in label.within() for label in page.all("label")):
        return True
    return bool(page.all("label", **{"for": field_.attributes.get("id", " ")}))
