"""What the YAML parser stumbles over, said in plain words, with the exact text to write instead."""

import re
from typing import TYPE_CHECKING, NamedTuple

from freshline.declare.report import Stretch

if TYPE_CHECKING:
    from yaml import YAMLError

_REFERENCE = re.compile(r"\$\{[^}\n]*\}")
_LONGEST_REPAIR = 200
_LONGEST_KEY = 1_024
_END_IN_FLOW = re.compile(r"[,\]}\n]")
_COMMENT = re.compile(r"[ \t]#")
_QUOTE_ME = "`*`, `&`, `@`, `%`, `>`, `|` and a backtick mean something at the start of a value"


class Explanation(NamedTuple):
    """Where, what, and the way out."""

    place: Stretch
    message: str
    fix: str


# The parser's own words, where its problem is clear from them: (message, fix).
_PLAIN = {
    "did not find expected key": (
        "this line fits none of the indentations above it",
        "align it with the keys it belongs to; a value of several lines needs `|` or quotes",
    ),
    "did not find expected '-' indicator": (
        "a list stands above, and this is not an item of it",
        "begin the line with `- `, or indent it like the key that the list belongs to",
    ),
    "did not find expected ',' or ']'": ("the list `[` is not closed", "end it with `]`"),
    "did not find expected ',' or '}'": ("the mapping `{` is not closed", "end it with `}`"),
    "did not find expected node content": (
        "a value was expected here",
        "quote the value if it is meant as text",
    ),
    "could not find expected ':'": (
        "this line is neither a `key: value` nor part of a value",
        "put `: ` behind the key; a value of several lines needs `|` or quotes",
    ),
    "found unexpected end of stream": (
        "the quote that opens here is never closed",
        "close it with the same quote",
    ),
    "found unexpected document indicator": (
        "the quote that opens here is never closed",
        "close it with the same quote",
    ),
    "mapping keys are not allowed in this context": (
        "a key cannot begin here",
        "put it on a line of its own; quote `? ` if it is meant as text",
    ),
    "found unknown escape character": (
        "a backslash begins an escape inside double quotes, and this is none",
        "use single quotes, or write the backslash twice",
    ),
    "block sequence entries are not allowed in this context": (
        "a list cannot begin here",
        "put `- ` on a line of its own below the key",
    ),
    "did not find expected <document start>": (
        "the YAML has ended above, and this is not part of it",
        "align it with the keys above",
    ),
}
# The parser took the first character of a value for an alias, an anchor, a directive or a block.
_MISTAKEN = (
    "could not find expected directive name",
    "did not find expected alphabetic or numeric",
    "did not find expected comment or line break",
    "found an indentation indicator equal to 0",
    "found unexpected non-alphabetical character",
    "found unknown directive name",
)
# Better shown where they began than where they were noticed; so is all that ends with the file.
_AT_THE_BEGINNING = frozenset(
    {
        "could not find expected ':'",
        "found unexpected document indicator",
        "found unexpected end of stream",
    }
)


def explain(
    error: "YAMLError", text: str, last: tuple[int, int] | None, in_flow: bool
) -> Explanation:
    """Return a parser's error in plain words; `last` is the scalar read before it."""
    problem = str(getattr(error, "problem", None) or "")
    at = _offset(error, "problem_mark", len(text))
    began = _offset(error, "context_mark", at)
    if in_flow and last is not None and text[at - 1 : at + 1] == "${":
        return _reference_in_flow(text, last[0])
    if any(problem.startswith(beginning) for beginning in _MISTAKEN):
        return _quote_me(text, began, in_flow)
    if problem.startswith("found character that cannot start any token"):
        if text[at : at + 1] == "\t":
            return _tab(at)
        return _quote_me(text, at, in_flow)
    if "found a tab character" in problem:
        return _tab(at)
    if problem.startswith("mapping values are not allowed"):
        return _second_colon(text, at)
    if problem in _PLAIN:
        message, fix = _PLAIN[problem]
        is_left_open = problem.startswith("did not find expected ','") and "\n" in text[began:at]
        if problem in _AT_THE_BEGINNING or is_left_open or at >= len(text.rstrip()):
            at = began
        return Explanation(_rest_of_line(text, at), message, fix)
    return Explanation(
        Stretch(at, at + 1),
        f"this is not YAML: {problem or error}",
        "quote the value if it is meant as text",
    )


def quoted_rest(text: str, start: int, in_flow: bool) -> str:
    """Return the plain value that begins at `start` in double quotes: what should be written."""
    value = text[start : _rest_of_line(text, start).end]
    if in_flow:
        value = re.split(r"[,\]}]", value, maxsplit=1)[0].rstrip()
    if len(value) > _LONGEST_REPAIR:
        return "it in double quotes"
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _offset(error: "YAMLError", name: str, otherwise: int) -> int:
    mark = getattr(error, name, None)
    return int(mark.index) if mark is not None else otherwise


def _rest_of_line(text: str, at: int) -> Stretch:
    line_end = text.find("\n", at)
    line_end = len(text) if line_end < 0 else line_end
    comment = _COMMENT.search(text, at, line_end)
    value = text[at : comment.start() if comment else line_end].rstrip()
    return Stretch(at, at + max(1, len(value)))


def _tab(at: int) -> Explanation:
    return Explanation(
        Stretch(at, at + 1), "a tab stands where YAML wants spaces", "indent with spaces"
    )


def _quote_me(text: str, at: int, in_flow: bool) -> Explanation:
    return Explanation(
        _rest_of_line(text, at), _QUOTE_ME, f"write {quoted_rest(text, at, in_flow)}"
    )


def _reference_in_flow(text: str, start: int) -> Explanation:
    found = _REFERENCE.search(text, start)
    end = found.end() if found else start + 1
    rest = _END_IN_FLOW.search(text, end)
    whole = text[start : rest.start() if rest else len(text)].rstrip()
    return Explanation(
        Stretch(start, start + len(whole)),
        "`${` inside [ ] or { } must stand in quotes: YAML takes its brace for a mapping",
        f'write "{whole}"' if len(whole) <= _LONGEST_REPAIR else "put it in double quotes",
    )


def _second_colon(text: str, at: int) -> Explanation:
    begin = text.rfind("\n", 0, at) + 1
    if at - begin > _LONGEST_KEY:
        message = f"a key of more than {_LONGEST_KEY:,} characters"
        return Explanation(_rest_of_line(text, begin), message, "shorten it")
    first = text.find(": ", begin, at)
    if first < 0:
        return Explanation(
            _rest_of_line(text, begin + len(text[begin:]) - len(text[begin:].lstrip(" "))),
            "this key is indented below a value",
            "indent it like the line above, or give the line above no value",
        )
    start = first + 2
    place = _rest_of_line(text, start)
    return Explanation(
        place,
        "this value holds a `: `, which begins another mapping",
        f"write {quoted_rest(text, start, False)}",
    )
