"""Which versions are out of retention, and what their removal gives back."""

from collections.abc import Sequence

import pytest

from freshline.definitions import Retention
from freshline.keys import Target
from freshline.reconcile.retention import expired, freed
from freshline.versions import DataFile, PublishKind, Version

DAY = 86_400.0
TARGET = Target("shop", "main", "marts.daily")


def version(number: int, day: float, mat_id: str = "") -> Version:
    mat_id = mat_id or f"m{number}"
    return Version(
        target=TARGET,
        number=number,
        publish_id=f"p{number}",
        mat_id=mat_id,
        fence=number,
        kind=PublishKind.BUILD,
        at=day * DAY,
        rows=1,
        columns=(),
        files=(DataFile(f"data/{mat_id}", 10 * number, ""),),
    )


def shelf(*days: float) -> list[Version]:
    """Return versions 1, 2 ... published on these days."""
    return [version(number, day) for number, day in enumerate(days, 1)]


@pytest.mark.parametrize(
    ("versions", "kept", "retention", "today", "out"),
    [
        ([], (), Retention(), 100, []),
        (shelf(0), (), Retention(versions=1, days=0), 100, []),
        (shelf(0, 1, 2, 3, 4, 5, 6), (), Retention(), 100, [1, 2]),
        (shelf(0, 1, 2, 3, 4, 5, 6), (), Retention(), 8.5, [1]),
        (shelf(0, 1, 2, 3, 4, 5, 6), (), Retention(versions=2, days=1000), 100, []),
        (shelf(0, 99), (), Retention(versions=1, days=7), 100, []),
        (shelf(0, 99), (), Retention(versions=1, days=7), 107, [1]),
        (shelf(0, 1), (), Retention(versions=0, days=0), 100, [1]),
        (shelf(0, 1, 2), ("m1",), Retention(versions=1, days=0), 100, [2]),
        (shelf(0, 200), (), Retention(versions=1, days=7), 100, []),
    ],
    ids=[
        "nothing of nothing",
        "never the current one",
        "all but the newest five",
        "none that was replaced in the last seven days",
        "whichever keeps more: days",
        "days count from the replacement: replaced yesterday",
        "days count from the replacement: replaced eight days ago",
        "the current one stays though none is asked for",
        "one that is pinned or a candidate stays at any age",
        "a replacement from a clock that runs ahead",
    ],
)
def test_versions_expire(
    versions: Sequence[Version],
    kept: Sequence[str],
    retention: Retention,
    today: float,
    out: list[int],
) -> None:
    found = expired(versions, kept, retention, today * DAY)
    assert [version.number for version in found] == out


def test_only_bytes_that_nobody_uses_are_given_back_and_each_once() -> None:
    first, second = version(1, 0), version(2, 1)
    again = version(3, 2, mat_id="m1")
    assert freed([first, second], [again]) == 20
    assert freed([first, again], []) == 30
    assert freed([], [first]) == 0
