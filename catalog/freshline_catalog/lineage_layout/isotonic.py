"""Isotonic regression: the rising numbers that lie closest to given ones, by pooling violators."""

from collections.abc import Sequence


def isotonic(wanted: Sequence[float], weights: Sequence[float]) -> list[float]:
    """Return numbers that never fall, with the least sum of weighted squared differences."""
    means: list[float] = []
    totals: list[float] = []
    counts: list[int] = []
    for mean, total in zip(wanted, weights, strict=True):
        count = 1
        while means and means[-1] > mean:
            before = totals.pop()
            mean = (means.pop() * before + mean * total) / (before + total)
            total += before
            count += counts.pop()
        means.append(mean)
        totals.append(total)
        counts.append(count)
    if len(means) == len(wanted):
        return means
    return [mean for mean, count in zip(means, counts, strict=True) for _ in range(count)]
