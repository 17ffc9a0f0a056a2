"""Did you mean: the words nearest to one that is unknown."""

from collections.abc import Iterable
from difflib import SequenceMatcher

_CUTOFF = 0.6
_LONGEST = 200  # comparing costs the square of the length, and nobody mistypes a novel


def closest(word: str, candidates: Iterable[str], limit: int = 1) -> tuple[str, ...]:
    """Return at most `limit` candidates that `word` may have been meant to be, the nearest first.

    Case does not count; of candidates equally near the first given comes first.
    """
    if not word or len(word) > _LONGEST:
        return ()
    wanted = word.lower()
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(wanted)
    found: list[tuple[float, int, str]] = []
    for order, candidate in enumerate(candidates):
        # The two lengths alone bound the likeness: most of a long list is passed over here.
        shorter, longer = sorted((len(candidate), len(wanted)))
        if 2 * shorter < _CUTOFF * (shorter + longer):
            continue
        matcher.set_seq1(candidate.lower())
        if matcher.quick_ratio() < _CUTOFF:
            continue
        likeness = matcher.ratio()
        if likeness >= _CUTOFF:
            found.append((-likeness, order, candidate))
    return tuple(candidate for _, _, candidate in sorted(found)[:limit])
