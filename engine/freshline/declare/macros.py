"""Macros: files below macros/ that hold CREATE MACRO statements, each kept whole.

The text is divided at semicolons that stand outside of strings, quoted names and comments. What a
statement means, the compiler finds out; here it is told apart and named. A statement that is no
macro is reported, and the others stand.
"""

import re
from collections.abc import Iterator

from freshline.declare.declared import FileDeclared
from freshline.declare.interpolation import Place, regions
from freshline.declare.report import Report, Stretch
from freshline.declare.text import quoted, source_text
from freshline.definitions import MacroDefinition

_CREATE = re.compile(
    r"create\s+(?:or\s+replace\s+)?(?:macro|function)\s+"
    r'(?P<name>[a-z_]\w*|"(?:[^"]|"")+")\s*(?=\()',
    re.IGNORECASE,
)
_NAMED = re.compile(r"create\b.*?\b(?:macro|function)\b(?P<rest>[^(]*)", re.IGNORECASE | re.DOTALL)
_PARAMETERS = re.compile(r"\s*as\b", re.IGNORECASE)
_EXAMPLE = "write `CREATE MACRO net(amount) AS amount / 1.19;`"


def declare_macro_file(file: str, text: str) -> FileDeclared:
    """Return the macros that a file declares; whatever is wrong in it is in the result."""
    report = Report(source_text(file, text))
    plain = _without_comments(text)
    macros: list[MacroDefinition] = []
    for place in _statements(text, plain):
        macro = _macro(report, plain, place)
        if macro is not None:
            macros.append(macro)
    return FileDeclared(file=file, macros=tuple(macros), diagnostics=report.diagnostics())


def _without_comments(text: str) -> str:
    """Return the text with blanks for comments, so that all else keeps its place."""
    parts: list[str] = []
    position = 0
    for region in regions(text):
        if region.place is Place.COMMENT:
            comment = text[region.start : region.end]
            parts += (text[position : region.start], re.sub(r"[^\n]", " ", comment))
            position = region.end
    return "".join((*parts, text[position:]))


def _statements(text: str, plain: str) -> Iterator[Stretch]:
    """Yield where each statement begins and ends, without its semicolon."""
    closed = [(region.start, region.end) for region in regions(text)]
    start, inside = 0, 0
    ends = [found.start() for found in re.finditer(";", plain)]
    for end in (*ends, len(plain)):
        while inside < len(closed) and closed[inside][1] <= end:
            inside += 1
        if inside < len(closed) and closed[inside][0] < end:
            continue
        statement = plain[start:end]
        if statement.strip():
            begin = start + len(statement) - len(statement.lstrip())
            yield Stretch(begin, start + len(statement.rstrip()))
        start = end + 1


def _macro(report: Report, plain: str, place: Stretch) -> MacroDefinition | None:
    found = _CREATE.match(plain, place.start, place.end)
    if found is None:
        _refuse(report, plain, place)
        return None
    text = report.text.text[place.start : place.end]
    if (at := plain.find("${", place.start, place.end)) >= 0:
        message = "`${` in a macro: what it works on is given to it"
        fix = "make it a parameter, and write `name(${var.x})` where it is used"
        report.error("E113", Stretch(at, at + 2), message, fix)
        return None
    close = _closing(plain, found.end(), place.end)
    if close is None or _PARAMETERS.match(plain, close, place.end) is None:
        message = "the parameters of a macro are followed by AS and what it stands for"
        report.error("E118", Stretch(*found.span("name")), message, _EXAMPLE)
        return None
    name = found["name"]
    if name[0] == '"':
        name = name[1:-1].replace('""', '"')
    span = report.span(Stretch(*found.span("name")))
    return MacroDefinition(name=name.lower(), file=span.file, span=span, text=text)


def _closing(plain: str, start: int, end: int) -> int | None:
    """Return where the parenthesis that opens at `start` is closed; None where it is not."""
    depth = 0
    closed = {r.start: r.end for r in regions(plain[start:end])}
    position = start
    while position < end:
        if (after := closed.get(position - start)) is not None:
            position = start + after
            continue
        depth += (plain[position] == "(") - (plain[position] == ")")
        position += 1
        if depth == 0:
            return position
    return None


def _refuse(report: Report, plain: str, place: Stretch) -> None:
    """Say what keeps a statement from being a macro, and what to write instead."""
    statement = plain[place.start : place.end]
    first_line = Stretch(place.start, place.start + len(statement.partition("\n")[0]))
    named = _NAMED.match(statement)
    if named is None:
        word = statement.split(maxsplit=1)[0]
        message = f"a file of macros holds CREATE MACRO statements, not {quoted(word)[1:-1]}"
        report.error("E118", first_line, message, _EXAMPLE)
    elif "." in named["rest"]:
        message = "a macro is called by its name alone, without a schema"
        report.error("E118", first_line, message, "remove the schema before its name")
    elif re.match(r"create\s+(?:or\s+replace\s+)?temp", statement, re.IGNORECASE):
        message = "a macro of the project is not temporary"
        report.error("E118", first_line, message, "remove TEMPORARY")
    elif re.search(r"if\s+not\s+exists", named["rest"], re.IGNORECASE):
        message = "a macro of the project is declared once: there is nothing to ask for"
        report.error("E118", first_line, message, "remove IF NOT EXISTS")
    else:
        message = "this macro has no name and parameters that can be read"
        report.error("E118", first_line, message, _EXAMPLE)
