"""How often: token buckets, by caller and by what is asked for."""

from hypothesis import given
from hypothesis import strategies as st

from freshline_catalog.server.door.limits import Buckets, Rate

RATE = Rate("search", 3, 1.0)


def test_a_bucket_is_full_at_first_and_filled_again_evenly() -> None:
    buckets = Buckets()
    assert [buckets.take(RATE, "a", 0.0) for _ in range(3)] == [0, 0, 0]
    assert round(buckets.take(RATE, "a", 0.0), 3) == 0.333
    assert buckets.take(RATE, "a", 0.5) == 0
    assert buckets.take(RATE, "a", 0.5) > 0


def test_every_caller_and_every_rate_has_a_bucket_of_its_own() -> None:
    buckets = Buckets()
    for _ in range(3):
        buckets.take(RATE, "a", 0.0)
    assert buckets.take(RATE, "b", 0.0) == 0
    assert buckets.take(Rate("login", 3, 1.0), "a", 0.0) == 0
    assert buckets.take(RATE, "a", 0.0) > 0


def test_many_callers_do_not_fill_the_memory() -> None:
    buckets = Buckets()
    for n in range(25_000):
        buckets.take(RATE, str(n), 0.0)
    assert len(vars(buckets)["_left"]) <= 10_000


@given(
    st.lists(st.floats(0, 2), max_size=60),
    st.integers(1, 10),
    st.floats(0.5, 10),
)
def test_in_any_stretch_of_time_no_more_is_let_through_than_the_rate_allows(
    pauses: list[float], most: int, seconds: float
) -> None:
    rate, buckets, now, let_through = Rate("r", most, seconds), Buckets(), 0.0, list[float]()
    for pause in pauses:
        now += pause
        if buckets.take(rate, "a", now) == 0:
            let_through.append(now)
    for first, start in enumerate(let_through):
        for last in range(first, len(let_through)):
            allowed = most + (let_through[last] - start) * most / seconds
            assert last - first + 1 <= allowed + 1e-6
