"""SQL text to what the rest needs of it: its references, the text that runs, its canonical form.

Rules:
1. What is hashed is what runs. The compiled text (qualified, stars expanded, comments gone) is both
   the canonical form and the query that the engine gets; so a difference that the hash cannot see
   is a difference that the engine cannot see either.
2. Whatever the analyser is not sure of is opaque: then the author's own text runs, with only the
   upstreams' names replaced, and its tokens are hashed. Opaque costs precision, never correctness.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError, TokenError
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema
from sqlglot.tokenizer_core import Token, TokenType

from freshline.codec import digest
from freshline.definitions import Column
from freshline.keys import RESERVED_SEGMENTS
from freshline.lineage.analysed import Reference
from freshline.lineage.canonical import MARK, marked
from freshline.lineage.spelling import DIALECT, note, restore

# Deterministic functions of their arguments that may stand behind FROM.
_HARMLESS_TABLE_FUNCTIONS = frozenset({"range", "generate_series", "unnest", "repeat", "values"})
_HARMLESS_TABLE_NODES = (exp.Identifier, exp.GenerateSeries, exp.Unnest, exp.Values)
# A file's name, which DuckDB takes for a table's.
_PATH = re.compile(r"[./\\*:]")
# Expanding an alias of one of these would call it twice.
_VOLATILE = frozenset(
    {"random", "setseed", "uuid", "gen_random_uuid", "uuidv4", "uuidv7", "nextval"}
)


_BEFORE_TABLE = frozenset({TokenType.FROM, TokenType.JOIN, TokenType.COMMA, TokenType.L_PAREN})
_NAMES = frozenset({TokenType.VAR, TokenType.IDENTIFIER})
_ALIASES = frozenset({TokenType.ALIAS, TokenType.VAR, TokenType.IDENTIFIER})


class SqlProblem(Exception):
    """The text cannot be used: a code, a message, where in the text, and the fix."""

    def __init__(
        self, code: str, message: str, offset: int, length: int = 1, fix: str = ""
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.fix = code, message, fix
        self.offset, self.length = offset, length


class Unreadable(SqlProblem):
    """Our parser cannot read the text; DuckDB's may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """One SELECT statement: its tree, its references, and the text with upstreams' names marked.

    `edits` are (start, end, replacement) on the text that give `marked`. There is no tree where
    only DuckDB can parse the text.
    """

    text: str
    tree: exp.Query | None
    references: tuple[Reference, ...]
    marked: str
    edits: tuple[tuple[int, int, str], ...]

    def origin(self, offset: int) -> int:
        """Return the offset in `text` that an offset in `marked` came from."""
        shift = 0
        for start, end, replacement in self.edits:
            begins = start + shift
            if offset < begins:
                break
            if offset < begins + len(replacement):
                return start
            shift += len(replacement) - (end - start)
        return offset - shift


def parse(text: str) -> Parsed:
    """Return one SELECT taken apart, or raise SqlProblem with the place and the fix."""
    if MARK in text:
        raise SqlProblem("E201", "a control character in SQL", text.index(MARK), fix="remove it")
    try:
        statements = [s for s in sqlglot.parse(text, dialect=DIALECT) if s is not None]
    except ParseError as error:
        raise _syntax(text, error) from error
    except RecursionError as error:
        raise Unreadable("E201", "SQL nested too deeply", 0, fix="split it with WITH") from error
    except TokenError as error:
        raise Unreadable("E201", f"not SQL: {_sentence(error)}", 0, fix="close it") from error
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise _not_one_select(text, statements)
    tree = statements[0]
    tables = [t for t in tree.find_all(exp.Table) if _is_reference(t)]
    edits = sorted(_edits(tree, tables))
    references = tuple(sorted((_reference(t) for t in tables), key=lambda r: r.offset))
    return Parsed(
        text=text, tree=tree, references=references, marked=_edited(text, edits), edits=tuple(edits)
    )


def parse_tokens(text: str, tables: Collection[str]) -> Parsed:
    """Return a SELECT that only DuckDB can parse, its references found among the tokens.

    `tables` are the names that DuckDB says it reads. SqlProblem where one cannot be found again.
    """
    tokens = sqlglot.tokenize(text, read=DIALECT)
    edits: list[tuple[int, int, str]] = []
    references: list[Reference] = []
    for position, token in enumerate(tokens):
        if token.token_type not in _BEFORE_TABLE:
            continue
        names = _dotted(tokens, position + 1)
        key = ".".join(name.text.lower() for name in names)
        if key not in tables:
            continue
        start, end = names[0].start, names[-1].end + 1
        behind = position + 2 * len(names)
        aliased = behind < len(tokens) and tokens[behind].token_type in _ALIASES
        alias = "" if aliased else f' AS "{names[-1].text}"'
        edits.append((start, end, marked(key) + alias))
        references.append(Reference(key, start, end - start))
    lost = sorted(set(tables) - {reference.key for reference in references})
    if lost:
        fix = "write it in a way that the analyser can read"
        raise SqlProblem("E201", f"cannot tell where this reads {lost[0]}", 0, fix=fix)
    return Parsed(
        text=text,
        tree=None,
        references=tuple(references),
        marked=_edited(text, edits),
        edits=tuple(edits),
    )


def _dotted(tokens: Sequence[Token], position: int) -> list[Token]:
    """Return the tokens of a dotted name that begins at a position, without the dots."""
    names: list[Token] = []
    while position < len(tokens) and tokens[position].token_type in _NAMES:
        names.append(tokens[position])
        if position + 1 >= len(tokens) or tokens[position + 1].token_type is not TokenType.DOT:
            break
        position += 2
    return names


def qualified(parsed: Parsed, schemas: Mapping[str, Sequence[Column]]) -> exp.Query | None:
    """Return the tree with every name resolved and every star expanded, or None: opaque.

    The tree of `parsed` is used up.
    """
    tree = parsed.tree
    if tree is None or is_volatile(tree):
        return None
    schema = MappingSchema(
        {MARK + key: {c.name.lower(): c.type for c in columns} for key, columns in schemas.items()},
        dialect=DIALECT,
        normalize=False,
    )
    for table in [t for t in tree.find_all(exp.Table) if _is_reference(t)]:
        key = _key(table)
        alias = table.args.get("alias")
        if alias is None or alias.this is None:
            table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name, quoted=True)))
        else:  # each column gets a copy: one that knows its place in the text is dear to copy
            alias.set("this", exp.to_identifier(alias.name, quoted=alias.this.quoted))
        table.set("this", exp.to_identifier(MARK + key, quoted=True))
        table.set("db", None)
        table.set("catalog", None)
    for column, extra in [*_called_by_key(tree, frozenset(schemas))]:
        for name in [n for n in ("catalog", "db") if column.args.get(n)][:extra]:
            column.set(name, None)
    note(tree, parsed.text)
    try:
        resolved = qualify(tree, schema=schema, dialect=DIALECT, validate_qualify_columns=False)
    except (SqlglotError, ValueError, KeyError, AttributeError, RecursionError):
        return None
    restore(resolved)
    return resolved


def compiled(tree: exp.Query, names: Sequence[str]) -> str | None:
    """Return the text that runs, its output columns named exactly `names`; None where it cannot.

    The tree is used up.
    """
    select = _leftmost(tree)
    if select is None or len(select.expressions) != len(names) or select.is_star:
        return None
    renamed = {
        projection.alias: name
        for projection, name in zip(select.expressions, names, strict=True)
        if projection.alias != name
    }
    select.set(
        "expressions",
        [
            exp.alias_(projection.unalias(), name, quoted=True, copy=False)
            for projection, name in zip(select.expressions, names, strict=True)
        ],
    )
    _follow_names(tree, renamed)
    try:
        return tree.sql(DIALECT, copy=False, comments=False)
    except RecursionError:
        return None


def _follow_names(tree: exp.Expr, renamed: Mapping[str, str]) -> None:
    """Let ORDER BY call the output columns by their new names."""
    node: exp.Expr | None = tree
    while renamed and node is not None:
        order = node.args.get("order")
        for column in order.find_all(exp.Column) if order is not None else ():
            if not column.table and column.name in renamed:
                column.set("this", exp.to_identifier(renamed[column.name], quoted=True))
        node = node.this if isinstance(node, exp.SetOperation | exp.Subquery) else None


def tokens_of(text: str) -> str:
    """Return the text with comments, whitespace and the case of bare words taken away."""
    parts: list[str] = []
    for token in sqlglot.tokenize(text, read=DIALECT):
        if token.token_type is TokenType.SEMICOLON:
            continue
        exact = token.token_type in (TokenType.STRING, TokenType.IDENTIFIER)
        words = text[token.start : token.end + 1] if exact else token.text.lower()
        parts.append(words)
    return " ".join(parts)


def macro_digest(name: str, statement: str) -> str:
    """Return the hash of a macro, formatting apart."""
    return digest(name, tokens_of(statement))


def readable(text: str) -> str:
    """Return compiled text laid out for people, with upstreams under their keys."""
    tree = sqlglot.parse_one(text.replace(MARK, ""), dialect=DIALECT)
    for table in tree.find_all(exp.Table):
        if "." in table.name:
            table.replace(exp.to_table(table.name, dialect=DIALECT, alias=table.args.get("alias")))
    return tree.sql(DIALECT, pretty=True, identify=False)


def _syntax(text: str, error: ParseError) -> SqlProblem:
    first = error.errors[0] if error.errors else {}
    line, column = first.get("line") or 1, first.get("col") or 1
    highlight = str(first.get("highlight") or "")
    rows = text.split("\n")[: line - 1]
    offset = sum(len(row) + 1 for row in rows) + max(column - len(highlight), 0)
    message = str(first.get("description") or _sentence(error)).rstrip(".")
    near = f' near "{highlight}"' if highlight else ""
    return Unreadable("E201", f"SQL does not parse{near}: {message}", offset, len(highlight) or 1)


def _not_one_select(text: str, statements: Sequence[exp.Expr]) -> SqlProblem:
    tokens = DIALECT.tokenize(text)
    if not statements:
        message = "an asset is one SELECT; there is no statement here"
        return SqlProblem("E202", message, 0, fix="write it, or remove the file")
    first = tokens[0]
    if len(statements) > 1:
        ends = next(i for i, t in enumerate(tokens) if t.token_type is TokenType.SEMICOLON)
        second = next(t for t in tokens[ends:] if t.token_type is not TokenType.SEMICOLON)
        message = f"an asset is one SELECT; these are {len(statements)} statements"
        fix = "keep one; the others make assets of their own"
        return SqlProblem("E202", message, second.start, len(second.text), fix)
    what = first.text.upper()
    fix = "write one SELECT or WITH"
    if isinstance(statements[0], exp.Values | exp.Pivot):
        fix = f"write SELECT * FROM ({what} ...)"
    message = f"an asset is one SELECT; this is {what}"
    return SqlProblem("E202", message, first.start, len(first.text), fix)


def _sentence(error: Exception) -> str:
    return str(error).split("\n")[0]


def _is_reference(table: exp.Table) -> bool:
    return isinstance(table.this, exp.Identifier) and not _is_cte(table)


def _is_cte(table: exp.Table) -> bool:
    if table.args.get("db"):
        return False
    name, node = table.name.lower(), cast(exp.Expr, table)
    while (parent := node.parent) is not None:
        if isinstance(parent, exp.With):
            earlier = parent.expressions[: (node.index or 0)]
            own = [node] if parent.recursive else []
            if any(cte.alias.lower() == name for cte in [*earlier, *own]):
                return True
            node = cast(exp.Expr, parent.parent)  # the statement that the WITH belongs to
            continue
        if isinstance(parent, exp.Query) and any(c.alias.lower() == name for c in parent.ctes):
            if not isinstance(node, exp.With):
                return True
        node = parent
    return False


def _key(table: exp.Table) -> str:
    return ".".join(part.name.lower() for part in table.parts)


def _extent(parts: Sequence[exp.Expr]) -> tuple[int, int]:
    return parts[0].meta["start"], parts[-1].meta["end"] + 1


def _reference(table: exp.Table) -> Reference:
    start, end = _extent(table.parts)
    return Reference(_key(table), start, end - start)


def _edits(tree: exp.Query, tables: Sequence[exp.Table]) -> Iterator[tuple[int, int, str]]:
    """Yield what turns the author's text into marked text: names joined, implicit aliases kept."""
    for table in tables:
        start, end = _extent(table.parts)
        alias = "" if table.alias else f' AS "{table.name}"'
        yield start, end, marked(_key(table)) + alias
    for column, extra in _called_by_key(tree, frozenset(_key(t) for t in tables)):
        yield column.parts[0].meta["start"], column.parts[extra].meta["start"], ""


