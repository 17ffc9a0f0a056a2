"""Mappings of a project file taken apart by rules: which keys there are, and what each may hold.

A reader is a function of the report and an entry that returns the entry's value, or reports what is
wrong and returns None. A key that is given as `null` counts as given and reads as None.
"""

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from freshline.declare import scalars, source
from freshline.declare.paths import better_segments
from freshline.declare.report import Placed, Report
from freshline.declare.scalars import Meaning
from freshline.declare.text import quoted
from freshline.keys import key_problem
from freshline.suggest import closest

T = TypeVar("T")
Reader = Callable[[Report, source.Entry], T | None]

_SETTING = re.compile(r"[a-z_][a-z0-9_]*")
LATER = "is not available in this version of Freshline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What a section may hold: keys known now, keys of later versions, and where others belong.

    `elsewhere` maps a key that people bring along to the sentence that says what to write instead.
    """

    section: str
    known: tuple[str, ...]
    later: frozenset[str] = frozenset()
    elsewhere: dict[str, str] = field(default_factory=dict[str, str])


class Section:
    """A mapping whose keys are known; what is not known has been reported."""

    def __init__(self, report: Report, node: source.Mapping, keys: Keys) -> None:
        self.report = report
        self.node = node
        self.keys = keys
        self._entries: dict[str, source.Entry] = {}
        for entry in node.entries:
            name = entry.key.text
            if name in keys.known:
                self._entries[name] = entry
            else:
                unknown_key(report, entry.key, keys)

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def entry(self, name: str) -> source.Entry | None:
        """Return an entry that is given and not null."""
        entry = self._entries.get(name)
        return None if entry is None or scalars.is_null(entry.value) else entry

    def get(self, name: str, read: Reader[T]) -> T | None:
        """Return what a key holds; None where it is absent, null or wrong."""
        entry = self.entry(name)
        return None if entry is None else read(self.report, entry)


def unknown_key(report: Report, key: source.Scalar, keys: Keys) -> None:
    """Report a key that a section does not know: of a later version, of another tool, or a typo."""
    name = key.text
    if name in keys.later:
        report.error("E104", key, f"`{name}` {LATER}", f"remove it from this {keys.section}")
        return
    if name == "<<":
        message = "merge keys are not part of YAML 1.2"
        report.error("E102", key, message, "write the keys out, or put them under `defaults:`")
        return

    def fix() -> str:
        candidates = (*keys.known, *sorted(keys.later))
        return (
            keys.elsewhere.get(name)
            or did_you_mean(name, candidates)
            or f"this {keys.section} knows: {', '.join(keys.known)}"
        )

    report.error("E102", key, f"unknown key {quoted(name)} in this {keys.section}", fix)


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """Return the sentence that proposes the nearest candidate; empty where none is near."""
    near = closest(word, candidates)
    return f'did you mean "{near[0]}"?' if near else ""


def wrong(report: Report, entry: source.Entry, expected: str, fix: str) -> None:
    """Report a value of the wrong kind."""
    name = quoted(entry.key.text)[1:-1]
    message = f"`{name}` must be {expected}, not {described(entry.value)}"
    report.error("E105", place_of(entry), message, fix)


def place_of(entry: source.Entry) -> Placed:
    """Return where to point for a value: at itself, or at its key where it is a whole block."""
    is_short = isinstance(entry.value, source.Scalar) and entry.value.style not in ("|", ">")
    return entry.value if is_short and entry.value.end > entry.value.start else entry.key


def described(node: source.Node) -> str:
    """Return what a node is, in the words of messages."""
    match node:
        case source.Mapping():
            return "a mapping"
        case source.Sequence():
            return f"a list of {len(node.items)}" if node.items else "an empty list"
        case source.Scalar():
            what = scalars.meaning(node)
            if what is Meaning.NULL:
                return "empty"
            return (
                f"the text {quoted(node.text)}" if what is Meaning.TEXT else quoted(node.text)[1:-1]
            )


def text(report: Report, entry: source.Entry) -> str | None:
    """Read a single value as text, whatever else it looks like: `description: 2024` is fine."""
    if isinstance(entry.value, source.Scalar):
        return entry.value.text
    wrong(report, entry, "text", "write it in one piece; text of several lines stands below `|`")
    return None


def read_truth(report: Report, entry: source.Entry) -> bool | None:
    """Read `true` or `false`."""
    if isinstance(entry.value, source.Scalar) and scalars.meaning_of(entry.value) is Meaning.BOOL:
        return scalars.truth(entry.value)
    wrong(report, entry, "true or false", f"write `{entry.key.text}: true`")
    return None


def read_key(report: Report, entry: source.Entry) -> str | None:
    """Read the key of an asset or source."""
    key = text(report, entry)
    return key if key is not None and check_key(report, entry.value, key) else None


def check_key(report: Report, place: Placed, key: str) -> bool:
    """Say whether a text is a key; report it with the nearest key if not."""
    problem = key_problem(key)
    if problem is not None:
        better = ".".join(better_segments(key.split(".")))
        report.error("E103", place, problem, f"write for instance {better}")
    return problem is None


def word(pattern: str, expected: str, example: str) -> Reader[str]:
    """Return a reader of text that must match a pattern as a whole."""
    compiled = re.compile(pattern)

    def read(report: Report, entry: source.Entry) -> str | None:
        if isinstance(entry.value, source.Scalar) and compiled.fullmatch(entry.value.text):
            return entry.value.text
        wrong(report, entry, expected, f"write for instance {example}")
        return None

    return read


def words(pattern: str, expected: str, example: str) -> Reader[tuple[str, ...]]:
    """Return a reader of a list of such words; a single one may stand without the list."""
    compiled = re.compile(pattern)

    def read(report: Report, entry: source.Entry) -> tuple[str, ...] | None:
        value = entry.value
        items = value.items if isinstance(value, source.Sequence) else (value,)
        found: list[str] = []
        for item in items:
            if isinstance(item, source.Scalar) and compiled.fullmatch(item.text):
                found.append(item.text)
            else:
                fix = f"write for instance {example}"
                wrong(report, source.Entry(entry.key, item), expected, fix)
        return tuple(dict.fromkeys(found))

    return read


def mapping(report: Report, entry: source.Entry) -> source.Mapping | None:
    """Read a mapping, to be taken apart further."""
    if isinstance(entry.value, source.Mapping):
        return entry.value
    wrong(report, entry, "a mapping of keys to values", "write `key: value` on the lines below it")
    return None


def data_mapping(report: Report, entry: source.Entry) -> dict[str, object] | None:
    """Read a mapping of anything as plain data."""
    node = mapping(report, entry)
    return None if node is None else {e.key.text: data(report, e) for e in node.entries}


def setting_mapping(
    report: Report, entry: source.Entry, fill: Callable[[source.Entry], source.Entry | None]
) -> dict[str, object] | None:
    """Read settings for somebody else's code: plain names with plain data.

    `fill` replaces the references in an entry, or reports what is wrong with them.
    """
    node = mapping(report, entry)
    if node is None:
        return None
    settings: dict[str, object] = {}
    for each in node.entries:
        name = each.key.text
        if not _SETTING.fullmatch(name):
            message = f"{quoted(name)} is no name of a setting"
            report.error("E105", each.key, message, 'use lower-case letters, digits and "_"')
        elif (filled := fill(each)) is not None:
            settings[name] = data(report, filled)
    return settings


def data(report: Report, entry: source.Entry) -> object:
    """Read anything as plain data: None, bool, int, float, str, lists and dicts of these."""
    node = entry.value
    match node:
        case source.Mapping():
            return {e.key.text: data(report, e) for e in node.entries}
        case source.Sequence():
            return [data(report, source.Entry(entry.key, item)) for item in node.items]
        case source.Scalar():
            return _plain(report, entry, node)


def _plain(report: Report, entry: source.Entry, node: source.Scalar) -> object:
    match scalars.meaning(node):
        case Meaning.TEXT:
            return node.text
        case Meaning.NULL:
            return None
        case Meaning.BOOL:
            return scalars.truth(node)
        case Meaning.INTEGER:
            value = scalars.integer(node)
            if value is None:
                wrong(report, entry, "a number of at most 64 bits", "quote it if it is text")
            return value
        case Meaning.FLOAT:
            number = float(node.text)
            if math.isfinite(number):
                return number
        case Meaning.NOT_FINITE:
            pass
    wrong(report, entry, "a finite number", "quote it if it is text")
    return None
