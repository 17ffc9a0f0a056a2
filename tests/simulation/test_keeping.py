"""Histories in which versions are pinned, assets paused and old versions removed, crash for crash.

Applies, edits, rollbacks and removals come in any order and die anywhere. Readers never see another
version because of a removal, what has to stay stays, and in the end everything is fresh.
"""

import os
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from tests.simulation.world import World

from freshline import failpoints
from freshline.definitions import Retention
from freshline.errors import FreshlineError, UsageError
from freshline.events import Event, Paused, Removed, Resumed, Unpinned
from freshline.execute.place import Place
from freshline.execute.removal import Yard, collect
from freshline.execute.rollback import Wanted, roll_back
from freshline.keys import Target
from freshline.ports import Holder
from freshline.state import State, fold
from freshline.testing.clock import VirtualClock
from freshline.testing.memory_log import MemoryEventLog
from freshline.versions import Version

SEEDS = int(os.environ.get("FRESHLINE_SEEDS", "400")) // 4
BLOCKS = 4
DAY = 86_400.0
IN_A_ROLLBACK = (
    "pin.before",
    "pin.after_commit",
    "claim.after_commit",
    "publish.before",
    "publish.after_create",
    "record.before",
    "record.after_commit",
)
IN_A_REMOVAL = ("gc.after_list", "gc.partial_delete", "abort.before", "record.before")
HOLDER = Holder(name="apply:main", actor="ann", host="here", pid=1, since=0.0, purpose="care")


@dataclass(slots=True)
class Care:
    """A world, and somebody who looks after it."""

    world: World
    retention: Retention
    done: Counter[str] = field(default_factory=Counter[str])

    @classmethod
    def of(cls, seed: int) -> "Care":
        """Return a world in a time behind that of any table that was really written."""
        world = World.of(seed)
        world.clock = VirtualClock(start=4e9)
        chance = world.chance
        kept = Retention(versions=chance.randint(1, 3), days=chance.choice((0.0, 2.0)))
        return cls(world, kept)

    def state(self) -> State:
        log = MemoryEventLog(self.world.ledger)
        state = log.snapshot("world", "main")
        assert fold(log.events(limit=100_000)).targets == dict(state.targets)
        log.close()
        return state

    def tell(self, *events: Event) -> None:
        log = MemoryEventLog(self.world.ledger)
        log.append(events)
        log.close()

    def versions(self) -> dict[Target, list[Version]]:
        storage = self.world.storage
        return {
            target: [storage.manifest(target, n).version for n in storage.numbers(target)]
            for target in storage.targets()
        }

    def gc(self) -> None:
        """Remove what can be removed, perhaps dying on the way; see that nothing else goes."""
        self.world.clock.advance(self.world.chance.choice((0.0, DAY, 5 * DAY)))
        before, readers, state = self.versions(), self.world.published(), self.state()
        graph = self.world.graph()
        graph = replace(graph, project=replace(graph.project, retention=self.retention))
        log = MemoryEventLog(self.world.ledger)
        ports = self.world.ports(log)
        name = self.world.chance.choice(IN_A_REMOVAL)
        failpoints.arm(f"{name}=crash@{self.world.chance.randint(1, 4)}")
        try:
            yard = Yard(graph=graph, root=Path("/nowhere"), sight=ports)
            collect(yard, ports, [HOLDER], orphans=False)
        except failpoints.Crash as crash:
            self.done[f"died at {crash}"] += 1
        finally:
            failpoints.arm("")
            log.close()
        assert self.world.published() == readers, "a removal changed what readers see"
        self.nothing_else_went(before, state)

    def nothing_else_went(self, before: dict[Target, list[Version]], state: State) -> None:
        after, now = self.versions(), self.world.clock.now()
        for target, versions in before.items():
            left = {version.number for version in after[target]}
            known = state.of(target)
            for place, version in enumerate(versions):
                if version.number in left:
                    assert self.world.storage.stamp(version), f"{version} lost its bytes"
                    continue
                self.done["removed"] += 1
                assert len(versions) - place > self.retention.versions
                assert now - versions[place + 1].at > self.retention.days * DAY
                assert known.pin is None or known.pin.mat_id != version.mat_id
                assert known.candidate is None or known.candidate.mat_id != version.mat_id

    def roll_back(self) -> None:
        """Roll an asset back, perhaps dying on the way."""
        chance, graph = self.world.chance, self.world.graph()
        key = chance.choice(list(graph.assets))
        numbers = self.world.storage.numbers(Target("world", "main", key))
        number = chance.choice(numbers) if numbers and chance.random() < 0.5 else None
        wanted = Wanted(
            asset=key, number=number, reason="bad", until=None, holder=HOLDER, command="rollback"
        )
        place = Place(graph=graph, root=Path("/nowhere"), environment="main")
        log = MemoryEventLog(self.world.ledger)
        if chance.random() < 0.6:
            failpoints.arm(f"{chance.choice(IN_A_ROLLBACK)}=crash")
        try:
            done = roll_back(place, self.world.ports(log), wanted, lambda planned: None)
            head = self.world.storage.current(Target("world", "main", key))
            assert head is not None and head.version == done.version
            self.done["rolled back"] += 1
        except failpoints.Crash as crash:
            self.done[f"died at {crash}"] += 1
        except UsageError:
            self.done["no version before"] += 1
        finally:
            failpoints.arm("")
            log.close()

    def hold(self) -> None:
        """Pause, resume or unpin something."""
        chance = self.world.chance
        target = Target("world", "main", chance.choice(list(self.world.values)))
        said = {"at": self.world.clock.now(), "run": "r", "target": target, "actor": "ann"}
        kind = chance.choice((Paused, Resumed, Unpinned, Unpinned))
        self.tell(kind(**said, reason="so"))  # type: ignore[arg-type]  # pyright: ignore

    def apply(self) -> None:
        """Apply until it ends well, as far as what is held allows."""
        held = self.state().targets
        self.world.until_done()
        for target, known in held.items():
            head = self.world.storage.current(target)
            if known.pin is not None:
                assert head is not None and head.version.mat_id == known.pin.mat_id
            elif known.pause is not None and known.build is not None:
                assert head is not None and head.version.mat_id == known.build.version.mat_id
        assert self.world.plan().steps == (), "a second look finds work"

    def let_go(self) -> None:
        """End every pin and pause, and apply."""
        for target in self.state().targets:
            said = {"at": self.world.clock.now(), "run": "r", "target": target, "actor": "ann"}
            self.tell(Unpinned(**said), Resumed(**said))  # type: ignore[arg-type]  # pyright: ignore
        self.world.until_done()
        assert self.world.published() == self.world.expected()
        assert self.world.plan().steps == ()


