"""How far two words are apart: insertions, deletions, replacements and swaps of neighbours."""


def distance(one: str, other: str, most: int) -> int:
    """Return the Damerau-Levenshtein distance of two words, or `most` + 1 where it is more.

    No letter is moved twice (optimal string alignment), so a swap of neighbours costs one.
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, theirs in enumerate(other, 1):
            cost = min(row[-1] + 1, before[j] + 1, before[j - 1] + (letter != theirs))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == theirs:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > most and min(before) > most:
            return most + 1
    return min(row[-1], most + 1)


def tolerance(word: str) -> int:
    """Return how many slips are taken for a typo in a word of this length."""
    return 0 if len(word) < 4 else 1 if len(word) < 6 else 2 if len(word) < 13 else 3
