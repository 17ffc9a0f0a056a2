"""YAML as a small tree of nodes that remember where they stand, read through a guard.

The parser's events are checked one by one and built into nodes without recursion, so nothing in a
file can exhaust the stack, the memory or the patience of its reader: depth, nodes, aliases and
what the aliases expand to are bounded, an alias inside its own anchor is refused, and so is every
tag but `!!str`, `!!seq` and `!!map`. Mappings keep their entries in order; a key given twice is an
error that names both places, and the first one counts.

Scalars stay text here, with their style; `freshline.declare.scalars` says what they mean under the
core schema of YAML 1.2.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from freshline.declare import traps
from freshline.declare.report import Report, Stretch
from freshline.declare.text import quoted

if TYPE_CHECKING:
    from yaml import CSafeLoader

MAX_DEPTH = 64
MAX_NODES = 200_000
MAX_ALIASES = 1_000

_TAGS = "tag:yaml.org,2002:"
_SCALAR_TAGS = frozenset({None, "!", _TAGS + "str"})
_SEQUENCE_TAGS = frozenset({None, "!", _TAGS + "seq"})
_MAPPING_TAGS = frozenset({None, "!", _TAGS + "map"})
# NEL, LS and PS are line breaks to the parser but not to editors: lines would be miscounted.
_FORBIDDEN = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


class Scalar(NamedTuple):
    """A single value as text; `style` is '' for a plain one, else the character that marks it."""

    start: int
    end: int
    text: str
    style: str = ""


class Sequence(NamedTuple):
    """A list."""

    start: int
    end: int
    items: "tuple[Node, ...]"


class Entry(NamedTuple):
    """One key of a mapping with its value."""

    key: Scalar
    value: "Node"


class Mapping(NamedTuple):
    """Keys with values, in the order written, each key once."""

    start: int
    end: int
    entries: tuple[Entry, ...]


Node = Scalar | Sequence | Mapping


def compose(report: Report, start: int = 0, end: int | None = None) -> Node | None:
    """Return the tree of the YAML in text[start:end], None where there is none or it is broken.

    Whatever is wrong is in the report. Offsets of the nodes count from the beginning of the file.
    """
    text = report.text.text[start:end]
    if (forbidden := _FORBIDDEN.search(text)) is not None:
        at = start + forbidden.start()
        character = f"U+{ord(forbidden[0]):04X}"
        report.error("E101", Stretch(at, at + 1), f"YAML cannot hold {character}", "remove it")
        return None
    from yaml import CSafeLoader, YAMLError  # 20 ms that a project of bare SQL need not pay

    loader = CSafeLoader(text)
    composer = _Composer(report, start)
    try:
        return composer.run(loader)
    except _Refused as refused:
        report.error("E108", refused.place, refused.message, refused.fix)
    except YAMLError as error:
        place, message, fix = traps.explain(error, text, composer.last, composer.in_flow)
        place = Stretch(place.start + start, place.end + start)
        report.error("E108", place, message, fix)
    finally:
        loader.dispose()
    return None


class _Refused(Exception):
    """The file goes no further: something in it is not allowed."""

    def __init__(self, place: Stretch, message: str, fix: str) -> None:
        super().__init__(message)
        self.place = place
        self.message = message
        self.fix = fix


class _Mark(Protocol):
    index: int


class _Event(Protocol):
    """What the events of PyYAML carry, each kind its part of it."""

    start_mark: _Mark
    end_mark: _Mark
    anchor: str | None
    tag: str | None
    value: str
    style: str
    flow_style: bool


class _Frame:
    """A collection that is still open; a mapping has `keys`, a sequence has none."""

    __slots__ = ("anchor", "entries", "in_flow", "items", "key", "keys", "size_before", "start")

    def __init__(self, start: int, keys: dict[str, Scalar] | None, anchor: str | None) -> None:
        self.start = start
        self.keys = keys
        self.anchor = anchor
        self.in_flow = False
        self.size_before = 0
        self.key: Scalar | None = None
        self.items: list[Node] = []
        self.entries: list[Entry] = []


class _Composer:
    """Builds nodes from events; `last` is the scalar read last, by offsets within the YAML."""

    def __init__(self, report: Report, base: int) -> None:
        self.report = report
        self.base = base
        self.last: tuple[int, int] | None = None
        self._stack = [_Frame(base, None, None)]
        # Each anchor's node with the number of nodes in it; None while it is still open.
        self._anchors: dict[str, tuple[Node, int] | None] = {}
        self._documents = 0
        self._size = 0
        self._aliases = 0

    @property
    def in_flow(self) -> bool:
        """Whether the event read last lies inside [ ] or { }."""
        return self._stack[-1].in_flow

    def run(self, loader: "CSafeLoader") -> Node | None:
        handlers: dict[str, Callable[[_Event], None]] = {
            "ScalarEvent": self._scalar,
            "MappingStartEvent": self._open_mapping,
            "SequenceStartEvent": self._open_sequence,
            "MappingEndEvent": self._close,
            "SequenceEndEvent": self._close,
            "AliasEvent": self._alias,
            "DocumentStartEvent": self._document,
        }
        next_event = cast("Callable[[], _Event | None]", loader.get_event)
        while (event := next_event()) is not None:
            handle = handlers.get(type(event).__name__)
            if handle is not None:
                handle(event)
        root = self._stack[0].items
        return root[0] if root else None

    def _document(self, event: _Event) -> None:
        self._documents += 1
        if self._documents > 1:
            raise _Refused(
                self._place(event),
                "a second YAML document begins here; a file holds one",
                "remove the `---`, or move what follows to a file of its own",
            )

    def _place(self, event: _Event) -> Stretch:
        return Stretch(self.base + event.start_mark.index, self.base + event.end_mark.index)

    def _scalar(self, event: _Event) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        self.last = (start, end)
        style = event.style
        if event.tag is not None:
            if event.tag not in _SCALAR_TAGS:
                raise self._foreign_tag(event)
            style = style or "!"
        if "\0" in event.value:
            raise _Refused(self._place(event), "a text cannot hold NUL", "remove the `\\0`")
        node = Scalar(self.base + start, self.base + end, event.value, style)
        self._count(node, 1)
        if event.anchor is not None:
            self._anchors[event.anchor] = (node, 1)
        self._add(node)

    def _open_mapping(self, event: _Event) -> None:
        self._open(event, _MAPPING_TAGS, {})

    def _open_sequence(self, event: _Event) -> None:
        self._open(event, _SEQUENCE_TAGS, None)

    def _open(
        self, event: _Event, tags: frozenset[str | None], keys: dict[str, Scalar] | None
    ) -> None:
        if event.tag not in tags:
            raise self._foreign_tag(event)
        place = self._place(event)
        if len(self._stack) > MAX_DEPTH:
            raise _Refused(place, f"YAML nested more than {MAX_DEPTH} deep", "flatten it")
        frame = _Frame(place.start, keys, event.anchor)
        frame.in_flow = event.flow_style
        frame.size_before = self._size
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._stack.append(frame)
        self._count(place, 1)

    def _close(self, event: _Event) -> None:
        frame = self._stack.pop()
        end = self.base + event.end_mark.index
        node: Node
        if frame.keys is None:
            items = self._rejoin(frame.items, 1) if frame.in_flow else frame.items
            node = Sequence(frame.start, end, tuple(items))
        else:
            entries = self._rejoined_entries(frame.entries) if frame.in_flow else frame.entries
            node = Mapping(frame.start, end, tuple(entries))
        if frame.anchor is not None:
            self._anchors[frame.anchor] = (node, self._size - frame.size_before)
        self._add(node)

    def _alias(self, event: _Event) -> None:
        place, name = self._place(event), event.anchor
        self._aliases += 1
        if self._aliases > MAX_ALIASES:
            raise _Refused(place, f"more than {MAX_ALIASES:,} aliases", "write the values out")
        if name is None or name not in self._anchors:
            start = event.start_mark.index
            text = self.report.text.text[self.base :]
            raise _Refused(
                place,
                "this is an alias, and nothing above is anchored by that name",
                f"write {traps.quoted_rest(text, start, self.in_flow)} if it is meant as text",
            )
        known = self._anchors[name]
        if known is None:
            raise _Refused(
                place, "this alias stands inside what it stands for", "write the value out"
            )
        node, size = known
        self._count(place, size)
        self._add(node)

    def _add(self, node: Node) -> None:
        frame = self._stack[-1]
        if frame.keys is None:
            frame.items.append(node)
            return
        key = frame.key
        if key is None:
            if not isinstance(node, Scalar):
                place = Stretch(node.start, node.end)
                message = "a key must be a single word, not a collection"
                raise _Refused(place, message, "write `key: value`; quote it if it is text")
            frame.key = node
            return
        frame.key = None
        if key.text in frame.keys:
            first = frame.keys[key.text]
            self.report.error(
                "E109",
                key,
                f"{quoted(key.text)} is given twice",
                f"keep one of the two: line {self.report.span(first).line} has the other",
                related=((self.report.span(first), "first given here"),),
                belongs=first,
            )
        else:
            frame.keys[key.text] = key
            frame.entries.append(Entry(key, node))

    def _count(self, place: Scalar | Stretch, size: int) -> None:
        self._size += size
        if self._size > MAX_NODES:
            raise _Refused(
                Stretch(place.start, place.end),
                f"more than {MAX_NODES:,} values, counting what aliases stand for",
                "split the file",
            )

    def _foreign_tag(self, event: _Event) -> _Refused:
        tag = str(event.tag).replace(_TAGS, "!!")
        return _Refused(
            self._place(event),
            f"the tag {quoted(tag)} means nothing here",
            "remove it, or quote the value if it is meant as text",
        )

    def _rejoin(self, parts: list[Node], step: int) -> list[Node]:
        """Put `{a: decimal(18,2)}` together again, which YAML takes apart at the comma silently.

        `parts` are the items of a list (step 1), or keys and values by turns (step 2).
        """
        joined: list[Node] = []
        position = 0
        while position < len(parts):
            part = parts[position]
            joined.append(part)
            position += 1
            depth = _unclosed(part) if step == 1 or position % 2 == 0 else 0
            for following in range(position, len(parts), step) if depth > 0 else ():
                closing = parts[following]
                depth += _unclosed(closing)
                if depth <= 0 and closing.end > part.start:
                    joined[-1] = self._rejoined(Stretch(part.start, closing.end))
                    position = following + step
                    break
            else:
                if depth > 0:  # never closed: to look on would cost the square of the length
                    return joined + parts[position:]
        return joined

    def _rejoined_entries(self, entries: list[Entry]) -> list[Entry]:
        parts = self._rejoin([part for entry in entries for part in entry], 2)
        if len(parts) == 2 * len(entries):
            return entries
        pairs = zip(parts[::2], parts[1::2], strict=True)
        return [Entry(key, value) for key, value in pairs if isinstance(key, Scalar)]

    def _rejoined(self, place: Stretch) -> Scalar:
        whole = self.report.text.text[place.start : place.end]
        message = "YAML ends this value at the comma inside its parentheses"
        fix = f'write "{whole}"' if len(whole) <= 200 else "put it in double quotes"
        self.report.error("E108", place, message, fix)
        return Scalar(place.start, place.end, whole, '"')


def _unclosed(node: Node) -> int:
    if not isinstance(node, Scalar) or node.style:
        return 0
    return node.text.count("(") - node.text.count(")")
