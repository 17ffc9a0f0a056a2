"""A state machine that plays a storage against a model: attempts, aborts, removals and crashes.

Subclass `StorageMachine`, say how the storage is made, and hand `TestCase` to pytest:

    class MineMachine(StorageMachine):
        def make(self) -> Storage: ...        # a fresh instance over the same data

    TestMine = MineMachine.TestCase

The model is the plainest storage there is: for each target a list of what was published, and the
numbers that were removed again.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from freshline import failpoints
from freshline.errors import ConflictError, FencedError
from freshline.failpoints import Crash
from freshline.keys import Target
from freshline.ports import Condition, Measurement, Resolution, Storage
from freshline.testing.attempts import TARGET, Attempts, query
from freshline.testing.compute import DuckDBCompute
from freshline.versions import Publication, Version

TARGETS = (
    TARGET,
    TARGET._replace(environment="dev"),
    TARGET._replace(partition="2024-01"),
    TARGET._replace(asset="marts.weekly"),
)
# A crash in front of the first of these publishes nothing, one at or behind it has published.
BEFORE_VISIBLE = (
    "stage.open",
    "stage.after_write",
    "seal.before",
    "seal.after_fsync",
    "seal.after",
    "publish.before",
    "publish.torn_manifest",
    "publish.after_write",
)
AFTER_VISIBLE = ("publish.after_create", "publish.after")
IN_A_REMOVAL = ("gc.after_list", "gc.partial_delete")

# Half of all, so that rivals meet.
_targets = st.sampled_from((TARGET, TARGET, TARGET, *TARGETS[1:]))
_any = st.integers(min_value=0, max_value=1 << 16)
_many = st.sampled_from((0xFFFF, 0xFFFE, 0x5555))  # bits: which old versions go
_few = st.integers(min_value=1, max_value=4)


@dataclass(slots=True, kw_only=True)
class Model:
    """What must be true: versions by target, and publications that were never published."""

    published: dict[Target, list[tuple[Publication, Version]]] = field(
        default_factory=lambda: {target: [] for target in TARGETS}
    )
    removed: dict[Target, set[int]] = field(
        default_factory=lambda: {target: set() for target in TARGETS}
    )
    pending: list[Publication] = field(default_factory=list[Publication])

    def there(self, target: Target) -> list[tuple[Publication, Version]]:
        """Return what is still on record of a target."""
        gone = self.removed[target]
        return [entry for entry in self.published[target] if entry[1].number not in gone]

    def head(self, target: Target) -> tuple[int, int]:
        """Return number and fence of a target's head."""
        versions = self.published[target]
        return (len(versions), versions[-1][1].fence if versions else 0)


