"""`${var.x}` and `${env.X}` in SQL: found between the tokens, replaced by one literal each.

The rules:
- A reference stands where a literal may stand. Inside a string, a quoted name or a dollar quote it
  is an error, and so is one glued to a name, a number or a string: two tokens would become one.
- In a comment it is ignored, and the comment stays as it is.
- `$${` inside quotes is `${`, kept as text.
- Positions are kept: every replacement is an `Edit`, so that whatever is found in the result can be
  shown in the file.

The text is divided here by DuckDB's own lexical rules and not by the SQL parser's tokenizer, which
takes `$` to open a dollar quote: it reads `${var.a},$` in `(${var.a},${var.b})` as the tag of one.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import NamedTuple

from freshline.declare.process import ProcessVariables
from freshline.declare.report import MAX_FINDINGS
from freshline.declare.section import LATER, did_you_mean
from freshline.declare.text import quoted
from freshline.definitions import Edit, SqlText
from freshline.errors import Diagnostic

REFERENCE = re.compile(r"\$\{(?P<inside>[^{}\n]{0,200})\}")
_LATER_REFERENCE = re.compile(r"partition\..*|start|end|this")
_PROCESS_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SECRETS = "FRESHLINE_SECRET"
_OUTSIDE = re.compile(
    r"""(?P<comment>--[^\n]*)
    | (?P<block>/\*)
    | (?P<string>[eE]'(?:[^'\\]|\\.|'')*+(?:'|\Z) | [bBnNxX]?'(?:[^']|'')*+(?:'|\Z))
    | (?P<name>"(?:[^"]|"")*+(?:"|\Z))
    | (?P<dollar>\$\$.*?(?:\$\$|\Z))
    | (?P<tagged>\$(?P<tag>(?:[a-zA-Z_]|[^\x00-\x7f\s])(?:\w|[^\x00-\x7f\s])*)\$
                .*?(?:\$(?P=tag)\$|\Z))
    | (?:[a-zA-Z_]|[^\x00-\x7f\s])(?:\w|\$(?!\{)|[^\x00-\x7f\s])*
    | \d+(?:_\d+)*(?:\.\d+)?(?:[eE][+-]?\d+)?
    | (?P<reference>\$\{)
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_LONGEST_REPAIR = 80
_GLUE = re.compile(r"""[\w$.'"]|[^\x00-\x7f\s]""")


class Place(Enum):
    """What a stretch of SQL is, where it is not plain tokens; the values are used in messages."""

    COMMENT = "a comment"
    STRING = "a string"
    NAME = "a quoted name"
    DOLLAR = "a dollar quote"
    REFERENCE = "a reference"


class Region(NamedTuple):
    """text[start:end] of a SQL text is a `place`; a reference is its first two characters."""

    start: int
    end: int
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """What references may be replaced by: each variable's literal, None for one without a value.

    `environment` is named in messages. `is_complete` is False when the project file itself could
    not be read: then no variable is called unknown. `this` is what `${this}` stands for, where it
    may stand at all. `process` are the variables of the process, which no digest of this counts.
    """

    variables: Mapping[str, str | None]
    environment: str = "main"
    is_complete: bool = True
    this: str | None = None
    process: ProcessVariables | None = None


class Misplaced(Exception):
    """A reference that cannot be replaced."""

    def __init__(self, code: str, message: str, fix: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fix = fix


def render(sql: SqlText, values: Values) -> tuple[SqlText, tuple[Diagnostic, ...]]:
    """Return the SQL with every reference replaced, and what is wrong with those that were not.

    The findings are without excerpts, which whoever holds the whole file adds; when there are more
    than a report would show, the rest of the text is not looked at.
    """
    if "${" not in sql.text:
        return sql, ()
    edits: list[tuple[Edit, str]] = []
    variables: dict[str, None] = {}
    problems: list[Diagnostic] = []
    for region in _regions(sql.text):
        if region.place is Place.REFERENCE:
            found = REFERENCE.match(sql.text, region.start)
            try:
                name, literal = _literal(sql.text, region.start, found, values)
            except Misplaced as wrong:
                problems.append(_diagnostic(sql, region.start, found, wrong))
            else:
                end = found.end() if found else region.end
                edits.append((Edit(region.start, end, len(literal)), literal))
                if name:
                    variables[name] = None
        elif region.place is not Place.COMMENT:
            for at in _inner_references(sql.text, region):
                if len(problems) > MAX_FINDINGS:
                    break
                if sql.text[at - 1] == "$":
                    edits.append((Edit(at - 1, at, 0), ""))
                else:
                    found = REFERENCE.match(sql.text, at)
                    problems.append(_diagnostic(sql, at, found, _inside(sql.text, region)))
        if len(problems) > MAX_FINDINGS:
            break
    return _edited(sql, edits, tuple(variables)), tuple(problems)


def regions(text: str) -> tuple[Region, ...]:
    """Return the comments, strings, quoted names and dollar quotes of a SQL text, in order."""
    return tuple(region for region in _regions(text) if region.place is not Place.REFERENCE)


def _regions(text: str) -> Iterator[Region]:
    position = 0
    while (found := _OUTSIDE.search(text, position)) is not None:
        start, position = found.span()
        match found.lastgroup:
            case "block":
                position = _comment_end(text, start)
                yield Region(start, position, Place.COMMENT)
            case "comment":
                yield Region(start, position, Place.COMMENT)
            case "string":
                yield Region(start, position, Place.STRING)
            case "name":
                yield Region(start, position, Place.NAME)
            case "dollar" | "tagged":
                yield Region(start, position, Place.DOLLAR)
            case "reference":
                yield Region(start, position, Place.REFERENCE)
            case _:
                pass


def _comment_end(text: str, start: int) -> int:
    """Return where a block comment ends; comments nest."""
    depth, position = 0, start
    while (edge := _COMMENT_EDGE.search(text, position)) is not None:
        depth += 1 if edge[0] == "/*" else -1
        position = edge.end()
        if depth == 0:
            return position
    return len(text)


def _literal(text: str, at: int, found: re.Match[str] | None, values: Values) -> tuple[str, str]:
    """Return the variable's name and its literal; no name for `${this}`."""
    if found is None:
        raise Misplaced("E113", "`${` is not closed by `}`", "write `${var.name}`")
    inside, whole = found["inside"], found[0]
    glued = _is_glued(text, at, found.end())
    if inside == "this" and values.this is not None:
        if glued:
            message = f"`{whole}` is glued to its neighbour"
            raise Misplaced("E113", message, "give it an alias: FROM ${this} AS t")
        return "", values.this
    if inside.startswith("secret."):
        message = f"`{whole}` in SQL: a secret would be stored and shown with the query"
        fix = "secrets belong in the settings of a storage and in addresses of sources"
        raise Misplaced("E113", message, fix)
    literal = literal_of(inside, values)
    if glued:
        raise Misplaced(
            "E113",
            f"`{whole}` is glued to its neighbour: a variable is a value, never part of a word",
            "put spaces around it; a name cannot be put together from variables",
        )
    return inside.removeprefix("var."), literal


def literal_of(inside: str, values: Values) -> str:
    """Return the SQL literal that `${inside}` stands for; Misplaced where it stands for none."""
    whole = f"${{{inside}}}"
    if _LATER_REFERENCE.fullmatch(inside):
        raise Misplaced("E104", f"`{whole}` {LATER}", "use a variable: `${var.name}`")
    namespace, _, name = inside.partition(".")
    if namespace == "env" and name:
        return _of_process(name, values)
    if namespace != "var" or not name:
        meant = inside.strip().removeprefix("var.").removeprefix("vars.")
        fix = f"did you mean `${{var.{meant}}}`?" if meant in values.variables else ""
        raise Misplaced("E113", f"`{whole}` refers to nothing", fix or "write `${var.name}`")
    if name not in values.variables:
        if not values.is_complete:
            raise Misplaced(
                "E115",
                f"`{whole}` has no value while freshline.yaml cannot be read",
                "repair freshline.yaml first",
            )
        fix = did_you_mean(name, values.variables) or "declare it under `vars:` in freshline.yaml"
        raise Misplaced("E114", f"unknown variable {quoted(name)}", fix)
    literal = values.variables[name]
    if literal is None:
        raise Misplaced(
            "E115",
            f'variable "{name}" has no value in environment "{values.environment}"',
            "give it a `default:`, or a value under the environment's `vars:`",
        )
    return literal


def _of_process(name: str, values: Values) -> str:
    """Return a variable of the process as a literal of text."""
    if not _PROCESS_VARIABLE.fullmatch(name):
        message = f"{quoted(name)} is no name of a process variable"
        raise Misplaced("E113", message, "write for instance `${env.REGION}`")
    if name.startswith(_SECRETS):
        message = f"`${{env.{name}}}` is a secret, which would be stored and shown"
        raise Misplaced("E113", message, "write `${secret.name}`, where secrets may stand")
    value = values.process.get(name) if values.process is not None else None
    if value is None:
        message = f"the process variable {name} is not set"
        raise Misplaced("E117", message, f"set it where Freshline runs: `export {name}=...`")
    return "'" + value.replace("'", "''") + "'"


def _inner_references(text: str, region: Region) -> Iterator[int]:
    """Yield where `${` stands between the quotes of a region, not where they overlap with it."""
    length = (
        text.index("$", region.start + 1) + 1 - region.start if text[region.start] == "$" else 1
    )
    at = text.find("${", region.start + length, region.end - length + 1)
    while at >= 0:
        yield at
        at = text.find("${", at + 2, region.end - length + 1)


def _is_glued(text: str, start: int, end: int) -> bool:
    before, after = text[start - 1 : start], text[end : end + 1]
    return bool(_GLUE.match(before) or _GLUE.match(after))


def _inside(text: str, region: Region) -> Misplaced:
    message = f"`${{` inside {region.place.value}: a variable is a value of its own"
    if region.place is Place.NAME:
        return Misplaced("E113", message, "a name cannot be put together from variables")
    fix = "write `${var.p} || '%'`; `$${` is the text `${`"
    whole = text[region.start : min(region.end, region.start + _LONGEST_REPAIR + 1)]
    if whole[0] == "'" and len(whole) <= _LONGEST_REPAIR and REFERENCE.search(whole):
        parts = REFERENCE.sub(lambda found: f"' || {found[0]} || '", whole)
        parts = parts.removeprefix("'' || ").removesuffix(" || ''").replace(" || '' || ", " || ")
        fix = f"write `{parts}`; `$${{` is the text `${{`"
    return Misplaced("E113", message, fix)


def _diagnostic(sql: SqlText, at: int, found: re.Match[str] | None, wrong: Misplaced) -> Diagnostic:
    span = sql.span(at, found.end() - at if found else 2)
    return Diagnostic(code=wrong.code, message=wrong.message, span=span, fix=wrong.fix)


def _edited(sql: SqlText, edits: list[tuple[Edit, str]], variables: tuple[str, ...]) -> SqlText:
    parts: list[str] = []
    position = 0
    for edit, literal in edits:
        parts += (sql.text[position : edit.start], literal)
        position = edit.end
    text = "".join((*parts, sql.text[position:]))
    # A text that was cooked by YAML maps as a whole, and goes on doing so.
    whole = (Edit(0, len(sql.original), len(text)),)
    kept = whole if sql.edits else tuple(edit for edit, _ in edits)
    return replace(sql, text=text, edits=kept, variables=variables)
