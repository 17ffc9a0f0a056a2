"""The SQL of an asset with its way back to the file, from a SQL file or a value of YAML."""

from freshline.declare import source
from freshline.declare.text import SourceText
from freshline.definitions import Edit, SqlText


def sql_after(text: SourceText, start: int) -> SqlText:
    """Return the rest of a SQL file as the SQL of its asset."""
    span = text.span(start, start)
    original = text.text[start:]
    return SqlText(
        text=original, original=original, file=text.file, line=span.line, column=span.column
    )


def sql_of_scalar(text: SourceText, node: source.Scalar) -> SqlText:
    """Return a scalar as SQL.

    Literal blocks (`sql: |`) and values of one line without escapes map exactly. Anything else was
    rewritten by YAML (folded blocks, values over several lines, escapes) and maps as a whole to the
    place where the value begins.
    """
    raw = text.text[node.start : node.end]
    if node.style == "|" and raw[:1] == "|":
        return _block(text, node, raw)
    inset = 1 if node.style in ("'", '"') else 0
    if raw[inset : len(raw) - inset] == node.text and "\n" not in raw:
        span = text.span(node.start + inset, node.end)
        return _exact(text, node.text, span.line, span.column - 1)
    return _whole(text, node, raw)


def _block(text: SourceText, node: source.Scalar, raw: str) -> SqlText:
    """Map a literal block: its rows are the file's, less the indent that YAML took away."""
    rows = raw.split("\n")[1:]
    content = node.text.split("\n")
    first = next((i for i, row in enumerate(content) if row.strip(" ")), None)
    if first is None or first >= len(rows) or not rows[first].endswith(content[first]):
        return _whole(text, node, raw)
    indent = len(rows[first]) - len(content[first])
    line = text.span(node.start, node.start).line + 1
    return _exact(text, node.text, line, indent)


def _exact(text: SourceText, sql: str, line: int, indent: int) -> SqlText:
    return SqlText(
        text=sql, original=sql, file=text.file, line=line, column=indent + 1, indent=indent
    )


def _whole(text: SourceText, node: source.Scalar, raw: str) -> SqlText:
    span = text.span(node.start, node.end)
    original = raw.partition("\n")[0]
    return SqlText(
        text=node.text,
        original=original,
        file=text.file,
        line=span.line,
        column=span.column,
        edits=(Edit(0, len(original), len(node.text)),),
    )
