"""Differences of rows as people read them: `-` expected only, `+` found only, `~` changed.

Cells are written as tables of tests are, so that a found row can be copied into the test.
"""

from collections.abc import Iterator
from typing import NamedTuple

import click

from freshline.declare.pipes import cell_text, name_text
from freshline.declare.text import legible
from freshline.execute.difference import Change, Difference, Row

LEGEND = "- expected, not found   + found, not expected   ~ expected -> found"
_MOST_LINES = 20
_WIDEST = 40
_COLORS = {"-": "red", "+": "green", "~": "yellow"}
_WORDS = {"-": "expected", "+": "found", "~": "changed"}


class _Line(NamedTuple):
    """One row to be shown: its mark, its cells, and the columns that are to stand out."""

    mark: str
    cells: tuple[str, ...]
    apart: tuple[int, ...] = ()


def difference_lines(found: Difference, most: int = _MOST_LINES) -> list[str]:
    """Return the lines of a difference, at most so many rows, the others counted."""
    if found.out_of_order is not None:
        first = found.changed[0]
        told = f"the rows are right, their order is not, from row {found.out_of_order} on"
        lines = [_Line("-", _cells(first.expected)), _Line("+", _cells(first.found))]
        return [told, *_aligned(found.columns, lines)]
    lines = list(_lines(found))
    shown = _aligned(found.columns, lines[:most])
    rest = [line.mark for line in lines[most:]]
    if rest:
        counts = [f"{rest.count(m):,} {_WORDS[m]}" for m in _WORDS if m in rest]
        shown.append(f"  and {len(rest):,} more: {', '.join(counts)}")
    return shown


def _lines(found: Difference) -> Iterator[_Line]:
    for change in found.changed:
        yield _Line("~", _changed(change), change.columns)
    for row in found.missing:
        yield _Line("-", _cells(row))
    for row in found.unexpected:
        yield _Line("+", _cells(row))


def _changed(change: Change) -> tuple[str, ...]:
    before, after = _cells(change.expected), _cells(change.found)
    return tuple(
        f"{one} -> {other}" if i in change.columns else one
        for i, (one, other) in enumerate(zip(before, after, strict=True))
    )


def _cells(row: Row) -> tuple[str, ...]:
    return tuple(_cut(cell_text(cell)) for cell in row)


def _cut(text: str) -> str:
    return legible(text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "\u2026")


def _aligned(columns: tuple[str, ...], lines: list[_Line]) -> list[str]:
    head = tuple(_cut(name_text(name)) for name in columns)
    rows = [head, *(line.cells for line in lines)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    return [_joined(" ", head, widths), *(_colored(line, widths) for line in lines)]


def _joined(mark: str, cells: tuple[str, ...], widths: list[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return f"{mark} {' | '.join(padded)}".rstrip()


def _colored(line: _Line, widths: list[int]) -> str:
    color = _COLORS[line.mark]
    if not line.apart:
        return click.style(_joined(line.mark, line.cells, widths), fg=color)
    padded = [cell.ljust(width) for cell, width in zip(line.cells, widths, strict=True)]
    padded[-1] = padded[-1].rstrip()
    cells = [click.style(c, fg=color) if i in line.apart else c for i, c in enumerate(padded)]
    return f"{click.style(line.mark, fg=color)} {' | '.join(cells)}"
