"""Selections: a small language that turns words into sets of asset keys.

    marts.daily  stg.*  *.orders    keys; `*` stands for any run of characters, dots included
    assets/stg/orders.sql           the assets of a file, or of every file below a folder
    tag:nightly  owner:d*  kind:table  group:marts  state:stale
    changed:stg.orders.amount       the assets that see this column, in whatever place of theirs
    +x  x+  +x+  2+x  x+1           with all upstream, all downstream, both, or so many edges away
    not x   x and y   x or y   x y   ( ... )

`not` binds before `and`, `and` before `or`; two words side by side mean `or`. A `+` stands directly
at its word. Words with blanks, brackets, `+` or `:` of their own stand in double quotes, in which
`""` is one quote. Whatever matches nothing is an error, also under `not`: a selection never says
less than it was meant to say. A value that exists but holds nothing, as `state:stale` may, is none.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias, assert_never

from freshline.errors import UsageError
from freshline.suggest import closest

_DEEPEST = 100
# Facets that are looked up only where they are asked for.
_ASKED_FOR = ("changed", "state")
# A `+` reaches up where a word follows it and none stands before it, down where it is the reverse.
_TOKEN = re.compile(
    r"""(?P<open>\() | (?P<close>\))
      | (?<![^\s(])(?P<up>[0-9]{0,6})\+(?=[^\s()+]|\()
      | (?<=[^\s(+])\+(?P<down>[0-9]{0,6})(?=[\s)]|$)
      | (?:(?P<method>[A-Za-z_]+):)? (?: "(?P<quoted>(?:[^"]|"")*)" | (?P<bare>[^\s()+"]+) )""",
    re.VERBOSE,
)
_OPERATORS = {word: word.lower() for word in ("and", "or", "not", "AND", "OR", "NOT")}
_FOREIGN = {"&": "and", "&&": "and", "|": "or", "||": "or", "!": "not", "-": "not"}
_NOT_A_PATTERN = re.compile(r'[\s()+":]|^[0-9]+$')
_NOT_A_VALUE = re.compile(r'[\s()+"]')


class Place(NamedTuple):
    """Where in a text something was written: what the caret of an error points at."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The assets whose key, or whose file, fits a pattern."""

    pattern: str
    place: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """The assets that something is said of: `tag:nightly`."""

    method: str
    value: str
    place: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """A selection and what lies within so many edges of it; None means any number of edges."""

    of: "Selection"
    up: int | None = 0
    down: int | None = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """All assets but those of a selection."""

    of: "Selection"


@dataclass(frozen=True, slots=True, kw_only=True)
class And:
    """The assets that all of two or more selections share."""

    parts: "tuple[Selection, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Or:
    """The assets of any of two or more selections."""

    parts: "tuple[Selection, ...]"


Selection: TypeAlias = Keys | Facet | Reach | Not | And | Or
# What stands without brackets behind a `+`, and what stands so behind `not` and beside `and`.
_WORDS = (Keys, Facet)
_TIGHT = (Keys, Facet, Reach, Not)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selectable:
    """What can be selected from: the keys, their edges, what is said of them, their files.

    `facets["tag"]["nightly"]` are the keys so tagged. A value without keys is known but empty.
    `files` maps each path as people may write it to the keys declared there.
    """

    keys: tuple[str, ...]
    upstream: Mapping[str, Collection[str]]
    downstream: Mapping[str, Collection[str]]
    facets: Mapping[str, Mapping[str, frozenset[str]]]
    files: Mapping[str, Collection[str]]


def parse(text: str) -> Selection:
    """Return the selection that a text describes; UsageError points at what cannot be read."""
    return _Parser(text).whole()


def render(selection: Selection) -> str:
    """Return a text that `parse` reads back as the same selection."""
    match selection:
        case Keys():
            return _quoted(selection.pattern, _NOT_A_PATTERN)
        case Facet():
            return f"{selection.method}:{_quoted(selection.value, _NOT_A_VALUE)}"
        case Reach():
            before = "" if selection.up == 0 and selection.down != 0 else _edges(selection.up) + "+"
            after = "" if selection.down == 0 else "+" + _edges(selection.down)
            return before + _inner(selection.of, _WORDS) + after
        case Not():
            return "not " + _inner(selection.of, _TIGHT)
        case And():
            return " and ".join(_inner(p, _TIGHT) for p in selection.parts)
        case Or():
            return " or ".join(_inner(p, (*_TIGHT, And)) for p in selection.parts)
        case _:
            assert_never(selection)


