"""A scene is all that one evaluation may ask; what it decides is a value too.

Looking (at versions, sources, files, what others tell) is done before, and doing after: nothing in
between reads a clock, so a week can be played in a moment.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from freshline.events import Event
from freshline.reconcile.facts import Facts
from freshline.reconcile.planned import Plan
from freshline.ticks import Arrival, Decided, Halt, Requested


class Gate(StrEnum):
    """What keeps an asset from being built now; in the order in which they are asked."""

    ASIDE = "aside"  # its definition, or one above it, is broken
    HELD = "held"  # somebody pinned or paused it
    RUNNING = "running"  # it is being built, or a run that will build it is queued
    FRESH = "fresh"  # nothing is to be done
    MISSING = "missing"  # what it reads has never been built
    CHECKS = "checks"  # a blocking check fails on what it reads
    UPSTREAM = "upstream"  # what it reads is being built
    TRIGGER = "trigger"  # only inputs changed that do not count
    RULE = "rule"  # its own rule: not at this moment
    FAILED = "failed"  # this very attempt failed; nothing has changed since
    COOLDOWN = "cooldown"
    HOURS = "hours"
    RATE = "rate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Whether an asset is to be built now. `gate` is the first that is closed, None where it goes.

    `why` is a sentence; `again` when it will be looked at next though nothing happens, None where
    only an event can change anything.
    """

    key: str
    gate: Gate | None
    why: str
    again: float | None = None

    @property
    def goes(self) -> bool:
        """Whether it is to be built."""
        return self.gate is None


class Standing(StrEnum):
    """How something stands to what is declared of its freshness."""

    PASSES = "passes"
    WARNS = "warns"
    FAILS = "fails"
    UNKNOWN = "unknown"  # nobody has ever seen it


@dataclass(frozen=True, slots=True, kw_only=True)
class Age:
    """How fresh something is: since when it stands so, and when that changes by itself.

    `right` is when it was last known to be right. `drive` is when it should be built at the latest
    so that it does not come to fail, None where nothing is to drive it.
    """

    standing: Standing
    why: str
    right: float | None = None
    since: float | None = None
    again: float | None = None
    drive: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSeen:
    """A file as a look found it; `stamp` is another when it changed, `changed` when that was."""

    path: str
    stamp: str
    changed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """The current version of an asset of another catalog, or why nobody can say what it is."""

    key: str
    content: str = ""
    at: float | None = None
    passed: bool = True
    windows: Mapping[str, str] = field(default_factory=dict[str, str])
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a function or a query of a sensor said: to fire and why, or not, or that it failed."""

    fires: bool
    why: str
    cursor: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was looked up for sensors: by glob, by key, by name of sensor; and what happened.

    `happened` are the runs' events since the last look, `arrivals` those from outside.
    """

    files: Mapping[str, tuple[FileSeen, ...]] = field(
        default_factory=dict[str, tuple[FileSeen, ...]]
    )
    remotes: Mapping[str, Remote] = field(default_factory=dict[str, Remote])
    values: Mapping[str, Said] = field(default_factory=dict[str, Said])
    happened: tuple[Event, ...] = ()
    arrivals: tuple[Arrival, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One look at a project in an environment. `plan` is that of everything that is stale."""

    plan: Plan
    facts: Facts
    memories: Mapping[str, str] = field(default_factory=dict[str, str])
    requests: tuple[Requested, ...] = ()
    halts: tuple[Halt, ...] = ()
    seen: Seen = field(default_factory=Seen)

    @property
    def now(self) -> float:
        """When this is."""
        return self.facts.now


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """What an evaluation came to: what is to be kept, why not for all else, and when to look next.

    `again` is None where only an event can change anything. `ages` say of what has a `freshness:`
    how it stands to it.
    """

    decided: tuple[Decided, ...]
    decisions: Mapping[str, Decision]
    again: float | None = None
    ages: Mapping[str, Age] = field(default_factory=dict[str, Age])
