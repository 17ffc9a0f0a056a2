"""The pulse of a catalog moves with what others commit, and with nothing else."""

from contextlib import closing
from pathlib import Path

import pytest

from freshline.errors import CatalogError
from freshline.testing.specimens import one_of_each
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.pulse import SqlitePulse


def test_it_moves_with_each_commit_and_rests_in_between(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    with closing(SqliteEventLog(path)) as log, closing(SqlitePulse(path)) as pulse:
        seen = [pulse()]
        for event in one_of_each()[:3]:
            log.append([event])
            seen += [pulse(), pulse()]
    assert seen[1::2] == seen[2::2]
    assert len({seen[0], *seen[1::2]}) == 4


def test_reading_moves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    with closing(SqliteEventLog(path)) as log, closing(SqlitePulse(path)) as pulse:
        before = pulse()
        log.events()
        log.snapshot("shop", "main")
        assert pulse() == before


def test_two_feel_the_same_commit(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    with (
        closing(SqliteEventLog(path)) as log,
        closing(SqlitePulse(path)) as one,
        closing(SqlitePulse(path)) as other,
    ):
        before = (one(), other())
        log.append(one_of_each()[:1])
        after = (one(), other())
    assert before[0] != after[0] and before[1] != after[1]


def test_what_is_no_catalog_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(CatalogError), closing(SqlitePulse(path)) as pulse:
        pulse()
