"""The contracts that adapters, catalogs and clocks fulfil: what the engine asks of the world.

Each docstring states an obligation, and the kits in `freshline.testing` hold everybody to them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Protocol

from freshline.calls import Workers
from freshline.claims import Claim
from freshline.definitions import Column
from freshline.errors import BusyError
from freshline.events import Event, Recorded
from freshline.keys import Target
from freshline.state import State
from freshline.versions import (
    Build,
    DataFile,
    Logic,
    Manifest,
    Output,
    Publication,
    Version,
    Window,
)


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> float:
        """Return unix seconds, UTC."""
        ...

    def until(self, at: float) -> float:
        """Return after how many real seconds `now` will be `at`, 0 where it is already.

        To be asked by whoever has nothing else to wait for: a clock that is turned by hand turns
        itself there, and nobody has to wait.
        """
        ...


class Ids(Protocol):
    """The only source of identifiers."""

    def new(self) -> str:
        """Return an identifier never returned before, by anyone, that sorts by time of creation."""
        ...


class Measurement(NamedTuple):
    """What one scan of a relation tells: its rows, its columns and the hash of its content.

    `outputs` are the hashes of what is seen through each window that was asked for.
    """

    rows: int
    columns: tuple[Column, ...]
    data_version: str
    outputs: tuple[Output, ...] = ()


class Compute(Protocol):
    """A SQL engine, as storages and steps see it. Safe to call from several threads at once.

    A relation is text that may stand behind FROM: a table's quoted name, or a table function.
    Failures of the query are `ComputeError`; a full disk or missing permission `ResourceError`.
    """

    def copy_to_parquet(self, query: str, path: Path) -> None:
        """Write the rows of `query` to a new Parquet file; on failure the file may exist."""
        ...

    def copy_to_json_lines(self, query: str, path: Path) -> None:
        """Write the rows of `query` to a new file, each as a JSON object in a line of its own."""
        ...

    def columns(self, relation: str) -> tuple[Column, ...]:
        """Return the columns of a relation; no row of it is read."""
        ...

    def create_table(self, name: str, query: str) -> None:
        """Keep the rows of `query` as a table of the engine's own, replacing one of that name."""
        ...

    def drop_table(self, name: str) -> None:
        """Forget a table made by `create_table`; none of that name is no error."""
        ...

    def measure(
        self, relation: str, windows: Sequence[Window] = (), *, quantum: float | None = None
    ) -> Measurement:
        """Scan a relation once and say what is in it, whole and through each window.

        What is seen through a window is its columns by name, with their types, and how many rows
        there are; neither the order of rows nor that of columns shows. Columns of floats are
        rounded to multiples of `quantum` before they are hashed, if one is given.
        """
        ...

    def glimpse(self, relation: str, windows: Sequence[Window]) -> tuple[Output, ...]:
        """Scan no more of a relation than these windows show, once, and say what that is.

        The hashes are those of `measure`. A window with columns that are not there is left out.
        """
        ...

    def rows(self, query: str) -> Sequence[tuple[object, ...]]:
        """Return the rows of a query that gives few: numbers and texts, as Python has them."""
        ...


class Stage(Protocol):
    """A private place for one attempt's bytes, invisible to readers until published."""

    @property
    def relation(self) -> str:
        """How the compute engine reads back what was written."""
        ...

    def write(self, compute: Compute, query: str, columns: Sequence[Column]) -> None:
        """Have the engine put the rows of `query`, which have these columns, here.

        `relation` must give them back with exactly these names and types, whatever form they are
        stored in.
        """
        ...

    def seal(self) -> tuple[DataFile, ...]:
        """Make the bytes durable and return their inventory; no write may follow."""
        ...


class Resolution(StrEnum):
    """What became of an attempt."""

    PUBLISHED = "published"
    NOT_PUBLISHED = "not_published"
    UNKNOWN = "unknown"


class Condition(StrEnum):
    """How the published head compares with what the catalog has on record."""

    INTACT = "intact"
    RESTAMPED = "restamped"  # same content, other stamp: copied, touched, restored
    NEWER = "newer"  # the head is not the recorded version
    DAMAGED = "damaged"  # the recorded version is the head, its content is not what was written
    GONE = "gone"  # no version is published


class Inspection(NamedTuple):
    """The finding about one target, with the head's stamp as it is now."""

    condition: Condition
    stamp: str = ""
    detail: str = ""


class Leftover(NamedTuple):
    """Bytes that no version uses: of an attempt on a target, by the name it was begun under."""

    target: Target
    attempt: str
    bytes: int


