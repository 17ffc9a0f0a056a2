"""Syntax errors: what may be meant where DuckDB stops reading."""

import re

from freshline.suggest import closest

_WORDS = (
    *("select", "from", "where", "group", "order", "having", "limit", "join", "left", "inner"),
    *("union", "using", "distinct", "between", "values", "with", "case", "when", "then", "else"),
    *("qualify", "window", "partition", "exclude", "replace", "offset", "except", "intersect"),
)
_NEAR = re.compile(r'at or near "(.*)"', re.DOTALL)
_BEFORE = re.compile(r"(\w+)\W*$")
_STRINGS = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)
_NO_JINJA = (
    "this is not Jinja: name an upstream as it is, such as stg.orders; variables are ${var.x}"
)


def advice(text: str, offset: int, message: str) -> str:
    """Return what to do about a text that DuckDB stops reading at an offset, in its own words."""
    if text[offset : offset + 2] in ("{{", "{%"):
        return _NO_JINJA
    if "unterminated quoted string" in message:
        return "close it with '"
    if "unterminated quoted identifier" in message:
        return 'close it with "'
    if "unterminated" in message:
        return "close it"
    plain = _STRINGS.sub("", text)
    if plain.count("(") > plain.count(")") and "end of input" in message:
        return 'a bracket is open: close it with ")"'
    if "end of input" in message:
        return "something is missing behind it"
    near = _NEAR.search(message)
    word = near[1].lower() if near else ""
    before = _BEFORE.search(text[:offset])
    for said in (word, before[1].lower() if before else ""):
        if said.isalpha() and said not in _WORDS and (meant := closest(said, _WORDS)):
            return f'did you mean "{meant[0].upper()}" by "{said}"?'
    if word == "," or word in _WORDS:
        return "take away a comma before it, or write what is missing there"
    if word == ")":
        return "take away what stands before it without a second half, or the bracket"
    return "take it away, or write what is missing before it: a comma, an operator, a word of SQL"