def _called_by_key(tree: exp.Query, keys: frozenset[str]) -> Iterator[tuple[exp.Column, int]]:
    """Yield the columns written `stg.orders.amount`, with how many names are too many.

    What looks like it and names no relation here is a field of a struct.
    """
    for column in tree.find_all(exp.Column):
        names = [part.name.lower() for part in column.parts]
        for length in range(2, len(names)):
            if ".".join(names[:length]) in keys:
                yield column, length - 1


def _edited(text: str, edits: Sequence[tuple[int, int, str]]) -> str:
    pieces: list[str] = []
    position = 0
    for start, end, replacement in edits:
        pieces += (text[position:start], replacement)
        position = end
    return "".join((*pieces, text[position:]))


def undeclared(parsed: Parsed, macros: Collection[str] = ()) -> Iterator[tuple[str, int, int]]:
    """Yield what the statement reads past the graph, as it is written: offset and length too.

    That is functions that read, files named as tables, and the database's own catalog.
    """
    for table in parsed.tree.find_all(exp.Table) if parsed.tree is not None else ():
        call = table.this
        if isinstance(call, exp.Identifier) and not _is_cte(table):
            start, end = _extent(table.parts)
            if _PATH.search(table.name) or table.db.lower() in RESERVED_SEGMENTS:
                yield parsed.text[start:end], start, end - start
            continue
        if isinstance(call, _HARMLESS_TABLE_NODES):
            continue
        name = (call.name if isinstance(call, exp.Anonymous) else call.key).lower()
        if name in _HARMLESS_TABLE_FUNCTIONS or name.lower() in macros:
            continue
        offset = call.meta.get("start")
        if offset is None:
            offset = max(parsed.text.lower().find(name.replace("readcsv", "read_csv")), 0)
        written = parsed.text[offset:].split("(")[0].strip() or name
        yield f"{written}(...)", offset, len(written)


def is_volatile(tree: exp.Query) -> bool:
    """Say whether a query calls what gives something else each time."""
    for function in tree.find_all(exp.Func):
        name = function.name if isinstance(function, exp.Anonymous) else function.sql_name()
        if name.lower() in _VOLATILE or isinstance(function, exp.Rand):
            return True
    return False


def _leftmost(tree: exp.Expr) -> exp.Select | None:
    node: exp.Expr | None = tree
    while node is not None and not isinstance(node, exp.Select):
        node = node.this if isinstance(node, exp.SetOperation | exp.Subquery) else None
    return node
