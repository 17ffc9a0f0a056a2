"""The contract of storages, as far as layouts go: other columns of the same files."""

import math
from collections.abc import Mapping
from dataclasses import replace

import pytest

from freshline.errors import CorruptError
from freshline.ports import Condition
from freshline.testing.attempts import TARGET, Attempts, query
from freshline.testing.storage_reading import DEV
from freshline.testing.storage_removal import StorageRemoval
from freshline.versions import PublishKind

# Of one row with columns of which some are not kept as they are: what is read under which names.
LAYOUTS: Mapping[str, Mapping[str, str]] = {
    "a column dropped": {"n": "n", "span": "span"},
    "columns reordered": {"span": "span", 'odd "one': 'odd "one', "n": "n"},
    "a column renamed": {"total": "n", 'odd "one': 'odd "one', "span": "span"},
    "another case": {"N": "n", "Span": "span"},
    "names exchanged": {"span": "n", "n": "span"},
    "one under two names": {"n": "n", "again": "n"},
}
_TEXT = """SELECT sum(9007199254740993) AS n, 'x' AS "odd ""one", INTERVAL '5.123456 s' AS span"""


class StorageRelayout(StorageRemoval):
    """A layout is exact, and the files that versions share stay while any of them does."""

    @pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
    def test_a_relayout_has_its_columns_of_the_same_files(
        self, attempts: Attempts, layout: Mapping[str, str]
    ) -> None:
        """Values, types, names and their order are exact; the version before stays as it was."""
        first = attempts.published(_TEXT)
        publication = attempts.relaid(first, layout)
        version = attempts.storage.publish(publication)
        assert (version.number, version.kind) == (2, PublishKind.RELAYOUT)
        assert (version.files, version.columns) == (first.files, publication.columns)
        parts = (f"{_quoted(old)} AS {_quoted(new)}" for new, old in layout.items())
        self.assert_holds(attempts, version, f"SELECT {', '.join(parts)} FROM ({_TEXT})")
        self.assert_holds(attempts, first, _TEXT)
        assert attempts.storage.verify(version) == ()
        assert attempts.storage.manifest(TARGET, 2).version == version

    def test_a_relayout_of_a_relayout_reads_the_same_files(self, attempts: Attempts) -> None:
        """Names lead back to those in the files, however often columns were renamed."""
        first = attempts.published("SELECT 1 AS a, 'x' AS b, 2.5 AS c")
        publish = attempts.storage.publish
        second = publish(attempts.relaid(first, {"c": "a", "b": "b"}))
        third = publish(attempts.relaid(second, {"b": "c", "a": "b"}))
        self.assert_holds(attempts, third, "SELECT 1 AS b, 'x' AS a")
        back = publish(attempts.reverting(second))
        self.assert_holds(attempts, back, "SELECT 1 AS c, 'x' AS b")

    def test_neither_abort_nor_removal_takes_the_files_of_a_relayout(
        self, attempts: Attempts
    ) -> None:
        """Whoever made the bytes, and in whatever environment they are used."""
        storage = attempts.storage
        first = attempts.published(query(1))
        version = storage.publish(attempts.relaid(first, {"row": "row"}))
        attempts.published(query(2))
        abandoned = attempts.relaid(version, {"number": "row"})
        for mat_id in (first.mat_id, version.mat_id, abandoned.mat_id):
            storage.abort(TARGET, mat_id)
            storage.abort(DEV, mat_id)
        storage.remove(TARGET, [first.number])
        self.assert_holds(attempts, version, "SELECT i AS row FROM range(5) t(i)")
        assert storage.stamp(version)
        storage.remove(TARGET, [version.number])
        assert storage.stamp(version) == ""

    def test_a_relayout_is_inspected_like_any_version(self, attempts: Attempts) -> None:
        """Its stamp holds, and what is published after it is newer."""
        first = attempts.published(query(1))
        version = attempts.storage.publish(attempts.relaid(first, {"row": "row"}))
        stamp = attempts.storage.stamp(version)
        assert attempts.storage.inspect(version, stamp).condition is Condition.INTACT
        assert attempts.storage.inspect(first, stamp).condition is Condition.NEWER

    def test_shared_files_are_another_assets_own(self, attempts: Attempts) -> None:
        """What one asset gives up, the other goes on reading; sharing again changes nothing."""
        storage, other = attempts.storage, TARGET._replace(asset="marts.renamed")
        first = attempts.published(query(1))
        files = storage.share(first.files, other)
        assert storage.share(first.files, other) == files
        publication = replace(attempts.reverting(first, other), files=files)
        version = storage.publish(publication)
        stamp = storage.stamp(version)
        assert stamp and storage.verify(version) == ()
        storage.remove(TARGET, [first.number])
        assert storage.stamp(first) == "" or first.files == files
        assert storage.inspect(version, stamp).condition is Condition.INTACT
        self.assert_holds(attempts, version, query(1))
        storage.remove(other, [version.number])
        assert storage.stamp(version) == ""

    def test_files_that_are_gone_cannot_be_shared(self, attempts: Attempts) -> None:
        """Nobody is given a version that cannot be read."""
        abandoned = attempts.sealed(query(1))
        attempts.storage.abort(TARGET, abandoned.mat_id)
        with pytest.raises(CorruptError):
            attempts.storage.share(abandoned.files, TARGET._replace(asset="marts.renamed"))

    def test_shared_files_that_no_version_uses_are_left_over(self, attempts: Attempts) -> None:
        """Whoever died before the publish leaves nothing that cannot be found."""
        other = TARGET._replace(asset="marts.renamed")
        first = attempts.published(query(1))
        files = attempts.storage.share(first.files, other)
        if files == first.files:
            return  # nothing was made
        (left,) = attempts.storage.leftovers(TARGET.project, math.inf)
        attempts.storage.abort(left.target, left.attempt)
        assert attempts.storage.leftovers(TARGET.project, math.inf) == ()
        self.assert_holds(attempts, first, query(1))


def _quoted(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'