class StorageMachine(RuleBasedStateMachine):
    """Rules in the order of the commit protocol, and what must hold after each."""

    def __init__(self) -> None:
        super().__init__()
        self.compute = DuckDBCompute()
        self.storage = self.make()
        self.model = Model()
        self.count = self.fence = 0
        self.contents: dict[str, Measurement] = {}
        failpoints.arm("")

    def make(self) -> Storage:
        """Return a fresh instance over the same data, as another process would have."""
        raise NotImplementedError("say how the storage is made")

    def teardown(self) -> None:
        """Disarm, and let go of the engine."""
        failpoints.arm("")
        self.compute.close()

    @property
    def attempts(self) -> Attempts:
        """What makes attempts on the present instance."""
        return Attempts(storage=self.storage, compute=self.compute)

    @rule(on=st.lists(_targets, min_size=1, max_size=4))
    def stage(self, on: list[Target]) -> None:
        """Write and seal builds that know the present heads, perhaps rivals."""
        self.model.pending += [self._sealed(target) for target in on]

    @precondition(lambda self: self.model.pending)
    @rule(which=_any)
    def publish(self, which: int) -> None:
        """Publish a sealed build, perhaps planned against a head of long ago."""
        self._publish(self.model.pending.pop(which % len(self.model.pending)))

    @precondition(lambda self: self.model.pending)
    @rule(which=_any)
    def publish_against_the_head(self, which: int) -> None:
        """Publish a sealed build that was planned anew, but claimed long ago."""
        publication = self.model.pending.pop(which % len(self.model.pending))
        self._publish(replace(publication, base=self.model.head(publication.target)[0]))

    @precondition(lambda self: any(self.model.published.values()))
    @rule(which=_any)
    def publish_again(self, which: int) -> None:
        """Repeat a publish whose answer was lost."""
        publication, version = self._some(which)
        assert self.storage.publish(publication) == version

    @precondition(lambda self: any(self.model.published.values()))
    @rule(which=_any, environment=st.sampled_from(("main", "dev")))
    def point_to(self, which: int, environment: str) -> None:
        """Revert to a version, or promote it to another environment."""
        _, version = self._some(which)
        target = version.target._replace(environment=environment)
        if target in self.model.published:
            publication = self._claimed(self.attempts.reverting(version, target))
            self._keep(publication, self.storage.publish(publication))

    @precondition(lambda self: self.model.pending)
    @rule(which=_any)
    def abort(self, which: int) -> None:
        """Give up a sealed build."""
        publication = self.model.pending.pop(which % len(self.model.pending))
        self.storage.abort(publication.target, publication.mat_id)

    @precondition(lambda self: any(self.model.published.values()))
    @rule(which=_any, on=_targets)
    def abort_what_is_used(self, which: int, on: Target) -> None:
        """Ask for the removal of bytes that a version uses."""
        self.storage.abort(on, self._some(which)[1].mat_id)

    @precondition(lambda self: len(self.model.pending) > 3)
    @rule()
    def crash(self) -> None:
        """Lose all that was staged; another process takes over."""
        for publication in self.model.pending:
            self.storage.abort(publication.target, publication.mat_id)
        self.model.pending.clear()
        self.storage = self.make()

    @rule(on=_targets, where=st.sampled_from((*BEFORE_VISIBLE, *AFTER_VISIBLE)))
    def crash_in_an_attempt(self, on: Target, where: str) -> None:
        """Die at a failpoint of an attempt, take over and recover as a run would."""
        mat_id = self._new_id()
        sealed: list[Publication] = []

        def attempt() -> None:
            sealed.append(self._claimed(self.attempts.sealed(query(self.count), on, mat_id)))
            self.storage.publish(sealed[0])

        died = self._died(f"{where}=crash", attempt)
        self.storage = self.make()
        outcome = self.storage.resolve(on, mat_id)
        if not died or where in AFTER_VISIBLE:
            assert outcome is Resolution.PUBLISHED
            manifest = self.storage.current(on)
            assert manifest is not None
            self._keep(sealed[0], manifest.version)
        else:
            assert outcome is Resolution.NOT_PUBLISHED
            self.storage.abort(on, mat_id)

    @rule(on=_targets, where=st.sampled_from(("abort.before", "abort.after")))
    def crash_in_an_abort(self, on: Target, where: str) -> None:
        """Die while clearing away, and clear away again."""
        mat_id = self._sealed(on).mat_id
        assert self._died(f"{where}=crash", lambda: self.storage.abort(on, mat_id))
        self.storage = self.make()
        self.storage.abort(on, mat_id)

    @rule(on=_targets, which=_many, where=st.sampled_from(("", *IN_A_REMOVAL)), passing=_few)
    def remove(self, on: Target, which: int, where: str, passing: int) -> None:
        """Remove old versions, perhaps dying on the way; then another process does the rest."""
        here = [version.number for _, version in self.model.there(on)]
        going = [number for place, number in enumerate(here[:-1]) if which >> place & 1]
        if where and self._died(f"{where}=crash@{passing}", lambda: self.storage.remove(on, going)):
            self.storage = self.make()
            left = self.storage.numbers(on)
            assert {*here} - {*going} <= {*left} <= {*here}
            assert all(self.storage.stamp(self.storage.manifest(on, n).version) for n in left)
        self.storage.remove(on, going)
        self.model.removed[on] |= {*going}

    @rule(on=_targets)
    def remove_a_target(self, on: Target) -> None:
        """Remove a target with its head; it begins anew."""
        self.storage.remove(on, self.storage.numbers(on))
        self.model.published[on].clear()
        self.model.removed[on].clear()

    @rule()
    def sweep(self) -> None:
        """Abort every leftover but those of the attempts under way."""
        pending = {publication.mat_id for publication in self.model.pending}
        found = self.storage.leftovers(TARGET.project, math.inf)
        assert pending <= {leftover.attempt for leftover in found}
        for leftover in found:
            if leftover.attempt not in pending:
                self.storage.abort(leftover.target, leftover.attempt)
        left = self.storage.leftovers(TARGET.project, math.inf)
        assert {leftover.attempt for leftover in left} == pending

    @invariant()
    def records_equal_the_model(self) -> None:
        """Numbers, heads, targets and outcomes are those of the model."""
        published = self.model.published
        assert sorted(self.storage.targets()) == sorted(t for t in TARGETS if published[t])
        for target, versions in published.items():
            there = self.model.there(target)
            assert self.storage.numbers(target) == tuple(v.number for _, v in there)
            assert all(self.storage.stamp(version) for _, version in there)
            manifest = self.storage.current(target)
            assert (manifest and manifest.version) == (versions[-1][1] if versions else None)
            for publication, version in there[-3:]:
                assert self.storage.manifest(target, version.number).version == version
                found = self.storage.resolve(target, publication.publish_id)
                assert found is Resolution.PUBLISHED
        for publication in self.model.pending:
            found = self.storage.resolve(publication.target, publication.publish_id)
            assert found is Resolution.NOT_PUBLISHED

    @invariant()
    def heads_are_intact(self) -> None:
        """Every head has the rows of its build, and its stamp."""
        for versions in self.model.published.values():
            for publication, version in versions[-1:]:
                found = self.compute.measure(self.storage.relation(version))
                assert found == self._content(publication.logic.text)
                stamp = self.storage.stamp(version)
                assert self.storage.inspect(version, stamp).condition is Condition.INTACT

    def _publish(self, publication: Publication) -> None:
        number, fence = self.model.head(publication.target)
        try:
            version = self.storage.publish(publication)
        except FencedError:
            assert publication.fence < fence
        except ConflictError:
            assert publication.fence >= fence
            assert publication.base != number
        else:
            assert publication.fence >= fence
            self._keep(publication, version)
            return
        self.storage.abort(publication.target, publication.mat_id)

    def _sealed(self, target: Target) -> Publication:
        mat_id = self._new_id()
        return self._claimed(self.attempts.sealed(query(self.count), target, mat_id))

    def _claimed(self, publication: Publication) -> Publication:
        """Give the publication a fence as a catalog does: higher than any before."""
        self.fence += 1
        return replace(publication, fence=self.fence)

    def _content(self, text: str) -> Measurement:
        if text not in self.contents:
            self.contents[text] = self.compute.measure(f"({text})")
        return self.contents[text]

    def _died(self, actions: str, act: Callable[[], object]) -> bool:
        """Do something with a crash armed; say whether it came: not every storage passes by."""
        failpoints.arm(actions)
        try:
            act()
        except Crash:
            return True
        finally:
            failpoints.arm("")
        return False

    def _keep(self, publication: Publication, version: Version) -> None:
        number, fence = self.model.head(publication.target)
        assert (version.number, version.publish_id) == (number + 1, publication.publish_id)
        assert (publication.base, version.fence >= fence) == (number, True)
        self.model.published[publication.target].append((publication, version))

    def _some(self, which: int) -> tuple[Publication, Version]:
        every = [entry for target in TARGETS for entry in self.model.there(target)]
        return every[which % len(every)]

    def _new_id(self) -> str:
        self.count += 1
        return f"attempt-{self.count:04d}"
