"""Counted: a number and what there are so many of, in words."""


def counted(number: int, word: str) -> str:
    """Return `1 asset`, `2 assets`, `1,200 assets`."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"
