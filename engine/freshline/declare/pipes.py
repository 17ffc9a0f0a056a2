"""Rows drawn as a table, one a line with `|` between the cells, read and written.

The first line names the columns. A cell means what the same word means in YAML: nothing and `null`
are NULL. In double quotes it is text as it stands, `""` in it is one quote; so a cell may hold a
`|`, blanks at its ends, or the word null. There is no `|` at the ends of a line.
"""

from collections.abc import Iterator, Sequence

from freshline.declare import source
from freshline.declare.report import Report, Stretch
from freshline.declare.scalars import is_null
from freshline.declare.text import quoted

Line = tuple[source.Scalar, ...]


class _Misdrawn(Exception):
    """A line cannot be taken apart: the column where, and what is wrong there."""

    def __init__(self, at: int, message: str) -> None:
        super().__init__(message)
        self.at, self.message = at, message


def read_lines(report: Report, block: source.Scalar) -> tuple[Line, ...] | None:
    """Return the cells of each line of a literal block, the names first; None where one is wrong.

    Empty lines do not count. Every line has as many cells as there are names.
    """
    lines: list[Line] = []
    fine = True
    for start, text in _placed(report, block):
        try:
            cells = _cells(start, text)
        except _Misdrawn as problem:
            place = Stretch(start + problem.at, start + problem.at + 1)
            report.error("E406", place, problem.message, 'write "" for a quote within quotes')
            fine = False
            continue
        if lines and len(cells) != len(lines[0]):
            count = f"{len(cells)} {'cell' if len(cells) == 1 else 'cells'}"
            message = f"this row has {count}, the table has {len(lines[0])}"
            fix = "no `|` at the ends; a cell that holds one stands in double quotes"
            report.error("E406", Stretch(start, start + len(text)), message, fix)
            fine = False
        lines.append(cells)
    if not lines and fine:
        report.error("E406", block, "a table begins with a line that names its columns", "add it")
        return None
    return tuple(lines) if fine else None


def written(names: Sequence[str], rows: Sequence[Sequence[str | None]]) -> list[str]:
    """Return the lines of a table, its columns aligned; reading them gives the same rows."""
    cells = [[name_text(name) for name in names], *([cell_text(c) for c in row] for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(names))]
    return [" | ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) for line in cells]


def name_text(name: str) -> str:
    """Return the name of a column as a table shows it."""
    needs_quotes = not name or name != name.strip() or "|" in name or name.startswith('"')
    return _in_quotes(name) if needs_quotes else name


def cell_text(value: str | None) -> str:
    """Return a value as a table shows it: quoted where it would be taken for something else."""
    if value is None:
        return "null"
    means_nothing = is_null(source.Scalar(0, 0, value))
    return _in_quotes(value) if means_nothing else name_text(value)


def _in_quotes(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _placed(report: Report, block: source.Scalar) -> Iterator[tuple[int, str]]:
    """Yield each line that is not empty with its offset in the file.

    Where the block does not stand in the file as it reads, each line is where the block begins.
    """
    raw = report.text.text[block.start : block.end].split("\n")
    content = block.text.split("\n")
    rows = raw[1 : len(content) + 1]
    rows += [""] * (len(content) - len(rows))
    in_file = all(row.endswith(line) for row, line in zip(rows, content, strict=True))
    at = block.start + len(raw[0]) + 1
    for row, line in zip(rows, content, strict=True):
        if line.strip():
            yield (at + len(row) - len(line) if in_file else block.start), line
        at += len(row) + 1


def _cells(start: int, line: str) -> Line:
    cells: list[source.Scalar] = []
    position = 0
    while True:
        begin = position + len(line[position:]) - len(line[position:].lstrip())
        if line[begin : begin + 1] == '"':
            end, text = _quoted(line, begin)
            cells.append(source.Scalar(start + begin, start + end, text, '"'))
            after = line[end:].lstrip()
            if after and after[0] != "|":
                raise _Misdrawn(end, f"a cell ends with its quote; {quoted(after)} follows it")
            position = len(line) - len(after)
        else:
            position = line.find("|", begin)
            position = len(line) if position < 0 else position
            text = line[begin:position].rstrip()
            begin = min(begin, position)
            cells.append(source.Scalar(start + begin, start + begin + len(text), text))
        if position >= len(line):
            return tuple(cells)
        position += 1


def _quoted(line: str, begin: int) -> tuple[int, str]:
    """Return where the quoted cell at `begin` ends, and its text."""
    position = begin + 1
    while (position := line.find('"', position)) >= 0:
        if line[position + 1 : position + 2] != '"':
            return position + 1, line[begin + 1 : position].replace('""', '"')
        position += 2
    raise _Misdrawn(begin, "this quote is never closed")
