"""When people want assets kept fresh, as frozen values: rules, gates, schedules and sensors.

A rule says that an asset may be built now; gates hold back what a rule allows. None of them says
whether an asset is stale: that is asked of its versions alone, and what is fresh is never built
because of a rule. A missed moment or event can therefore make nothing wrong, only late.

Members of unions are structs with a tag, by which they are told apart where they are stored.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from msgspec import Struct

from freshline.errors import Span


class Named(NamedTuple):
    """A key, a column or a selection as it is written: what to point at where it means nothing."""

    words: str
    span: Span
    line: str = ""


class CatchUp(StrEnum):
    """What becomes of moments that nobody was there for."""

    LATEST = "latest"  # the last of them counts, once
    ALL = "all"  # each counts, oldest first, up to a cap
    NONE = "none"  # none counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Days that do not count: names of countries' holidays such as DE or DE-BY, days, weekdays.

    `days` are dates such as 2026-12-24, `weekdays` count from Monday, 0.
    """

    holidays: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    weekdays: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """When in a day, and on which days, something may happen: from `begin` to `end`, in minutes.

    Both are minutes after midnight in the zone; an `end` before `begin` lies in the next day.
    """

    begin: int
    end: int
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    timezone: str = "UTC"
    calendar: Calendar = Calendar()


class Rate(NamedTuple):
    """At most `most` builds within `seconds`."""

    most: int
    seconds: float


class Upstream(Struct, frozen=True, kw_only=True, tag=True):
    """Whenever it is stale."""


class Manual(Struct, frozen=True, kw_only=True, tag=True):
    """Never by itself: when somebody asks."""


class Never(Struct, frozen=True, kw_only=True, tag=True):
    """Never, once it has been built; not when everything is asked for either."""


class WhenNeeded(Struct, frozen=True, kw_only=True, tag=True):
    """When something downstream that is due reads it: both are built in one run, it first."""


class Cron(Struct, frozen=True, kw_only=True, tag=True):
    """Once for each moment of a cron expression in a time zone.

    With `updated` only when every input was built or found unchanged since that moment.
    """

    expression: str
    timezone: str = "UTC"
    calendar: Calendar = Calendar()
    updated: bool = False
    catch_up: CatchUp = CatchUp.LATEST


class Every(Struct, frozen=True, kw_only=True, tag=True):
    """When the last look at it lies so many seconds back."""

    seconds: float


class MaxLag(Struct, frozen=True, kw_only=True, tag=True):
    """When it has been stale for so many seconds."""

    seconds: float


class Wake(Struct, frozen=True, kw_only=True, tag=True):
    """When one of these has new content since it was built last: an asset, by some of its columns.

    `settle` is for how many seconds nothing may have changed there. Without `columns` all count.
    """

    key: str
    columns: tuple[str, ...] = ()
    settle: float = 0.0


class AllOf(Struct, frozen=True, kw_only=True, tag=True):
    """When each of these rules allows it."""

    rules: tuple["Rule", ...]


class AnyOf(Struct, frozen=True, kw_only=True, tag=True):
    """When one of these rules allows it."""

    rules: tuple["Rule", ...]


class Not(Struct, frozen=True, kw_only=True, tag=True):
    """When this rule does not allow it."""

    rule: "Rule"


Rule = Upstream | Manual | Never | WhenNeeded | Cron | Every | MaxLag | Wake | AllOf | AnyOf | Not


def wakes(rule: Rule) -> Iterator[Wake]:
    """Return all that a rule waits for, at whatever depth."""
    return (leaf for leaf in leaves(rule) if isinstance(leaf, Wake))


@lru_cache(maxsize=4096)
def leaves(rule: Rule) -> tuple[Rule, ...]:
    """Return the rules that a rule is put together from, itself where it is not."""
    match rule:
        case AllOf() | AnyOf():
            return tuple(leaf for part in rule.rules for leaf in leaves(part))
        case Not():
            return leaves(rule.rule)
        case _:
            return (rule,)


@lru_cache(maxsize=4096)
def is_pulled(rule: Rule) -> bool:
    """Say whether it counts for a rule that something downstream is due."""
    return any(isinstance(leaf, WhenNeeded) for leaf in leaves(rule))


