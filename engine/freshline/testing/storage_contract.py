"""The contract kit for storages: what every implementation of `freshline.ports.Storage` must do.

Subclass `StorageContract` in a test module and give it the storage:

    class TestMine(StorageContract):
        @pytest.fixture
        def reopen(self, tmp_path: Path) -> Callable[[], Storage]:
            return lambda: Mine(tmp_path)      # each call: a fresh instance over the same data

        def touch(self, version: Version) -> None: ...                        # its stamp only
        def damage(self, version: Version, compute: Compute) -> None: ...     # its content

`touch` and `damage` bypass the storage, so that one which lies consistently is still caught. What a
storage openly does not do is listed in `deviations`: the tests concerned then assert the lesser
promise that the deviation states, and nothing is skipped in silence.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from freshline.errors import (
    ComputeError,
    ConflictError,
    CorruptError,
    FencedError,
    FreshlineError,
)
from freshline.keys import Target
from freshline.ports import Compute, Condition, Resolution, Storage
from freshline.testing.attempts import TARGET, Attempts, new_id, query
from freshline.testing.storage_reading import DEV, Deviation
from freshline.testing.storage_relayout import StorageRelayout
from freshline.versions import Publication, PublishKind, Version

__all__ = ["Deviation", "StorageContract"]


class StorageContract(StorageRelayout):
    """The obligations of a storage, one test each."""

    def test_what_is_staged_is_invisible_and_readable_by_its_own_attempt(
        self, attempts: Attempts, storage: Storage, compute: Compute
    ) -> None:
        """Written and sealed bytes are nobody's but the attempt's."""
        text = query(1)
        stage = storage.begin(TARGET, new_id())
        stage.write(compute, text, compute.measure(f"({text})").columns)
        stage.seal()
        assert compute.measure(stage.relation) == compute.measure(f"({text})")
        assert storage.current(TARGET) is None
        assert list(storage.targets()) == []

    def test_a_sealed_stage_takes_no_more(self, storage: Storage, compute: Compute) -> None:
        """The inventory is final: a later write is refused."""
        stage = storage.begin(TARGET, new_id())
        columns = compute.measure(f"({query(1)})").columns
        stage.write(compute, query(1), columns)
        stage.seal()
        with pytest.raises(FreshlineError):
            stage.write(compute, query(2), columns)

    def test_nothing_written_cannot_be_sealed(self, storage: Storage) -> None:
        """An inventory of nothing would be published as a version."""
        with pytest.raises(FreshlineError):
            storage.begin(TARGET, new_id()).seal()

    def test_publishing_makes_the_whole_record_current(self, attempts: Attempts) -> None:
        """The head says all that the publication said, under the next number."""
        publication = attempts.sealed(query(1))
        version = attempts.storage.publish(publication)
        assert (version.number, version.target) == (1, TARGET)
        assert (version.publish_id, version.mat_id) == (publication.publish_id, publication.mat_id)
        manifest = attempts.storage.current(TARGET)
        assert manifest is not None
        assert manifest.version == version
        assert (manifest.trace, manifest.logic) == (publication.trace, publication.logic)
        self.assert_holds(attempts, version, query(1))

    @pytest.mark.parametrize("base", [0, 1, 3], ids=["none", "an older one", "one to come"])
    def test_a_publish_against_another_head_is_a_conflict(
        self, attempts: Attempts, base: int
    ) -> None:
        """Only who has seen the head may replace it; losing leaves no trace."""
        attempts.published(query(1))
        head = attempts.published(query(2))
        late = replace(attempts.sealed(query(3)), base=base)
        with pytest.raises(ConflictError):
            attempts.storage.publish(late)
        manifest = attempts.storage.current(TARGET)
        assert manifest is not None and manifest.version == head
        assert attempts.storage.resolve(TARGET, late.publish_id) is Resolution.NOT_PUBLISHED

    def test_an_attempt_that_a_newer_one_overtook_is_fenced(self, attempts: Attempts) -> None:
        """A zombie hears that it is over, whichever head it claims to have seen."""
        zombie = attempts.sealed(query(1))
        head = attempts.storage.publish(replace(attempts.sealed(query(2)), fence=zombie.fence + 1))
        for base in (zombie.base, head.number):
            with pytest.raises(FencedError):
                attempts.storage.publish(replace(zombie, base=base))
        self.assert_holds(attempts, head, query(2))
        assert attempts.storage.numbers(TARGET) == (1,)

    def test_a_retry_of_the_same_attempt_is_not_fenced_by_itself(self, attempts: Attempts) -> None:
        """Only a higher fence fences."""
        head = attempts.published(query(1))
        retry = replace(attempts.sealed(query(2)), fence=head.fence)
        assert attempts.storage.publish(retry).number == 2

    def test_publishing_again_returns_the_version_it_made(self, attempts: Attempts) -> None:
        """A publish whose answer was lost may be repeated, even late."""
        publication = attempts.sealed(query(1))
        version = attempts.storage.publish(publication)
        assert attempts.storage.publish(publication) == version
        assert attempts.storage.publish(replace(publication, base=1)) == version
        attempts.storage.publish(replace(attempts.sealed(query(2)), fence=version.fence))
        assert attempts.storage.publish(publication) == version
        attempts.published(query(3))
        assert attempts.storage.publish(publication) == version
        assert attempts.storage.numbers(TARGET) == (1, 2, 3)

    def test_a_revert_points_to_an_older_version_again(self, attempts: Attempts) -> None:
        """A revert is a new version with old bytes; what lies between stays."""
        first = attempts.published(query(1))
        attempts.published(query(2))
        publication = attempts.reverting(first)
        version = attempts.storage.publish(publication)
        assert version.number == 3
        assert (version.kind, version.mat_id) == (PublishKind.REVERT, first.mat_id)
        assert version.publish_id == publication.publish_id != first.publish_id
        self.assert_holds(attempts, version, query(1))
        self.assert_holds(attempts, attempts.storage.manifest(TARGET, 2).version, query(2))

    def test_resolve_knows_every_publish_and_no_other(self, attempts: Attempts) -> None:
        """Recovery can ask about any attempt, in its own environment."""
        unpublished = attempts.sealed(query(9))
        first = attempts.published(query(1))
        second = attempts.published(query(2))
        revert = attempts.storage.publish(attempts.reverting(first))
        storage = attempts.storage
        for version in (first, second, revert):
            assert storage.resolve(TARGET, version.publish_id) is Resolution.PUBLISHED
            assert storage.resolve(DEV, version.publish_id) is Resolution.NOT_PUBLISHED
        assert storage.resolve(TARGET, unpublished.publish_id) is Resolution.NOT_PUBLISHED

    def test_abort_makes_room_and_may_be_repeated(self, attempts: Attempts) -> None:
        """An aborted attempt is as if it had never begun."""
        publication = attempts.sealed(query(1))
        for _ in range(2):
            attempts.storage.abort(TARGET, publication.mat_id)
        attempts.storage.abort(TARGET, new_id())
        assert attempts.storage.resolve(TARGET, publication.publish_id) is Resolution.NOT_PUBLISHED
        version = attempts.published(query(2), mat_id=publication.mat_id)
        self.assert_holds(attempts, version, query(2))

    def test_abort_leaves_bytes_that_any_version_uses(self, attempts: Attempts) -> None:
        """No environment and no revert loses bytes to an abort."""
        first = attempts.published(query(1))
        second = attempts.published(query(2))
        shared = attempts.storage.publish(attempts.reverting(first, DEV))
        for target in (TARGET, DEV, TARGET._replace(environment="other")):
            attempts.storage.abort(target, first.mat_id)
            attempts.storage.abort(target, second.mat_id)
        self.assert_holds(attempts, shared, query(1))
        self.assert_holds(attempts, second, query(2))

    def test_a_query_that_fails_changes_nothing(self, attempts: Attempts) -> None:
        """The engine's error passes through, the head stays."""
        head = attempts.published(query(1))
        mat_id = new_id()
        stage = attempts.storage.begin(TARGET, mat_id)
        with pytest.raises(ComputeError):
            stage.write(attempts.compute, "SELECT error('no') AS version", head.columns[:1])
        attempts.storage.abort(TARGET, mat_id)
        self.assert_holds(attempts, head, query(1))
        assert attempts.storage.numbers(TARGET) == (1,)

    @pytest.mark.parametrize(
        "other",
        [DEV, TARGET._replace(asset="marts"), TARGET._replace(partition="1")],
        ids=["another environment", "another asset", "a partition"],
    )
    def test_work_on_one_target_never_touches_another(
        self, attempts: Attempts, other: Target
    ) -> None:
        """Attempts elsewhere change neither content nor stamp."""
        version = attempts.published(query(1))
        stamp = attempts.storage.stamp(version)
        abandoned = attempts.sealed(query(2), other)
        attempts.storage.abort(other, abandoned.mat_id)
        attempts.published(query(3), other)
        assert attempts.storage.inspect(version, stamp).condition is Condition.INTACT
        assert attempts.storage.numbers(TARGET) == (1,)
        self.assert_holds(attempts, version, query(1))

    def test_a_view_is_a_version_without_files(self, attempts: Attempts) -> None:
        """Its record is all there is; it is numbered, found and pointed to again like any other."""
        rows = attempts.sealed(query(1))
        view = replace(rows, files=(), rows=0, query="SELECT 1 AS x")
        first = attempts.storage.publish(view)
        assert (first.number, first.query, first.bytes) == (1, "SELECT 1 AS x", 0)
        stamp = attempts.storage.stamp(first)
        assert attempts.storage.inspect(first, stamp).condition is Condition.INTACT
        assert not attempts.storage.verify(first)
        attempts.published(query(2))
        again = replace(attempts.reverting(first), query=first.query)
        assert attempts.storage.publish(again).query == first.query
        with pytest.raises(FreshlineError):
            attempts.storage.publish(replace(attempts.reverting(first), publish_id=new_id()))

    def test_environments_share_data_and_nothing_else(self, attempts: Attempts) -> None:
        """A promotion points to the same bytes; heads move alone."""
        version = attempts.published(query(1), DEV)
        promoted = attempts.storage.publish(attempts.reverting(version, TARGET))
        assert promoted.files == version.files
        attempts.published(query(2), DEV)
        self.assert_holds(attempts, promoted, query(1))
        assert attempts.storage.numbers(TARGET) == (1,)

    def test_racing_publishes_get_one_number_each(self, attempts: Attempts) -> None:
        """Losers plan anew; no number is given twice and none is left out."""

        def race(worker: int) -> list[int]:
            return [insist(attempts.sealed(query(worker))) for _ in range(5)]

        def insist(publication: Publication) -> int:
            while True:
                try:
                    return attempts.storage.publish(publication).number
                except (ConflictError, FencedError):
                    publication = attempts.against_head(publication)

        with ThreadPoolExecutor(4) as pool:
            numbers = [number for each in pool.map(race, range(4)) for number in each]
        assert sorted(numbers) == list(range(1, 21))
        assert attempts.storage.numbers(TARGET) == tuple(range(1, 21))

    def test_one_publication_from_many_threads_makes_one_version(self, attempts: Attempts) -> None:
        """A repeated publish is one, even at the same time."""
        publication = attempts.sealed(query(1))
        start = threading.Barrier(4)

        def publish(_: int) -> Version:
            start.wait()
            return attempts.storage.publish(publication)

        with ThreadPoolExecutor(4) as pool:
            versions = set(pool.map(publish, range(4)))
        assert len(versions) == 1
        assert attempts.storage.numbers(TARGET) == (1,)

    def test_readers_see_whole_versions_while_others_are_published(
        self, attempts: Attempts
    ) -> None:
        """Every read is one whole version."""
        attempts.published(query(1))
        done = threading.Event()

        def read() -> int:
            reads = 0
            while not done.is_set() or not reads:
                manifest = attempts.storage.current(TARGET)
                assert manifest is not None
                self.assert_holds(attempts, manifest.version, query(manifest.version.number))
                reads += 1
            return reads

        with ThreadPoolExecutor(1) as pool:
            reads = pool.submit(read)
            for number in range(2, 15):
                attempts.published(query(number))
            done.set()
            assert reads.result() > 0

    def test_a_publication_of_bytes_that_are_gone_is_refused(self, attempts: Attempts) -> None:
        """A version that could not be read is never published."""
        publication = attempts.sealed(query(1))
        attempts.storage.abort(TARGET, publication.mat_id)
        with pytest.raises(CorruptError):
            attempts.storage.publish(publication)
        assert attempts.storage.current(TARGET) is None
