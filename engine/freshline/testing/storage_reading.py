"""The contract of storages, as far as reading goes: content, addresses, stamps and damage."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import StrEnum
from typing import ClassVar

import pytest

from freshline.errors import (
    CorruptError,
)
from freshline.ports import Compute, Condition, Resolution, Storage
from freshline.testing.attempts import TARGET, Attempts, new_id, query
from freshline.testing.compute import DuckDBCompute
from freshline.versions import Version

DEV = TARGET._replace(environment="dev")

# Names that authors, partitions and environments may have; each must be a target of its own.
ADDRESSES = (
    TARGET,
    DEV,
    TARGET._replace(asset="marts.daily_2"),
    TARGET._replace(asset="marts"),
    *(
        TARGET._replace(partition=partition)
        for partition in (
            "2024-01-01",
            "2024-01-01T00:00",
            "de",
            "DE",
            "a/b",
            "a%2fb",
            "..",
            "../../x",
            "00000000000000000001.json",
            'it\'s "q" [x]*?',
            "ü\n",
            "con",
        )
    ),
)

# One column each of what DuckDB knows, with a value that a careless format would lose.
TYPES = {
    "a whole number beyond 64 bits": "123456789012345678901234567890::HUGEINT",
    "a sum of whole numbers": "sum(9007199254740993::BIGINT)",
    "128 bits without sign": "340282366920938463463374607431768211455::VARCHAR::UHUGEINT",
    "a decimal": "1.10::DECIMAL(18,2)",
    "not a number": "'nan'::DOUBLE",
    "a date without end": "'infinity'::DATE",
    "an instant": "'2024-03-31 02:30:00.000001+00'::TIMESTAMPTZ",
    "a moment to the nanosecond": "'2024-03-31 02:30:00.123456789'::TIMESTAMP_NS",
    "a moment to the second": "'2024-03-31 02:30:00'::TIMESTAMP_S",
    "a time with an offset": "'12:00:00+02'::TIMETZ",
    "an interval": "INTERVAL '14 months -3 days 5.123456 seconds'",
    "one of a few": "'b''c'::ENUM('a', 'b''c')",
    "bytes": "'\\x00\\xFF'::BLOB",
    "bits": "'0101'::BIT",
    "a uuid": "'ffffffff-ffff-ffff-ffff-ffffffffffff'::UUID",
    "text with a zero": "'a' || chr(0) || '''\"'",
    "json": "'{\"a\": [1, null]}'::JSON",
    "a list with a gap": "[1, NULL, 3]",
    "an array of fixed length": "[1, NULL, 3]::INTEGER[3]",
    "a struct with odd names": "{'hugeint': 1::HUGEINT, 'a \"b': [{'interval': INTERVAL 1 DAY}]}",
    "a map": "MAP {1::HUGEINT: 'x'::ENUM('x')}",
    "a union": "union_value(text := 'x')::UNION(number INTEGER, text VARCHAR)",
    "nothing at all": "NULL",
}


class Deviation(StrEnum):
    """A promise that a storage may openly not keep, and what holds instead."""

    FORGETS = "a fresh instance finds nothing: versions last as long as the instance"
    INSPECTS_RECORDS_ONLY = "inspect does not notice touched bytes; verify notices damaged ones"


class StorageReading:
    """What every storage owes its readers; `StorageContract` adds what it owes its writers."""

    deviations: ClassVar[frozenset[Deviation]] = frozenset()

    @pytest.fixture
    def reopen(self) -> Callable[[], Storage]:
        """Return what makes a fresh instance over the same data, as another process would."""
        raise NotImplementedError("give the storage to test")

    @pytest.fixture
    def compute(self) -> Iterator[Compute]:
        """Return the engine that reads and writes; any real one will do."""
        engine = DuckDBCompute()
        yield engine
        engine.close()

    @pytest.fixture
    def storage(self, reopen: Callable[[], Storage]) -> Storage:
        """Return the storage under test, with nothing in it."""
        return reopen()

    @pytest.fixture
    def attempts(self, storage: Storage, compute: Compute) -> Attempts:
        """Return what makes whole attempts."""
        return Attempts(storage=storage, compute=compute)

    def touch(self, version: Version) -> None:
        """Change what the storage's stamp is made of and leave the content."""
        raise NotImplementedError("declare a deviation, or say how bytes are touched")

    def damage(self, version: Version, compute: Compute) -> None:
        """Change the content of a version behind the storage's back."""
        raise NotImplementedError("say how bytes are damaged")

    def assert_holds(self, attempts: Attempts, version: Version, text: str) -> None:
        """Assert that a version has exactly the rows and columns of a query."""
        found = attempts.compute.measure(attempts.storage.relation(version))
        assert found == attempts.compute.measure(f"({text})")

    def test_a_new_storage_is_empty(self, storage: Storage) -> None:
        """Nothing is current, nothing is numbered, nothing was ever published."""
        assert storage.current(TARGET) is None
        assert storage.numbers(TARGET) == ()
        assert list(storage.targets()) == []
        assert storage.resolve(TARGET, new_id()) is Resolution.NOT_PUBLISHED

    def test_rows_may_be_none(self, attempts: Attempts) -> None:
        """A version without rows is a version and has its columns."""
        version = attempts.published(query(1, rows=0))
        assert version.rows == 0
        self.assert_holds(attempts, version, query(1, rows=0))

    @pytest.mark.parametrize("value", TYPES.values(), ids=TYPES.keys())
    def test_values_and_types_come_back_exactly(self, attempts: Attempts, value: str) -> None:
        """Whatever form bytes have, the relation has the query's rows and types."""
        text = f'SELECT {value} AS "Odd ""name", 1 AS beside UNION ALL SELECT NULL, 2'
        self.assert_holds(attempts, attempts.published(text), text)

    def test_versions_are_numbered_and_old_ones_stay_readable(self, attempts: Attempts) -> None:
        """Numbers grow by one; publishing overwrites nothing."""
        versions = [attempts.published(query(number)) for number in (1, 2, 3)]
        assert [version.number for version in versions] == [1, 2, 3]
        assert attempts.storage.numbers(TARGET) == (1, 2, 3)
        for version in versions:
            assert attempts.storage.manifest(TARGET, version.number).version == version
            self.assert_holds(attempts, version, query(version.number))

    def test_a_record_that_is_not_there_is_named(self, attempts: Attempts) -> None:
        """A number never published is no empty answer but an error with a name."""
        attempts.published(query(1))
        with pytest.raises(CorruptError) as caught:
            attempts.storage.manifest(TARGET, 7)
        assert caught.value.name

    def test_each_address_is_a_target_of_its_own(self, attempts: Attempts) -> None:
        """No name, however odd, leads to another's versions or out of the storage."""
        versions = {
            target: attempts.published(query(number), target)
            for number, target in enumerate(ADDRESSES)
        }
        assert sorted(attempts.storage.targets()) == sorted(ADDRESSES)
        for number, target in enumerate(ADDRESSES):
            manifest = attempts.storage.current(target)
            assert manifest is not None and manifest.version == versions[target]
            assert attempts.storage.numbers(target) == (1,)
            self.assert_holds(attempts, manifest.version, query(number))

    def test_an_untouched_head_is_intact(self, attempts: Attempts) -> None:
        """An equal stamp says so, again and again."""
        version = attempts.published(query(1))
        stamp = attempts.storage.stamp(version)
        assert stamp
        for _ in range(2):
            inspection = attempts.storage.inspect(version, stamp)
            assert (inspection.condition, inspection.stamp) == (Condition.INTACT, stamp)
        assert attempts.storage.verify(version) == ()

    def test_a_lost_stamp_is_found_again(self, attempts: Attempts) -> None:
        """Without a stamp the content decides."""
        version = attempts.published(query(1))
        inspection = attempts.storage.inspect(version, "")
        assert inspection.condition is Condition.RESTAMPED
        assert inspection.stamp == attempts.storage.stamp(version)

    def test_a_newer_head_is_reported_with_its_stamp(self, attempts: Attempts) -> None:
        """Who is behind learns it; the older version's stamp stays."""
        old = attempts.published(query(1))
        stamp = attempts.storage.stamp(old)
        new = attempts.published(query(2))
        inspection = attempts.storage.inspect(old, stamp)
        assert inspection.condition is Condition.NEWER
        assert inspection.stamp == attempts.storage.stamp(new)
        assert attempts.storage.stamp(old) == stamp

    def test_a_target_without_versions_is_gone(self, attempts: Attempts) -> None:
        """A record of the catalog that storage knows nothing of is no version."""
        version = attempts.published(query(1))
        stamp = attempts.storage.stamp(version)
        elsewhere = replace(version, target=DEV)
        assert attempts.storage.inspect(elsewhere, stamp).condition is Condition.GONE

    def test_a_touch_changes_the_stamp_only(self, attempts: Attempts) -> None:
        """Copied or restored bytes are the same version under another stamp."""
        version = attempts.published(query(1))
        stamp = attempts.storage.stamp(version)
        if Deviation.INSPECTS_RECORDS_ONLY in self.deviations:
            assert attempts.storage.inspect(version, stamp).condition is Condition.INTACT
            return
        self.touch(version)
        inspection = attempts.storage.inspect(version, stamp)
        assert inspection.condition is Condition.RESTAMPED
        assert inspection.stamp == attempts.storage.stamp(version) != stamp
        assert attempts.storage.inspect(version, inspection.stamp).condition is Condition.INTACT

    def test_damage_is_noticed_and_an_older_version_stays_readable(
        self, attempts: Attempts
    ) -> None:
        """Other content is never taken for the version."""
        old = attempts.published(query(1))
        version = attempts.published(query(2))
        stamp = attempts.storage.stamp(version)
        self.damage(version, attempts.compute)
        inspection = attempts.storage.inspect(version, stamp)
        if Deviation.INSPECTS_RECORDS_ONLY in self.deviations:
            assert inspection.condition is Condition.INTACT
        else:
            assert inspection.condition is Condition.DAMAGED
            assert inspection.detail
        (problem,) = attempts.storage.verify(version)
        assert version.files[0].path in problem
        assert attempts.storage.verify(old) == ()
        self.assert_holds(attempts, old, query(1))

    def test_a_fresh_instance_finds_what_was_published(
        self, attempts: Attempts, reopen: Callable[[], Storage]
    ) -> None:
        """What was acknowledged outlives the instance that published it."""
        publication = attempts.sealed(query(1))
        version = attempts.storage.publish(publication)
        stamp = attempts.storage.stamp(version)
        fresh = reopen()
        if Deviation.FORGETS in self.deviations:
            assert list(fresh.targets()) == []
            return
        manifest = fresh.current(TARGET)
        assert manifest is not None and manifest.version == version
        assert fresh.inspect(version, stamp).condition is Condition.INTACT
        assert fresh.publish(publication) == version
        self.assert_holds(Attempts(storage=fresh, compute=attempts.compute), version, query(1))
