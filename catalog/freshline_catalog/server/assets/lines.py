"""A line of numbers over time as a small picture: the points of it, in whole steps of a grid."""

from collections.abc import Sequence

WIDTH, HEIGHT = 120, 24
_MARGIN = 2


def line(values: Sequence[float]) -> str:
    """Return the path of a line through values, oldest first; empty for fewer than two of them."""
    if len(values) < 2:
        return ""
    return "M" + "L".join(f"{x},{y}" for x, y in points(values))


def points(values: Sequence[float]) -> tuple[tuple[float, float], ...]:
    """Return a place in the picture for each value; equal ones stand in the middle."""
    low, high = min(values), max(values)
    step = (WIDTH - 2 * _MARGIN) / max(len(values) - 1, 1)
    tall = HEIGHT - 2 * _MARGIN
    return tuple(
        (
            round(_MARGIN + place * step, 1),
            round(
                HEIGHT - _MARGIN - tall * ((value - low) / (high - low) if high > low else 0.5), 1
            ),
        )
        for place, value in enumerate(values)
    )
