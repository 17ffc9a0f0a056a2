"""The text of one file, with the way from offsets back to lines and columns.

All offsets count characters of the text as it is after decoding: without a byte order mark, and
with every line ended by one line feed. So a checkout with CRLF declares what one with LF does.
"""

import json
import re
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path

from freshline.errors import Diagnostic, Span

MAX_BYTES = 5_000_000
_LONGEST_EXCERPT = 400
_LINE = re.compile(r"\n")
# What a terminal would obey instead of showing; a tab stays, carets are placed below it.
_UNSHOWABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceText:
    """A file's text; `begins` holds the offset at which each line begins."""

    file: str
    text: str
    begins: tuple[int, ...]

    def span(self, start: int, end: int) -> Span:
        """Return the place of text[start:end], cut at the end of its first line."""
        row = bisect_right(self.begins, start) - 1
        stop = self.begins[row + 1] - 1 if row + 1 < len(self.begins) else len(self.text)
        return Span(
            file=self.file,
            line=row + 1,
            column=start - self.begins[row] + 1,
            length=max(1, min(end, stop) - start),
        )

    def line_at(self, offset: int) -> str:
        """Return the line that a character lies in, fit for a terminal; too long a one is empty."""
        return self.line(bisect_right(self.begins, offset))

    def line(self, number: int) -> str:
        """Return a line by its number, 1 for the first, fit for a terminal."""
        row = number - 1
        stop = self.begins[row + 1] - 1 if row + 1 < len(self.begins) else len(self.text)
        return shown(self.text[self.begins[row] : stop])


def source_text(file: str, text: str) -> SourceText:
    """Return a decoded text with its lines counted."""
    begins = (0, *(match.end() for match in _LINE.finditer(text)))
    return SourceText(file=file, text=text, begins=begins)


# What a file holds, or why that is not known.
Content = str | bytes | Diagnostic


def read_content(path: Path, file: str, size: int) -> bytes | Diagnostic:
    """Return the bytes of a file of the project, or what keeps them from being read."""
    if size > MAX_BYTES:
        return _too_large(file, size)
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return _unreadable(file, "the file vanished while the project was read", "try again")
    except OSError as error:
        message = f"the file cannot be read: {error.strerror}"
        return _unreadable(file, message, "give this user the right to read it")


def decode(file: str, data: Content) -> str | Diagnostic:
    """Return the text that a file holds, or what makes it unreadable.

    Strict UTF-8 of at most MAX_BYTES; a byte order mark and CRLF are accepted, NUL is not.
    """
    if isinstance(data, Diagnostic):
        return data
    if len(data) > MAX_BYTES:
        return _too_large(file, len(data))
    if isinstance(data, bytes):
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            return _not_utf8(file, data, error.start)
    else:
        text = data
        try:
            text.encode()
        except UnicodeEncodeError as error:
            return _unreadable(
                file,
                f"U+{ord(text[error.start]):04X} is half a character",
                "save the file as UTF-8",
                source_text(file, text).span(error.start, error.start + 1),
            )
    if text[:1] == "\ufeff":
        text = text[1:]
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        offset = text.index("\0")
        source = source_text(file, text)
        return _unreadable(
            file,
            "the file holds a NUL character",
            "remove it; the file may be binary",
            source.span(offset, offset + 1),
            source.line_at(offset),
        )
    return text


def quoted(text: str) -> str:
    """Return a text as messages quote it: on one line, short, harmless to a terminal."""
    cut = text if len(text) <= 60 else text[:57] + "..."
    return _UNSHOWABLE.sub("\ufffd", json.dumps(cut, ensure_ascii=False))


def legible(words: str) -> str:
    """Return the words of a message without what a terminal would obey, at a bearable length."""
    return _UNSHOWABLE.sub("\ufffd", words if len(words) <= 600 else words[:597] + "...")


def shown(line: str) -> str:
    """Return a line as an excerpt shows it, each character in its column."""
    return "" if len(line) > _LONGEST_EXCERPT else _UNSHOWABLE.sub("\ufffd", line)


def _too_large(file: str, size: int) -> Diagnostic:
    message = f"the file has {size:,} bytes; a declaration has at most {MAX_BYTES:,}"
    return _unreadable(file, message, "split it, and keep data out of it")


def _not_utf8(file: str, data: bytes, at: int) -> Diagnostic:
    if data[:2] in _UTF16_MARKS:
        return _unreadable(file, "the file is UTF-16, not UTF-8", "save it as UTF-8")
    begin = data.rfind(b"\n", 0, at) + 1
    end = data.find(b"\n", at)
    line = data[begin : end if end >= 0 else len(data)].decode(errors="replace")
    column = len(data[begin:at].decode(errors="replace")) + 1
    span = Span(file=file, line=data.count(b"\n", 0, at) + 1, column=column)
    message = f"byte 0x{data[at]:02x} is not UTF-8"
    return _unreadable(file, message, "save the file as UTF-8", span, shown(line.rstrip("\r")))


def _unreadable(
    file: str, message: str, fix: str, span: Span | None = None, excerpt: str = ""
) -> Diagnostic:
    place = span or Span(file=file, line=1, column=1)
    return Diagnostic(code="E101", message=message, span=place, excerpt=excerpt, fix=fix)
