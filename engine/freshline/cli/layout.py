"""Lines that fit: where a terminal ends, text goes on below where it began, never mid-word."""

import textwrap


def folded(head: str, text: str, *, indent: int, width: int | None) -> list[str]:
    """Return `head` and `text` in one line, or in several no longer than `width`.

    `indent` is how wide `head` looks; what goes on below stands under the text, or under the start
    of the head where that leaves too little room. A word that does not fit is not broken.
    """
    if width is None or indent + len(text) <= width:
        return [f"{head}{text}".rstrip()]
    if width - indent >= 32:
        first, *rest = _wrapped(text, width - indent)
        return [f"{head}{first}", *(" " * indent + line for line in rest)]
    return [head.rstrip(), *(" " * 6 + line for line in _wrapped(text, max(width - 6, 24)))]


def _wrapped(text: str, width: int) -> list[str]:
    """Break a text; where it holds two spaces there is a seam, broken before any other place."""
    lines: list[str] = []
    for part in (part for part in text.split("  ") if part):
        if lines and len(lines[-1]) + 2 + len(part.strip()) <= width:
            lines[-1] += f"  {part.strip()}"
        else:
            lines += textwrap.wrap(
                part.strip(), width, break_long_words=False, break_on_hyphens=False
            )
    return lines or [""]