def resolve(selection: Selection, subject: Selectable) -> frozenset[str]:
    """Return the keys that a selection means; UsageError where a part of it matches nothing."""
    match selection:
        case Keys():
            return _matching(selection, subject)
        case Facet():
            return _said(selection, subject)
        case Reach():
            start = resolve(selection.of, subject)
            above = _within(start, subject.upstream, selection.up)
            return above | _within(start, subject.downstream, selection.down)
        case Not():
            return frozenset(subject.keys) - resolve(selection.of, subject)
        case And():
            first, *others = (resolve(part, subject) for part in selection.parts)
            return first.intersection(*others)
        case Or():
            return frozenset[str]().union(*(resolve(part, subject) for part in selection.parts))
        case _:
            assert_never(selection)


def _matching(words: Keys, subject: Selectable) -> frozenset[str]:
    pattern = words.pattern
    found: list[str] = []
    if "/" not in pattern:
        found = _fitting(pattern, subject.keys)
    if not found:
        path = pattern.removeprefix("./").rstrip("/")
        files = (*_fitting(path, subject.files), *_fitting(f"{path}/*", subject.files))
        found = [key for file in files for key in subject.files[file]]
    if found:
        return frozenset(found)
    raise _error(f'nothing is called "{pattern}"', words, _advice(pattern, subject))


def _advice(pattern: str, subject: Selectable) -> str:
    if pattern in _FOREIGN:
        return f'write "{_FOREIGN[pattern]}"'
    if "," in pattern:
        return 'put a blank or "and" in place of the comma'
    near = closest(pattern, (*subject.keys, *subject.files))
    if near:
        return f'did you mean "{near[0]}"?'
    if "/" in pattern:
        return "paths are written from the project's root"
    return 'keys look like "marts.daily"; `*` stands for any run of characters'


def _said(facet: Facet, subject: Selectable) -> frozenset[str]:
    values = subject.facets.get(facet.method)
    if values is None:
        methods = sorted({*subject.facets, *_ASKED_FOR})
        near = closest(facet.method, methods)
        meant = f'did you mean "{near[0]}:"? ' if near else ""
        known = ", ".join(f"{method}:" for method in methods)
        raise _error(f'cannot select by "{facet.method}:"', facet, f"{meant}there are {known}")
    # The case of columns does not count, and keys are in lower case.
    value = facet.value.lower() if facet.method == "changed" else facet.value
    found = _fitting(value, values)
    if not found:
        near = closest(facet.value, values)
        known = ", ".join(sorted(values)[:10]) or "none"
        help = f'did you mean "{near[0]}"?' if near else f"known: {known}"
        sentence = f'no asset has {facet.method} "{facet.value}"'
        if facet.method == "changed":
            sentence = f'there is no column "{facet.value}"'
        raise _error(sentence, facet, help)
    return frozenset[str]().union(*(values[value] for value in found))


def _fitting(pattern: str, names: Collection[str]) -> list[str]:
    if "*" not in pattern:
        return [pattern] if pattern in names else []
    first, *inner, last = map(re.escape, re.split(r"\*+", pattern))
    # Atomic: the first place that fits is as good as any, so no pattern can take long to fail.
    steps = "".join(f"(?>.*?{part})" for part in inner)
    fits = re.compile(f"{first}{steps}.*{last}", re.DOTALL)
    return [name for name in names if fits.fullmatch(name)]


def _within(
    start: frozenset[str], edges: Mapping[str, Collection[str]], depth: int | None
) -> frozenset[str]:
    reached, frontier = set(start), start
    while frontier and depth != 0:
        frontier = frozenset(k for key in frontier for k in edges.get(key, ())) - reached
        reached |= frontier
        depth = None if depth is None else depth - 1
    return frozenset(reached)


def _quoted(text: str, specials: re.Pattern[str]) -> str:
    if text and text not in _OPERATORS and not specials.search(text):
        return text
    return '"' + text.replace('"', '""') + '"'


def _edges(depth: int | None) -> str:
    return "" if depth is None else str(depth)


def _inner(selection: Selection, plain: tuple[type[Selection], ...]) -> str:
    text = render(selection)
    return text if isinstance(selection, plain) else f"({text})"


def _error(sentence: str, at: Keys | Facet, help: str) -> UsageError:
    text = render(at)
    return _pointing(sentence, at.place or Place(text, 0, len(text)), help)


