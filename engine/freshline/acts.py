"""What automation does beside runs, as values: deliveries, mutes and incidents; and who keeps them.

A delivery is one act of one decision to one recipient. It is kept in the transaction of its
decision and made at least once: whoever receives it tells repetitions by its id.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import NamedTuple, Protocol

from freshline.codec import digest
from freshline.ports import Lease
from freshline.refresh import CallWebhook, Notify

OWNER = "owner"  # the recipient that stands for whoever owns what an act is about


class AssetVersion(NamedTuple):
    """An asset or source that a decision is about, with the hash of what it holds, if known."""

    asset: str
    version: str = ""


class Kind(StrEnum):
    """What happened that is told."""

    FIRED = "sensor_fired"
    OPENED = "incident_opened"
    CLOSED = "incident_closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What is told: `name` is that of a sensor, or of the asset that an incident is about.

    `why` is one sentence and `details` are lines behind it. `run` is the run that was asked for.
    """

    kind: Kind
    name: str
    at: float
    why: str
    assets: tuple[AssetVersion, ...] = ()
    run: str | None = None
    details: tuple[str, ...] = ()
    incident: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One act to one recipient. A `Notify` names exactly one, or nobody where nobody is known."""

    id: str
    project: str
    environment: str
    at: float
    act: CallWebhook | Notify
    happening: Happening

    @property
    def recipient(self) -> str:
        """Who is to be told, or the address to call as it is written: with no secret put in."""
        if isinstance(self.act, CallWebhook):
            return self.act.url
        return self.act.to[0] if self.act.to else ""


class DeliveryState(StrEnum):
    """How far a delivery is."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    MUTED = "muted"  # somebody wished not to be told
    DEAD = "dead"  # given up: too many attempts, or one that no attempt can mend


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivering:
    """A delivery with what became of it. `said` is what its last attempt came to."""

    delivery: Delivery
    state: DeliveryState = DeliveryState.WAITING
    attempts: int = 0
    due: float = 0.0
    settled: float | None = None
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """The wish not to be told of a sensor, of an asset and its incidents, or of anything: `*`."""

    subject: str
    actor: str
    reason: str
    at: float
    until: float | None = None

    def holds(self, now: float) -> bool:
        """Say whether it is still in force."""
        return self.until is None or now < self.until

    def concerns(self, name: str) -> bool:
        """Say whether a sensor or asset of this name is meant."""
        return fnmatchcase(name, self.subject)


class Trouble(StrEnum):
    """What is wrong with what an incident is about."""

    FAILED = "failed"  # its last attempt failed
    CHECK = "check"  # a blocking check fails on what is current
    FRESHNESS = "freshness"  # it is older than it may be
    SOURCE = "source"  # it cannot be read


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Something that is wrong, and what hangs on it.

    `cause` is the first asset or source at which it is wrong, `below` are those that are wrong or
    held back with it. `well` is since when nothing is wrong at the cause itself any more.
    """

    id: str
    cause: str
    trouble: Trouble
    why: str
    opened: float
    below: tuple[str, ...] = ()
    owner: str = ""
    well: float | None = None
    closed: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an incident has become, with what is to be told of that."""

    incident: Incident
    deliveries: tuple[Delivery, ...] = ()


class Acts(Protocol):
    """Where acts and incidents are kept. Safe to call from several threads; changes are durable."""

    def due(
        self, project: str, environment: str, now: float, limit: int = 100
    ) -> tuple[Delivering, ...]:
        """Return deliveries that are to be attempted by now, the oldest first."""
        ...

    def next_due(self, project: str, environment: str, after: float) -> float | None:
        """Return when the next delivery behind a moment is due, None where none waits."""
        ...

    def last_told(self, project: str, environment: str) -> Mapping[str, float]:
        """Return by recipient of notices when something was last delivered."""
        ...

    def settle(self, id: str, at: float, state: DeliveryState, said: str) -> bool:
        """Write down how a waiting delivery ended; False where that is known already."""
        ...

    def put_off(self, id: str, due: float, said: str) -> bool:
        """Write down that an attempt failed, and when the next is due; False where none waits."""
        ...

    def deliveries(
        self,
        project: str,
        environment: str,
        *,
        state: DeliveryState | None = None,
        limit: int = 50,
    ) -> tuple[Delivering, ...]:
        """Return deliveries, the newest first."""
        ...

    def revive(self, id: str, at: float) -> bool:
        """Let a dead delivery be attempted anew; False where there is none of that id."""
        ...

    def mutes(self, project: str, environment: str) -> tuple[Mute, ...]:
        """Return what is muted, also what has run out."""
        ...

    def mute(self, project: str, environment: str, mute: Mute) -> None:
        """Mute a subject; again, and the latest word counts."""
        ...

    def unmute(self, project: str, environment: str, subject: str) -> bool:
        """Tell of a subject again; False where it was not muted."""
        ...

    def incidents(
        self, project: str, environment: str, *, only_open: bool = False, limit: int = 200
    ) -> tuple[Incident, ...]:
        """Return incidents, the newest first."""
        ...

    def change(
        self, leader: Lease, project: str, environment: str, changes: Sequence[Change]
    ) -> tuple[Change, ...]:
        """Keep what became of incidents, with what is to be told, in one transaction.

        Return those that were kept: one that is open or closed already changes nothing.
        FencedError, and nothing is kept, when somebody has led since.
        """
        ...

    def forget_acts(self, project: str, environment: str, before: float) -> None:
        """Remove settled deliveries and closed incidents from before a moment."""
        ...


def parted(act: CallWebhook | Notify) -> tuple[CallWebhook | Notify, ...]:
    """Return an act for each of its recipients, so that nobody is told again for another."""
    if isinstance(act, CallWebhook) or len(act.to) < 2:
        return (act,)
    return tuple(Notify(to=(name,), text=act.text) for name in dict.fromkeys(act.to))


def delivery_id(*parts: str) -> str:
    """Return the id of a delivery: the same whenever the same decision is made again."""
    return digest("delivery", *parts)


def notice_id(incident: str, kind: Kind) -> str:
    """Return the id of the notice that an incident was opened or closed."""
    return delivery_id(incident, kind.value)
