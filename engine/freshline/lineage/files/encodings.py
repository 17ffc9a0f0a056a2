"""Encodings: whether a text file is UTF-8, what else it may be, and its conversion to UTF-8."""

import codecs
import gzip
from pathlib import Path
from typing import IO, NamedTuple, cast

_CHUNK = 1 << 20
# What DuckDB reads by itself; the first is what it expects where nothing is said.
_NATIVE = {"utf-8": "utf-8", "utf-8-sig": "utf-8", "utf-16": "utf-16", "iso8859-1": "latin-1"}


class BadByte(NamedTuple):
    """The first place where a file is not in the encoding it should be: 1-based line, the byte."""

    line: int
    byte: int


def native(encoding: str) -> str | None:
    """Return DuckDB's name of an encoding, None where it has to be converted."""
    return _NATIVE.get(codecs.lookup(encoding).name)


def guess(path: Path) -> str:
    """Return the encoding that a text file is most probably in.

    What has a mark of UTF-16 is that, what decodes as UTF-8 is that. Of the encodings of one byte
    windows-1252 is the common one in the west; only bytes that it lacks speak against it.
    """
    with opened(path) as file:
        head = file.read(_CHUNK)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if first_bad_byte(path) is None:
        return "utf-8"
    return "windows-1252" if first_bad_byte(path, "windows-1252") is None else "latin-1"


def is_beyond_ascii_and_utf8(path: Path) -> bool:
    """Say whether a file holds letters beyond ASCII, and all of it is UTF-8.

    Text in another encoding is that by chance alone, since each such letter takes several bytes of
    which the first says how many follow.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_plain = True
    with opened(path) as file:
        try:
            while chunk := file.read(_CHUNK):
                is_plain = is_plain and chunk.isascii()
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return not is_plain


def first_bad_byte(path: Path, encoding: str = "utf-8") -> BadByte | None:
    """Return where a file, which may be compressed by gzip, is not in an encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    with opened(path) as file:
        while chunk := file.read(_CHUNK):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                return _bad_byte(line, error)
            line += chunk.count(b"\n")
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            return _bad_byte(line, error)
    return None


def convert(path: Path, encoding: str, target: Path) -> BadByte | None:
    """Write a text file anew in UTF-8; the place where it is not in `encoding`, if there is one."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    with opened(path) as file, open(target, "wb") as out:
        while chunk := file.read(_CHUNK):
            try:
                out.write(decoder.decode(chunk).encode())
            except UnicodeDecodeError as error:
                return _bad_byte(line, error)
            line += chunk.count(b"\n")
        out.write(decoder.decode(b"", final=True).encode())
    return None


def opened(path: Path) -> IO[bytes]:
    """Open a file to read what is in it, unpacked where its name says that it is gzip."""
    return cast("IO[bytes]", gzip.open(path)) if path.suffix.lower() == ".gz" else open(path, "rb")


def _bad_byte(line: int, error: UnicodeDecodeError) -> BadByte:
    before = error.object[: error.start]
    return BadByte(line + before.count(b"\n"), error.object[error.start])
