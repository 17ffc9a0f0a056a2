"""The contract of storages, as far as removing goes: old versions, and bytes that nobody uses."""

import math
from collections.abc import Callable

import pytest

from freshline.errors import CorruptError, StorageError
from freshline.ports import Condition, Resolution, Storage
from freshline.testing.attempts import TARGET, Attempts, query
from freshline.testing.storage_reading import DEV, Deviation, StorageReading


class StorageRemoval(StorageReading):
    """What is removed is gone, and nothing else is."""

    def test_removed_versions_are_gone_and_the_others_whole(self, attempts: Attempts) -> None:
        """The head keeps number, stamp and rows; what went is not on record any more."""
        versions = [attempts.published(query(number)) for number in range(1, 6)]
        storage = attempts.storage
        stamp = storage.stamp(versions[-1])
        storage.remove(TARGET, [1, 3, 4])
        assert storage.numbers(TARGET) == (2, 5)
        for version in (versions[1], versions[4]):
            assert storage.manifest(TARGET, version.number).version == version
            assert storage.verify(version) == ()
            self.assert_holds(attempts, version, query(version.number))
        assert storage.inspect(versions[4], stamp).condition is Condition.INTACT
        for version in (versions[0], versions[2], versions[3]):
            assert storage.stamp(version) == ""
            assert storage.resolve(TARGET, version.publish_id) is Resolution.NOT_PUBLISHED
            with pytest.raises(CorruptError):
                storage.manifest(TARGET, version.number)

    def test_numbers_go_on_after_a_removal(self, attempts: Attempts) -> None:
        """A number is never given again while something is published."""
        for number in (1, 2, 3):
            attempts.published(query(number))
        attempts.storage.remove(TARGET, [1, 2])
        version = attempts.published(query(4))
        assert version.number == 4
        assert attempts.storage.numbers(TARGET) == (3, 4)
        self.assert_holds(attempts, version, query(4))

    def test_what_is_published_is_never_removed_alone(self, attempts: Attempts) -> None:
        """A removal that would leave readers with an older version is refused whole."""
        attempts.published(query(1))
        head = attempts.published(query(2))
        with pytest.raises(StorageError):
            attempts.storage.remove(TARGET, [2])
        assert attempts.storage.numbers(TARGET) == (1, 2)
        self.assert_holds(attempts, head, query(2))

    def test_a_target_can_be_removed_with_all_its_versions(self, attempts: Attempts) -> None:
        """Afterwards it is as if it had never been, and may begin again."""
        storage = attempts.storage
        old = [attempts.published(query(number)) for number in (1, 2)]
        other = attempts.published(query(9), DEV)
        storage.remove(TARGET, storage.numbers(TARGET))
        assert storage.current(TARGET) is None
        assert list(storage.targets()) == [DEV]
        assert storage.inspect(old[1], "").condition is Condition.GONE
        self.assert_holds(attempts, other, query(9))
        assert attempts.published(query(3)).number == 1

    def test_bytes_that_another_version_uses_stay(self, attempts: Attempts) -> None:
        """Neither a revert nor another environment loses what it points to."""
        first = attempts.published(query(1))
        second = attempts.published(query(2))
        shared = attempts.storage.publish(attempts.reverting(first, DEV))
        head = attempts.storage.publish(attempts.reverting(second))
        attempts.storage.remove(TARGET, [1, 2])
        assert attempts.storage.numbers(TARGET) == (3,)
        self.assert_holds(attempts, shared, query(1))
        self.assert_holds(attempts, head, query(2))
        attempts.storage.remove(DEV, [1])
        assert attempts.storage.stamp(shared) == ""
        self.assert_holds(attempts, head, query(2))

    def test_removing_again_changes_nothing(self, attempts: Attempts) -> None:
        """Numbers that are not on record are passed over."""
        for number in (1, 2):
            attempts.published(query(number))
        for _ in range(2):
            attempts.storage.remove(TARGET, [1, 7])
        attempts.storage.remove(DEV, [1])
        assert attempts.storage.numbers(TARGET) == (2,)

    def test_leftovers_are_the_bytes_of_no_version(self, attempts: Attempts) -> None:
        """They are listed with the address that `abort` takes, and are gone behind it."""
        storage = attempts.storage
        head = attempts.published(query(1))
        assert storage.leftovers(TARGET.project, math.inf) == ()
        sealed = attempts.sealed(query(2))
        (found,) = storage.leftovers(TARGET.project, math.inf)
        assert (found.target.asset, found.attempt) == (TARGET.asset, sealed.mat_id)
        assert found.target.project == TARGET.project
        assert storage.leftovers(TARGET.project, 0.0) == ()
        storage.abort(found.target, found.attempt)
        assert storage.leftovers(TARGET.project, math.inf) == ()
        self.assert_holds(attempts, head, query(1))

    def test_leftovers_of_a_process_that_died_are_found_by_another(
        self, attempts: Attempts, reopen: Callable[[], Storage]
    ) -> None:
        """Also where nothing was ever published."""
        sealed = attempts.sealed(query(1))
        fresh = reopen()
        found = fresh.leftovers(TARGET.project, math.inf)
        if Deviation.FORGETS in self.deviations:
            assert found == ()
            return
        assert [leftover.attempt for leftover in found] == [sealed.mat_id]
        fresh.abort(found[0].target, sealed.mat_id)
        assert fresh.leftovers(TARGET.project, math.inf) == ()
