"""Whether a failed step is tried again, and after how long: a function of error and policy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshline.definitions import Retries
from freshline.errors import (
    BusyError,
    CheckFailedError,
    ComputeError,
    ConflictError,
    CorruptError,
    DeniedError,
    FencedError,
    FreshlineError,
    InternalError,
    ResourceError,
    TimedOutError,
    UnknownOutcomeError,
)
from freshline.execute.retry import DEFAULT, JITTER, LONGEST, allowed, may_help, wait_before

DECLARED = Retries(count=3)


@pytest.mark.parametrize(
    ("error", "by_itself", "when_declared"),
    [
        (ResourceError("the disk is full"), True, True),
        (BusyError("the file is in use"), True, True),
        (UnknownOutcomeError("the reply was lost"), True, True),
        (DeniedError("no permission"), False, False),
        (ComputeError("division by zero"), False, True),
        (TimedOutError("took too long"), False, True),
        (CheckFailedError("not unique"), False, False),
        (ConflictError("the head moved"), False, False),
        (FencedError("somebody took over"), False, False),
        (CorruptError("not what was written", name="x"), False, False),
        (InternalError("a bug"), False, False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_waiting_may_help_by_the_type_of_the_error(
    error: FreshlineError, by_itself: bool, when_declared: bool
) -> None:
    assert (may_help(error, None), may_help(error, DECLARED)) == (by_itself, when_declared)


@pytest.mark.parametrize(
    ("declared", "most", "expected"),
    [
        (None, None, DEFAULT.count),
        (DECLARED, None, 3),
        (Retries(count=0), None, 0),
        (DECLARED, 0, 0),
        (None, 7, 7),
    ],
    ids=["nothing said", "declared", "declared as never", "the caller says never", "or 7 times"],
)
def test_the_callers_word_counts_before_the_authors(
    declared: Retries | None, most: int | None, expected: int
) -> None:
    assert allowed(declared, most) == expected


def test_waits_grow_from_five_seconds_by_two() -> None:
    assert [wait_before(n, None, 0.5) for n in (1, 2, 3)] == [5.0, 10.0, 20.0]


def test_the_declared_delay_and_growth_are_followed() -> None:
    declared = Retries(count=9, delay=1.0, backoff=3.0)
    assert [wait_before(n, declared, 0.5) for n in (1, 2, 3)] == [1.0, 3.0, 9.0]


@given(
    st.integers(1, 10_000),
    st.floats(0, 1e6),
    st.floats(1, 1e6),
    st.floats(0, 1),
)
def test_no_wait_is_longer_than_the_longest_and_chance_moves_it_by_a_quarter(
    retry: int, delay: float, backoff: float, chance: float
) -> None:
    declared = Retries(count=retry, delay=delay, backoff=backoff)
    wait, middle = (wait_before(retry, declared, c) for c in (chance, 0.5))
    assert 0 <= wait <= max(LONGEST, delay) * (1 + JITTER)
    assert middle * (1 - JITTER) * 0.999 <= wait <= middle * (1 + JITTER) * 1.001
