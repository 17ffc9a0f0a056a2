"""Tables in plain text: columns as wide as they need, cut where the terminal ends."""

from collections.abc import Callable, Sequence

Style = Callable[[str], str]


def table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    right: frozenset[int] = frozenset(),
    width: int | None = None,
) -> list[str]:
    """Return the lines of a table; columns in `right` are set to the right.

    The widest column gives way where the lines would be longer than `width`.
    """
    cells = [list(header), *(list(row) for row in rows)] if header else [list(r) for r in rows]
    if not cells:
        return []
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    if width is not None:
        widths = _narrowed(widths, width)
    lines = [_line(row, widths, right) for row in cells]
    if header:
        lines.insert(1, "  ".join("-" * w for w in widths))
    return lines


def _narrowed(widths: list[int], width: int) -> list[int]:
    narrow = list(widths)
    while sum(narrow) + 2 * (len(narrow) - 1) > width and max(narrow) > 8:
        widest = narrow.index(max(narrow))
        spare = sum(narrow) + 2 * (len(narrow) - 1) - width
        others = sorted(narrow)[-2] if len(narrow) > 1 else 8
        narrow[widest] = max(8, narrow[widest] - spare, min(others, narrow[widest] - 1))
    return narrow


def _line(row: Sequence[str], widths: Sequence[int], right: frozenset[int]) -> str:
    cells: list[str] = []
    for i, (cell, width) in enumerate(zip(row, widths, strict=True)):
        short = cell if len(cell) <= width else cell[: width - 1] + "\u2026"
        cells.append(short.rjust(width) if i in right else short.ljust(width))
    return "  ".join(cells).rstrip()
