"""Letters in little room: text made fit to show, cut in the middle or at the end, and escaped."""

import re
import unicodedata

MONO, SANS = 7.3, 6.1  # pixels of a letter: of keys at 12 px, of words at 11 px
_CUT = "…"
_GONE = "\N{REPLACEMENT CHARACTER}"
# What XML cannot hold.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# What breaks a line, or turns the direction of letters so that a name reads as another.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}
    | {"\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)


def shown(text: str) -> str:
    """Return a text as XML for people to see, as `plain` has it."""
    return escaped(plain(text))


def plain(text: str) -> str:
    """Return a text on one line, with nothing in it that cannot be seen or written."""
    return _NOT_XML.sub(_GONE, _UNSEEN.sub(_GONE, text))


def escaped(text: str) -> str:
    """Return a text as XML, in an element or between double quotes; it is read back the same.

    Only characters that XML cannot hold are replaced.
    """
    if text.isascii() and text.isidentifier():
        return text
    return _NOT_XML.sub(_GONE, text).translate(_ESCAPES)


def cut_in_the_middle(text: str, cells: int) -> str:
    """Return a text of at most so many cells, what is too much cut out of its middle."""
    if len(text) <= cells and text.isascii():
        return text
    if _cells(text) <= cells:
        return text
    end = _begin(text[::-1], (cells - 1) // 2)[::-1]
    return _begin(text, cells - 1 - _cells(end)) + _CUT + end


def cut_at_the_end(text: str, cells: int) -> str:
    """Return a text of at most so many cells, what is too much cut from its end."""
    if _cells(text) <= cells:
        return text
    return _begin(text, cells - 1).rstrip() + _CUT


def safe_link(link: str) -> str:
    """Return a link that leads to a page, or nothing: no other scheme than http may pass."""
    plain = "".join(c for c in link if c > " " and not "\x7f" <= c <= "\x9f")
    scheme = _SCHEME.match(plain)
    if scheme and scheme[1].lower() not in ("http", "https"):
        return ""
    return link


def _cells(text: str) -> int:
    return len(text) if text.isascii() else sum(map(_width, text))


def _width(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def _begin(text: str, cells: int) -> str:
    """Return the longest beginning of so many cells."""
    for index, letter in enumerate(text):
        cells -= _width(letter)
        if cells < 0:
            return text[:index]
    return text
