"""What addresses say: places in lists, and moments; whatever else is refused, and never fails."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshline_catalog.server.cursors import cursor, place, sequence_in
from freshline_catalog.server.moments import moment
from freshline_catalog.server.problems import InvalidError

NOW = 1_800_000_000.0


@settings(deadline=None)
@given(st.integers(0, (1 << 62) - 1))
def test_a_cursor_leads_back_to_its_place(sequence: int) -> None:
    assert sequence_in(cursor(sequence)) == sequence


@settings(deadline=None)
@given(st.integers(), st.text(max_size=40), st.floats(allow_nan=False, allow_infinity=False))
def test_a_cursor_of_several_parts_leads_back_to_them(one: int, two: str, three: float) -> None:
    assert place(cursor(one, two, three), int, str, float) == (one, two, three)


@settings(deadline=None)
@given(st.text(max_size=60) | st.builds(cursor, st.text(max_size=5)) | st.just("x" * 1000))
def test_any_other_word_is_refused(word: str) -> None:
    with pytest.raises(InvalidError):
        sequence_in(word)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("", None),
        ("  ", None),
        ("24h", NOW - 86400),
        ("90min", NOW - 5400),
        ("2w", NOW - 14 * 86400),
        ("2027-01-31", 1_801_353_600.0),
        ("2027-01-31T12:00", 1_801_396_800.0),
        ("2027-01-31T12:00+02:00", 1_801_389_600.0),
        ("1801353600.5", 1_801_353_600.5),
    ],
)
def test_a_moment_is_read(text: str, at: float | None) -> None:
    assert moment(text, NOW) == at


@pytest.mark.parametrize(
    "text", ["tomorrow", "nan", "inf", "1e300", "-5d", "2027-13-01", "1_0" * 9]
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(InvalidError):
        moment(text, NOW)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_moment_or_refused(text: str) -> None:
    try:
        found = moment(text, NOW)
    except InvalidError:
        return
    assert found is None or abs(found) < 1e13
