"""Frames: how a message becomes bytes on the socket between supervisor and worker, and back.

Pure, and the same on both sides: four bytes of length, big-endian, and a JSON object in UTF-8.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST = 8 << 20  # bytes of one message; data never travels in it, only paths do
PROTOCOL = 1


class FrameError(ValueError):
    """What came is no frame, or what is to go is too large for one."""


def encode(message: Mapping[str, object]) -> bytes:
    """Return the frame of a message; FrameError where it is too large, ValueError for a NaN."""
    text = json.dumps(message, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # Half a surrogate pair, as file names of unknown encoding hold, has no UTF-8.
    body = text.encode("utf-8", "replace")
    if len(body) > LARGEST:
        raise FrameError(f"a message of {len(body):,} bytes; at most {LARGEST:,} fit")
    return len(body).to_bytes(4, "big") + body


def decode(body: bytes) -> dict[str, object]:
    """Return the message of a frame's body; FrameError where it is no JSON object."""
    try:
        message = json.loads(body)
    except ValueError as error:
        raise FrameError(f"not a message: {error}") from None
    if not isinstance(message, dict):
        raise FrameError("not a message: no JSON object")
    return message


class Splitter:
    """Cuts a stream of bytes into the bodies of frames, however the bytes come."""

    __slots__ = ("_buffer",)

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Return the bodies that are whole now; FrameError where a length is beyond all bounds."""
        buffer = self._buffer
        buffer += data
        bodies: list[bytes] = []
        start = 0
        while len(buffer) - start >= 4:
            length = int.from_bytes(buffer[start : start + 4], "big")
            if length > LARGEST:
                raise FrameError(f"a frame of {length:,} bytes; at most {LARGEST:,} are allowed")
            if len(buffer) - start - 4 < length:
                break
            bodies.append(bytes(buffer[start + 4 : start + 4 + length]))
            start += 4 + length
        del buffer[:start]
        return bodies

    @property
    def waiting(self) -> int:
        """The bytes of a frame that is not whole yet: what an end of the stream has cut off."""
        return len(self._buffer)
