"""Frames on the line between supervisor and worker: whole messages, however the bytes come."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshline.worker.frames import LARGEST, FrameError, Splitter, decode, encode

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    # Whole characters: halves of pairs are what the replacement below is for.
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
    ),
    max_leaves=10,
)
messages = st.dictionaries(st.sampled_from(["kind", "call", "line"]), plain)


@given(st.lists(messages), st.integers(1, 50))
def test_what_was_encoded_comes_back_however_it_was_cut(
    sent: list[dict[str, object]], size: int
) -> None:
    stream = b"".join(encode(message) for message in sent)
    splitter = Splitter()
    bodies = [
        body for at in range(0, len(stream), size) for body in splitter.feed(stream[at : at + size])
    ]
    assert [decode(body) for body in bodies] == sent
    assert splitter.waiting == 0


@given(messages, st.integers(1))
def test_a_frame_that_is_cut_off_gives_nothing(message: dict[str, object], cut: int) -> None:
    frame = encode(message)
    splitter = Splitter()
    assert splitter.feed(frame[: -(cut % len(frame)) or None][: len(frame) - 1]) == []


def test_half_a_character_of_a_file_name_is_replaced() -> None:
    assert decode(encode({"file": "a\udcff"})[4:]) == {"file": "a?"}


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"1", b"{", b"\xff"], ids=["empty", "a list", "a number", "cut", "no text"]
)
def test_what_is_no_message_is_refused(body: bytes) -> None:
    with pytest.raises(FrameError):
        decode(body)


def test_a_message_that_is_too_large_is_refused_before_it_is_sent() -> None:
    with pytest.raises(FrameError, match="at most 8,388,608 fit"):
        encode({"text": "x" * LARGEST})


def test_a_length_beyond_all_bounds_is_refused_before_it_is_waited_for() -> None:
    with pytest.raises(FrameError, match="at most"):
        Splitter().feed(b"\xff\xff\xff\xff")


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_numbers_that_json_lacks_are_refused(number: float) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        encode({"number": number})


def test_the_body_is_json_in_utf_8() -> None:
    assert json.loads(encode({"name": "Zoë"})[4:].decode()) == {"name": "Zoë"}
