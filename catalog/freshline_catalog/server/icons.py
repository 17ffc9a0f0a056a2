"""Icons and glyphs as inline SVG: no file of their own, so that pages open from a folder too."""

import re
from functools import cache
from pathlib import Path

from markupsafe import Markup

FOLDER = Path(__file__).parents[1] / "web" / "static" / "vendor" / "lucide"
_OUTER = re.compile(r"<!--.*?-->|</?svg[^>]*>|\n\s*", re.DOTALL)

# A glyph stands before the word of a status: 12 by 12, told apart by its shape alone.
GLYPHS = {
    "fresh": '<circle cx="6" cy="6" r="4.5" fill="currentColor"/>',
    "stale": '<circle cx="6" cy="6" r="4.25"/><path d="M6 1.75a4.25 4.25 0 0 0 0 8.5z" '
    'fill="currentColor"/>',
    "maybe": '<circle cx="6" cy="6" r="4.25" stroke-dasharray="2.2 1.6"/>'
    '<circle cx="6" cy="6" r="1.2" fill="currentColor"/>',
    "missing": '<circle cx="6" cy="6" r="4.25"/>',
    "pinned": '<circle cx="6" cy="6" r="4.25"/><circle cx="6" cy="6" r="1.75" '
    'fill="currentColor"/>',
    "paused": '<path d="M4 2.5v7M8 2.5v7" stroke-width="2"/>',
    "blocked": '<circle cx="6" cy="6" r="4.25"/><path d="M3 9l6-6"/>',
    "aside": '<path d="M6 1.75L11 10.25H1z"/><path d="M6 5v2.25"/>'
    '<circle cx="6" cy="8.75" r=".4" fill="currentColor"/>',
    "source": '<path d="M6 1.25L10.75 6 6 10.75 1.25 6z"/>',
    "running": '<path d="M6 1.75A4.25 4.25 0 1 1 1.75 6"/>',
    "failed": '<path d="M2.5 2.5l7 7M9.5 2.5l-7 7" stroke-width="2"/>',
    "warn": '<path d="M6 1.5L11 10.5H1z" fill="currentColor"/>',
    "passed": '<path d="M2 6.5l2.75 2.75L10 3.25" stroke-width="1.75"/>',
    "none": '<path d="M3 6h6"/>',
}


@cache
def icon(name: str) -> Markup:
    """Return the icon of a name, for the eye only: the words stand beside it."""
    inner = _OUTER.sub("", (FOLDER / f"{name}.svg").read_text(encoding="utf-8"))
    return Markup(f'<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">{inner}</svg>')


@cache
def glyph(name: str) -> Markup:
    """Return the glyph of a status, for the eye only."""
    return Markup(
        f'<svg class="glyph glyph-{name}" viewBox="0 0 12 12" aria-hidden="true">'
        f"{GLYPHS[name]}</svg>"
    )