def _pointing(sentence: str, place: Place, help: str) -> UsageError:
    line = re.sub(r"\s", " ", place.text)
    caret = " " * place.start + "^" * max(1, place.end - place.start)
    return UsageError(f"{sentence}\n  {line}\n  {caret}", help=help)


class _Token(NamedTuple):
    kind: str
    place: Place
    text: str = ""
    method: str = ""


def _tokens(text: str) -> tuple[_Token, ...]:
    """Return the tokens of a text; the last one is always its end."""
    found: list[_Token] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        match = _TOKEN.match(text, at)
        if match is None:
            raise _unreadable(Place(text, at, at + 1))
        token = _token(match, Place(text, at, match.end()))
        stuck = token.kind in ("word", "open") and found and found[-1].place.end == at
        if stuck and found[-1].kind in ("word", "close"):
            raise _pointing("two words stick together here", token.place, "put a blank between")
        found.append(token)
        at = match.end()
    return (*found, _Token("end", Place(text, len(text), len(text))))


def _token(match: re.Match[str], place: Place) -> _Token:
    kind, text = match.lastgroup or "", match[match.lastgroup or 0]
    if kind == "quoted":
        return _Token("word", place, text.replace('""', '"'), match["method"] or "")
    if kind == "bare":
        method = match["method"] or ""
        if not method and text in _OPERATORS:
            return _Token(_OPERATORS[text], place)
        if place.text[place.end : place.end + 1] == '"' and text.endswith(":"):
            raise _unreadable(Place(place.text, place.end, place.end + 1))
        if not method and ":" in text:
            help = "write it as tag:nightly, or in double quotes"
            raise _pointing('a ":" stands between a name and a value', place, help)
        return _Token("word", place, text, method)
    return _Token(kind, place, text)


def _unreadable(place: Place) -> UsageError:
    if place.text[place.start] == '"':
        return _pointing("this quote is never closed", place, "")
    help = 'write "2+x" or "x+2" without blanks; two words need a blank or "and" between them'
    return _pointing("this + stands neither before a word nor behind one", place, help)


class _Parser:
    """Recursive descent over the tokens of one text."""

    def __init__(self, text: str) -> None:
        self.tokens = _tokens(text)
        self.at = 0
        self.depth = 0

    def whole(self) -> Selection:
        if len(self.tokens) == 1:
            raise self.error("the selection is empty", "leave it out to select everything")
        selection = self.any_of()
        if self.next.kind != "end":
            raise self.error('there is no "(" for this ")"')
        return selection

    def any_of(self) -> Selection:
        parts = [self.all_of()]
        while self.next.kind not in ("end", "close"):
            if self.next.kind == "or":
                self.take()
            parts.append(self.all_of())
        return parts[0] if len(parts) == 1 else Or(parts=tuple(parts))

    def all_of(self) -> Selection:
        parts = [self.negated()]
        while self.next.kind == "and":
            self.take()
            parts.append(self.negated())
        return parts[0] if len(parts) == 1 else And(parts=tuple(parts))

    def negated(self) -> Selection:
        if self.next.kind != "not":
            return self.reaching()
        self.enter()
        inner = self.negated()
        self.depth -= 1
        return Not(of=inner)

    def reaching(self) -> Selection:
        up = down = None
        if self.next.kind == "up":
            up = self.take()
        inner = self.atom()
        if self.next.kind == "down":
            down = self.take()
        if up is None and down is None:
            return inner
        return Reach(of=inner, up=_depth(up), down=_depth(down))

    def atom(self) -> Selection:
        token = self.next
        if token.kind == "word":
            self.take()
            if token.method:
                return Facet(method=token.method, value=token.text, place=token.place)
            return Keys(pattern=token.text, place=token.place)
        if token.kind != "open":
            raise self.error("a word or a bracket is missing here")
        self.enter()
        inner = self.any_of()
        if self.next.kind != "close":
            raise _pointing("this bracket is never closed", token.place, "")
        self.take()
        self.depth -= 1
        return inner

    @property
    def next(self) -> _Token:
        return self.tokens[self.at]

    def take(self) -> _Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def enter(self) -> None:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self.error(f"brackets and nots lie more than {_DEEPEST} deep")
        self.take()

    def error(self, sentence: str, help: str = "") -> UsageError:
        return _pointing(sentence, self.next.place, help)


def _depth(token: _Token | None) -> int | None:
    if token is None:
        return 0
    return int(token.text) if token.text else None