def live(care: Care) -> None:
    """Let a world live through a dozen things that happen to it."""
    care.apply()
    acts = (care.gc, care.roll_back, care.roll_back, care.hold, care.apply, care.world.edit)
    for _ in range(12):
        care.world.edit()
        care.world.chance.choice(acts)()
        if care.world.chance.random() < 0.4:
            care.apply()
    care.apply()
    care.let_go()


@pytest.mark.parametrize("block", range(BLOCKS))
def test_every_history_keeps_what_it_must_and_ends_fresh(block: int) -> None:
    for seed in range(block, SEEDS, BLOCKS):
        care = Care.of(seed)
        try:
            live(care)
        except (AssertionError, FreshlineError) as error:
            raise AssertionError(f"seed {seed}: {error}") from error


def test_histories_die_everywhere_and_remove_something() -> None:
    done: Counter[str] = Counter()
    for seed in range(1000, 1150):
        care = Care.of(seed)
        live(care)
        done += care.done
    places = {f"died at {name}" for name in (*IN_A_ROLLBACK, *IN_A_REMOVAL[:2])}
    assert places <= done.keys()
    assert min(done["removed"], done["rolled back"]) > 50


def test_what_was_removed_is_on_record() -> None:
    care = Care.of(5)
    for _ in range(12):
        care.world.edit()
        care.apply()
        care.world.clock.advance(9 * DAY)
    care.gc()
    care.gc()
    log = MemoryEventLog(care.world.ledger)
    events = [entry.event for entry in log.events(limit=100_000)]
    log.close()
    removed = {(e.target, n) for e in events if isinstance(e, Removed) for n in e.numbers}
    assert removed
    there = {(target, v.number) for target, found in care.versions().items() for v in found}
    assert not removed & there
