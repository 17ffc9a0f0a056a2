"""What tells two sets of rows apart: rows on one side only, and cells that differ.

Rows are texts as DuckDB writes them, None for NULL; equal values of one type have equal texts.
Floating point numbers are the same where they are near; rows are then paired so that as many as
possible are the same, whatever their order (Kuhn's algorithm), so the answer does not depend on
which side is which.
"""

import math
import re
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

Row = tuple[str | None, ...]

_DOUBLE, _FLOAT = 1e-9, 1e-6
# How DuckDB writes a floating point number; integers have no point, and are exact.
_NUMBER = re.compile(r"(-?\d+(?:\.\d+(?:e[+-]?\d+)?|e[+-]?\d+))")
_MOST_PAIRINGS = 40_000


class Change(NamedTuple):
    """Two rows that are so alike that one seems to stand for the other."""

    expected: Row
    found: Row
    columns: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How found rows differ from the expected ones, in the columns that were compared.

    `out_of_order` is the number of the first row that stands elsewhere, where only that is wrong.
    """

    columns: tuple[str, ...]
    missing: tuple[Row, ...] = ()
    unexpected: tuple[Row, ...] = ()
    changed: tuple[Change, ...] = ()
    out_of_order: int | None = None


def tolerance(type: str) -> float | None:
    """Return how far, relatively, two values of a type may lie apart; None where they may not."""
    if "DOUBLE" in type:
        return _DOUBLE
    return _FLOAT if "FLOAT" in type else None


def difference(
    columns: Mapping[str, str], expected: Sequence[Row], found: Sequence[Row], *, ordered: bool
) -> Difference | None:
    """Return how two lists of rows differ, as bags or in their order too; None where they don't.

    `columns` are the types of the rows' cells by column name.
    """
    alike = _Alike(tuple(tolerance(type) for type in columns.values()))
    names = tuple(columns)
    missing, unexpected = _unmatched(expected, found, alike)
    if missing or unexpected:
        changed = _changed(missing, unexpected, alike)
        lost = Counter(change.expected for change in changed)
        new = Counter(change.found for change in changed)
        return Difference(
            columns=names,
            missing=_without(missing, lost),
            unexpected=_without(unexpected, new),
            changed=changed,
        )
    if ordered:
        for number, (one, other) in enumerate(zip(expected, found, strict=True), start=1):
            if not alike.rows(one, other):
                change = Change(one, other, alike.apart(one, other))
                return Difference(columns=names, changed=(change,), out_of_order=number)
    return None


class _Alike:
    """Says whether cells and rows are the same, within each column's tolerance."""

    def __init__(self, tolerances: tuple[float | None, ...]) -> None:
        self.tolerances = tolerances

    def rows(self, one: Row, other: Row) -> bool:
        return one == other or all(map(self._cells, one, other, self.tolerances))

    def apart(self, one: Row, other: Row) -> tuple[int, ...]:
        """Return the numbers of the columns in which two rows differ."""
        same = map(self._cells, one, other, self.tolerances)
        return tuple(i for i, is_same in enumerate(same) if not is_same)

    def exact(self, row: Row) -> Row:
        """Return the cells of a row that have no tolerance."""
        return tuple(c for c, t in zip(row, self.tolerances, strict=True) if t is None)

    @staticmethod
    def _cells(one: str | None, other: str | None, near: float | None) -> bool:
        if one == other or near is None or one is None or other is None:
            return one == other
        # Every second part is a number.
        first, second = _NUMBER.split(one), _NUMBER.split(other)
        return (
            len(first) == len(second)
            and first[::2] == second[::2]
            and all(
                math.isclose(float(a), float(b), rel_tol=near)
                for a, b in zip(first[1::2], second[1::2], strict=True)
            )
        )


def _unmatched(
    expected: Sequence[Row], found: Sequence[Row], alike: _Alike
) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """Return the rows of either side that no row of the other one can stand for."""
    ours, theirs = Counter(expected), Counter(found)
    missing, unexpected = _without(expected, theirs), _without(found, ours)
    if not any(alike.tolerances) or not missing or not unexpected:
        return missing, unexpected
    groups: dict[Row, tuple[list[int], list[int]]] = {}
    for side, rows in enumerate((missing, unexpected)):
        for i, row in enumerate(rows):
            groups.setdefault(alike.exact(row), ([], []))[side].append(i)
    matched: dict[int, int] = {}
    for mine, others in groups.values():
        edges = {i: [j for j in others if alike.rows(missing[i], unexpected[j])] for i in mine}
        matched |= _matching(edges)
    gone = set(matched.values())
    return (
        tuple(row for i, row in enumerate(missing) if i not in matched),
        tuple(row for j, row in enumerate(unexpected) if j not in gone),
    )


def _matching(edges: Mapping[int, Sequence[int]]) -> dict[int, int]:
    """Return as many pairs along the edges as there can be, each number in one of them."""
    partner: dict[int, int] = {}
    holder: dict[int, int] = {}
    for start in edges:
        reached: dict[int, int] = {}
        waiting = deque([start])
        while waiting:
            one = waiting.popleft()
            for other in edges[one]:
                if other in reached:
                    continue
                reached[other] = one
                if other in holder:
                    waiting.append(holder[other])
                    continue
                _shift(other, reached, partner, holder)
                waiting.clear()
                break
    return partner


def _shift(
    free: int, reached: Mapping[int, int], partner: dict[int, int], holder: dict[int, int]
) -> None:
    """Give everyone on the way to `free` the next one, so that the first gets one too."""
    wanted: int | None = free
    while wanted is not None:
        one = reached[wanted]
        before = partner.get(one)
        partner[one], holder[wanted] = wanted, one
        wanted = before


def _changed(
    missing: Sequence[Row], unexpected: Sequence[Row], alike: _Alike
) -> tuple[Change, ...]:
    """Pair rows that have at least half of their cells in common, the most alike first."""
    if len(missing) * len(unexpected) > _MOST_PAIRINGS:
        return ()
    likely: list[tuple[int, int, int]] = []
    for i, one in enumerate(missing):
        for j, other in enumerate(unexpected):
            apart = alike.apart(one, other)
            same = sum(c is not None for k, c in enumerate(one) if k not in apart)
            if same and 2 * len(apart) <= len(one):
                likely.append((len(apart), i, j))
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _, i, j in sorted(likely):
        if i not in pairs and j not in taken:
            pairs[i] = j
            taken.add(j)
    return tuple(
        Change(missing[i], unexpected[j], alike.apart(missing[i], unexpected[j]))
        for i, j in sorted(pairs.items())
    )


def _without(rows: Sequence[Row], taken: Counter[Row]) -> tuple[Row, ...]:
    """Return the rows that remain when so many of each are taken away."""
    left = Counter(taken)
    remaining: list[Row] = []
    for row in rows:
        if left[row] > 0:
            left[row] -= 1
        else:
            remaining.append(row)
    return tuple(remaining)
