"""Tables in plain text: columns as wide as they need, cut where the terminal ends."""

from collections.abc import Callable, Sequence

Style = Callable[[str], str]


def table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    right: frozenset[int] = frozenset(),
    whole: frozenset[int] = frozenset(),
    width: int | None = None,
) -> list[str]:
    """Return the lines of a table; columns in `right` are set to the right.

    The widest column gives way where the lines would be longer than `width`, but for those in
    `whole`.
    """
    cells = [list(header), *(list(row) for row in rows)] if header else [list(r) for r in rows]
    if not cells:
        return []
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    if width is not None:
        widths = _narrowed(widths, width, whole)
    lines = [_line(row, widths, right) for row in cells]
    if header:
        lines.insert(1, "  ".join("-" * w for w in widths))
    return lines


def _narrowed(widths: list[int], width: int, whole: frozenset[int]) -> list[int]:
    narrow = list(widths)
    giving = [i for i in range(len(narrow)) if i not in whole]
    while (spare := sum(narrow) + 2 * (len(narrow) - 1) - width) > 0 and giving:
        widest, *others = sorted(giving, key=lambda i: -narrow[i])
        if narrow[widest] <= 8:
            break
        following = narrow[others[0]] if others else 8
        least = max(8, min(following, narrow[widest] - 1))
        narrow[widest] = max(least, narrow[widest] - spare)
    return narrow


def _line(row: Sequence[str], widths: Sequence[int], right: frozenset[int]) -> str:
    cells: list[str] = []
    for i, (cell, width) in enumerate(zip(row, widths, strict=True)):
        short = cell if len(cell) <= width else cell[: width - 1] + "\u2026"
        cells.append(short.rjust(width) if i in right else short.ljust(width))
    return "  ".join(cells).rstrip()