@dataclass(frozen=True, slots=True, kw_only=True)
class Refresh:
    """When an asset is kept fresh without being asked, and what holds it back.

    `cooldown` are seconds after the end of a build before the next. `span` and `line` are where
    that is said, None where nothing is; `named` are the keys that it wakes for.
    """

    rule: Rule = field(default_factory=Upstream)
    cooldown: float = 0.0
    hours: Hours | None = None
    rate: Rate | None = None
    span: Span | None = None
    line: str = ""
    named: tuple[Named, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """How an asset regards one of its inputs.

    Changes of one without `trigger` build nothing, though a build takes them in. What is `optional`
    need not be there. `ignore_checks` reads it although a blocking check fails on it. `key` is one
    of the asset's upstreams once the project is compiled; before that, what its author wrote.
    """

    key: str
    trigger: bool = True
    optional: bool = False
    ignore_checks: bool = False
    span: Span | None = None
    line: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How old an asset may be: `warn` and `fail` are seconds since it was last known to be right.

    With `by`, a cron expression, `fail` counts back from each of its moments: at 09:00 there has to
    be something that is at most so old. `drives` builds it before it would fail.
    """

    fail: float
    warn: float | None = None
    by: str | None = None
    timezone: str = "UTC"
    calendar: Calendar = Calendar()
    drives: bool = False
    span: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleDefinition:
    """A selection that is made fresh at the moments of a cron expression.

    `named` says where the selection stands.
    """

    name: str
    cron: Cron
    selection: str
    file: str
    span: Span
    description: str = ""
    owner: str | None = None
    priority: int = 0
    line: str = ""
    named: tuple[Named, ...] = ()


class Counts(StrEnum):
    """What of a sensor's conditions has to have happened."""

    ANY = "any"
    ALL = "all"


class Result(StrEnum):
    """How a run ended, as sensors wait for it."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"


class AssetArrived(Struct, frozen=True, kw_only=True, tag=True):
    """A new version of an asset or source, here or in another catalog (`catalog://name/key`).

    With `columns`, only where what these show is other than at the last firing; with `passed`, only
    when no blocking check fails on it. `settle` as for `Wake`.
    """

    key: str
    columns: tuple[str, ...] = ()
    passed: bool = True
    changed: bool = True
    settle: float = 0.0


class FilesArrived(Struct, frozen=True, kw_only=True, tag=True):
    """A file that matches a glob is there, and has not changed for `settle` seconds; each once."""

    path: str
    settle: float = 0.0


class WatermarkMoved(Struct, frozen=True, kw_only=True, tag=True):
    """A query that gives one value over the current versions gives another than at last firing."""

    sql: str


class RunEnded(Struct, frozen=True, kw_only=True, tag=True):
    """A run that touched some of a selection ended so."""

    result: Result
    selection: str = ""


class EventArrived(Struct, frozen=True, kw_only=True, tag=True):
    """Somebody told of an event of this name, over the API."""

    name: str


class FunctionSaid(Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """A function in a worker process says whether to fire: `function` is module:function.

    `resources` are the parameters that receive one, each with its name.
    """

    function: str
    location: str
    resources: tuple[tuple[str, str], ...] = ()


Condition = AssetArrived | FilesArrived | WatermarkMoved | RunEnded | EventArrived | FunctionSaid


class Materialize(Struct, frozen=True, kw_only=True, tag=True):
    """Make a selection fresh."""

    selection: str


class CallWebhook(Struct, frozen=True, kw_only=True, tag=True):
    """Send what happened to an address, signed; both may be references to secrets."""

    url: str
    secret: str | None = None


class Notify(Struct, frozen=True, kw_only=True, tag=True):
    """Tell somebody: `to` are owners or channels by the names the project gives them."""

    to: tuple[str, ...]
    text: str = ""


Act = Materialize | CallWebhook | Notify


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorDefinition:
    """What is done when something happened that was awaited.

    `counts` says how many of the conditions; `at_least` takes their place with a number. A firing
    consumes what it was fired by. `named` are the keys, queries and selections of all of them.
    """

    name: str
    conditions: tuple[Condition, ...]
    acts: tuple[Act, ...]
    file: str
    span: Span
    counts: Counts = Counts.ANY
    at_least: int | None = None
    within: float | None = None
    every: float = 30.0
    description: str = ""
    owner: str | None = None
    line: str = ""
    named: tuple[Named, ...] = ()
