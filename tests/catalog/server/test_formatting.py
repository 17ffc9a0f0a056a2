"""Facts to words: what a person reads is what the number is, to the precision that is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshline.survey import Status
from freshline_catalog.server import formatting
from freshline_catalog.server.formatting import NARROW

RELATIVE = {
    "a moment ago": (-2, "just now"),
    "a moment ahead": (3, "just now"),
    "seconds": (-42, "42 s ago"),
    "the last second of a minute": (-59.9, "59 s ago"),
    "a minute": (-60, "1 min ago"),
    "an hour less a second": (-3599, "59 min ago"),
    "hours ahead": (2 * 3600, "in 2 h"),
    "a day": (-86400, "1 d ago"),
    "a month": (-31 * 86400, "1 mo ago"),
    "years": (-800 * 86400, "2 y ago"),
}


@pytest.mark.parametrize(("distance", "words"), RELATIVE.values(), ids=RELATIVE)
def test_a_moment_is_told_by_its_distance(distance: float, words: str) -> None:
    now = 1_800_000_000.0
    assert formatting.relative(now + distance, now).replace(NARROW, " ") == words


DURATIONS = {
    "nothing": (0, "0 ms"),
    "milliseconds": (0.3404, "340 ms"),
    "just below a second": (0.9996, "1.0 s"),
    "a second": (1, "1.0 s"),
    "below ten seconds": (9.94, "9.9 s"),
    "ten seconds, nearly": (9.96, "10 s"),
    "just below a minute": (59.6, "1 min 00 s"),
    "a minute": (72.4, "1 min 12 s"),
    "just below an hour": (3599.7, "1 h 00 min"),
    "hours": (11_100, "3 h 05 min"),
    "just below a day": (86_399, "1 d 0 h"),
    "days": (200_000, "2 d 8 h"),
    "backwards": (-5, "-5.0 s"),
}


@pytest.mark.parametrize(("seconds", "words"), DURATIONS.values(), ids=DURATIONS)
def test_a_length_of_time_is_told_in_at_most_two_units(seconds: float, words: str) -> None:
    assert formatting.duration(seconds).replace(NARROW, " ") == words


SIZES = {
    "none": (0, "0 B"),
    "bytes": (999, "999 B"),
    "kilobytes": (1000, "1.0 kB"),
    "more of them": (12_345, "12 kB"),
    "rounded up to the next unit": (999_600, "1.0 MB"),
    "gigabytes": (4_400_000_000, "4.4 GB"),
    "more than anybody has": (5 * 10**18, "5,000.0 PB"),
}


@pytest.mark.parametrize(("count", "words"), SIZES.values(), ids=SIZES)
def test_a_size_is_told_in_its_unit(count: int, words: str) -> None:
    assert formatting.size(count).replace(NARROW, " ") == words


NUMBERS = {
    "few": (940, "940"),
    "thousands": (12_345, "12k"),
    "below ten millions": (3_440_000, "3.4M"),
    "rounded up to the next unit": (999_700, "1.0M"),
    "less than nothing": (-20_000, "-20k"),
}


@pytest.mark.parametrize(("value", "words"), NUMBERS.values(), ids=NUMBERS)
def test_a_count_is_short_where_there_is_little_room(value: int, words: str) -> None:
    assert formatting.short_number(value) == words


def test_numbers_have_their_thousands_apart() -> None:
    assert formatting.number(1234567) == "1,234,567"
    assert formatting.number(1234.5) == "1,234.5"
    assert formatting.plural(1, "asset") == "1 asset"
    assert formatting.plural(2000, "asset") == "2,000 assets"
    assert formatting.plural(0, "entry", "entries") == "0 entries"


def test_a_moment_that_no_calendar_has_is_told_all_the_same() -> None:
    assert formatting.absolute(1e30) == "1970-01-01 00:00:00 UTC"
    assert formatting.iso(float("nan")).startswith("1970")


@given(st.text(max_size=60), st.integers(3, 40))
def test_a_long_text_keeps_both_of_its_ends(text: str, length: int) -> None:
    short = formatting.shortened(text, length)
    assert len(short) <= length
    if len(text) > length:
        before, after = short.split("…")[0], short[short.index("…") + 1 :]
        assert text.startswith(before) or "…" in text
        assert text.endswith(after)
    else:
        assert short == text


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_a_longer_time_is_never_told_as_a_shorter_one(one: float, other: float) -> None:
    small, large = sorted((one, other))
    assert _seconds(formatting.duration(small)) <= _seconds(formatting.duration(large))


def _seconds(words: str) -> float:
    units = {"ms": 0.001, "s": 1, "min": 60, "h": 3600, "d": 86400}
    parts = words.replace(NARROW, " ").split()
    return sum(float(n) * units[unit] for n, unit in zip(parts[::2], parts[1::2], strict=True))


def test_every_word_of_status_has_a_glyph_that_is_drawn() -> None:
    from freshline_catalog.server.icons import GLYPHS

    assert {tone.glyph for tone in formatting.TONES.values()} <= set(GLYPHS)


def test_words_of_one_colour_are_told_apart_by_their_glyph() -> None:
    shown = {*(status.value for status in Status), "running", "failed"}
    assert len({formatting.TONES[word].glyph for word in shown}) == len(shown)
