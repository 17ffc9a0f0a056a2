"""Own types as inputs and outputs: what a value of one is kept as, and how it comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    T = TypeVar("T")


class Codec(NamedTuple):
    """How a type is kept: `encode` gives what Freshline can keep, `decode` makes it a value again.

    `form` is what `decode` is given where it has no annotation that says so.
    """

    type: type
    encode: Callable[[Any], object]
    decode: Callable[[Any], object]
    form: str


CODECS: dict[type, Codec] = {}


def register_codec(
    type: type[T],
    encode: Callable[[T], object],
    decode: Callable[[Any], T],
    *,
    form: str = "bytes",
) -> None:
    """Make a type one that assets may be made of and functions may ask for.

    `encode` turns a value into anything that an asset may be, such as bytes, a Path, a list of
    dicts or a data frame; `decode` turns it back. What `decode` is given follows from the
    annotation of its parameter, and is `form` where there is none.
    """
    if not callable(encode) or not callable(decode):
        raise TypeError("register_codec takes a type and two functions: encode and decode")
    CODECS[type] = Codec(type, encode, decode, form)


def codec_of(type: object) -> Codec | None:
    """Return the codec of a type or of the nearest of its bases that has one."""
    for each in getattr(type, "__mro__", ()):
        if each in CODECS:
            return CODECS[each]
    return None