class Storage(Protocol):
    """A place where versions live. Implementations must be safe to call from several threads.

    The commit protocol, one attempt: `begin`, `Stage.write`, `Stage.seal`, `publish`. Only
    `publish` is visible, and it is atomic: at every instant, also after kill -9, `current` gives
    the old version or the new one, whole.
    """

    def begin(self, target: Target, mat_id: str) -> Stage:
        """Allocate a private place named after `mat_id`."""
        ...

    def publish(self, publication: Publication) -> Version:
        """Make it the head as number `base + 1`; durable on return.

        Raise ConflictError when the head is not `base`, FencedError when the head's fence is higher
        than the publication's, UnknownOutcomeError when nobody can tell whether it happened.
        Publishing the same `publish_id` again returns the version it made.
        """
        ...

    def current(self, target: Target) -> Manifest | None:
        """Return the head's record, None where nothing is published; CorruptError if unreadable."""
        ...

    def manifest(self, target: Target, number: int) -> Manifest:
        """Return the record of one version; CorruptError when missing or unreadable."""
        ...

    def numbers(self, target: Target) -> tuple[int, ...]:
        """Return the numbers of the versions still on record, ascending; the last is the head."""
        ...

    def targets(self) -> Iterator[Target]:
        """Yield every target that has a version on record."""
        ...

    def resolve(self, target: Target, publish_id: str) -> Resolution:
        """Say whether a publish happened."""
        ...

    def abort(self, target: Target, mat_id: str) -> None:
        """Remove an attempt's private bytes; idempotent; bytes that a version uses stay."""
        ...

    def share(self, files: Sequence[DataFile], target: Target) -> tuple[DataFile, ...]:
        """Return files of another asset's version as files of the target's own; durable on return.

        No byte is written twice where that can be helped. From then on each stays while a version
        of its own asset uses it; what no version uses `leftovers` finds. Idempotent. CorruptError
        where a file is not there.
        """
        ...

    def remove(self, target: Target, numbers: Sequence[int]) -> None:
        """Forget versions, and remove the bytes that no version of any environment uses then.

        StorageError when the head is among them but not every other number: what is published is
        never taken away alone. Numbers that are not on record are no error. After kill -9 at any
        point each version is on record and whole, or not on record; calling again does the rest,
        and what bytes are left over `leftovers` finds. Where it cannot be known which bytes a
        version uses, none of its asset's are removed.
        """
        ...

    def leftovers(self, project: str, before: float) -> tuple[Leftover, ...]:
        """Return the bytes that no version uses, last written before a moment in unix seconds.

        Those of attempts under way are among them: who knows the attempts decides, and calls
        `abort` for the rest with the address that comes with them.
        """
        ...

    def inspect(self, version: Version, stamp: str) -> Inspection:
        """Compare the head with the recorded version as cheaply as is safe, reading no rows.

        An equal stamp is INTACT without reading; another stamp is compared by the files' digests.
        """
        ...

    def stamp(self, version: Version) -> str:
        """Return a token that changes when the version's bytes are touched; cheap.

        Empty when some of its bytes are not there any more.
        """
        ...

    def relation(self, version: Version) -> str:
        """Return how the compute engine reads the version's rows; never asked of a view's.

        It has exactly the version's columns, in their order, whichever its files have under which
        names: a version has a `layout` where these differ.
        """
        ...

    def verify(self, version: Version) -> tuple[str, ...]:
        """Read every byte of a version; return what is wrong in sentences, none when nothing is."""
        ...

    def readable(self) -> tuple[Path, ...]:
        """Return the folders that the compute engine must be allowed to read and write."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds a lease, in words that help to find them; `run` is the run that it is held for.

    Who shares a lease needs a run: by it the holders are told apart.
    """

    name: str
    actor: str
    host: str
    pid: int
    since: float
    purpose: str
    run: str = ""


Wait = Callable[[BusyError], None]


class Lease(Protocol):
    """The right to work in one environment, alone or beside others, held until released.

    It ends by itself, within a second on this machine, when the process dies by any means.
    """

    @property
    def name(self) -> str:
        """What it is a right to: `Holder.name`."""
        ...

    @property
    def epoch(self) -> int:
        """A number that grows with every holder."""
        ...

    def release(self) -> None:
        """Give it back; idempotent."""
        ...


class EventLog(Protocol):
    """The append-only log and the tables folded from it. Safe to call from several threads."""

    def append(self, events: Sequence[Event]) -> int:
        """Record the events, all or none, in order; durable on return. Return the last sequence."""
        ...

    def claim(self, claims: Sequence[Claim]) -> tuple[int, ...]:
        """Record the intents as AttemptStarted events; return their fences, higher than any before.

        All or none; BusyError when a target has a live attempt, when another version than `seen` is
        on record, or when as many attempts live in its environment as one of its pools has places.
        """
        ...

    def acquire(self, holder: Holder, *, shared: bool = False, wait: Wait | None = None) -> Lease:
        """Take the lease `holder.name`: alone, or beside others who share it.

        While it cannot be had, `wait` is called with a BusyError that says who has it, and then it
        is tried again; what `wait` raises ends that, and without a `wait` the error is raised. Who
        waits to have it alone goes before whoever comes later to share it.
        """
        ...

    def holder(self, name: str) -> Holder | None:
        """Return who holds a lease at this moment, None where nobody does; of several one."""
        ...

    def holders(self, name: str) -> tuple[Holder, ...]:
        """Return all who hold a lease at this moment, each for a run of its own.

        Whoever shared it for a run, and is not among them, is never again.
        """
        ...

    def snapshot(self, project: str, environment: str) -> State:
        """Return what is known to exist there, as of one instant."""
        ...

    def builds(self, target: Target, limit: int = 100) -> tuple[Build, ...]:
        """Return the versions materialized for a target, latest first, one for each mat_id."""
        ...

    def logic(self, mat_ids: Iterable[str]) -> Mapping[str, Logic]:
        """Return the logic of versions by mat_id; unknown ones are left out."""
        ...

    def events(
        self, *, after: int = 0, limit: int = 500, asset: str | None = None, run: str | None = None
    ) -> tuple[Recorded, ...]:
        """Return events behind a sequence in ascending order."""
        ...

    def latest(self, *, limit: int = 50, asset: str | None = None) -> tuple[Recorded, ...]:
        """Return the newest events, newest first."""
        ...

    def runs(self, project: str, limit: int = 50) -> tuple[Recorded, ...]:
        """Return RunStarted events, newest first."""
        ...

    def close(self) -> None:
        """Write what is queued and let go of the file."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """The part of the world that a plan looks at: storages by the names the project gives them."""

    events: EventLog
    storages: Mapping[str, Storage]
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports(Sight):
    """The world that a run works on."""

    compute: Compute
    ids: Ids
    workers: Workers | None = None
