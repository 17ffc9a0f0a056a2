"""The memory storage: versions are tables of the compute engine, records lie in dictionaries.

It is the reference: the same rules as every storage with nothing in the way. What it keeps lasts as
long as the instance and the engine's tables. A killed process loses it all, which is why a fresh
instance finds nothing, and nobody but this process can touch a table, which is why `inspect` looks
at records only; `verify` measures the rows.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from freshline.definitions import Column
from freshline.errors import CorruptError, FreshlineError, StorageError, UsageError
from freshline.keys import Target
from freshline.ports import (
    Compute,
    Condition,
    Inspection,
    Leftover,
    Resolution,
    Stage,
    Storage,
)
from freshline.versions import DataFile, Manifest, Publication, Version
from freshline_adapters import publishing
from freshline_adapters.refusals import pass_failpoint, pass_failpoint_behind


class Memory:
    """Versions in the memory of this process; the root that every storage is given is not used."""

    def __init__(self, root: Path | None = None, **settings: object) -> None:
        if settings:
            raise UsageError(
                f"the memory storage has no setting {', '.join(sorted(settings))!r}",
                help="take it out of the storage's settings",
            )
        self._lock = threading.Lock()
        self._records: defaultdict[Target, dict[int, Manifest]] = defaultdict(dict)
        self._stages: dict[str, MemoryStage] = {}

    def begin(self, target: Target, mat_id: str) -> Stage:
        """Reserve the table's name, which is the build's identifier."""
        pass_failpoint("stage.open", "begin", mat_id)
        with self._lock:
            if mat_id in self._stages:
                raise StorageError(
                    f"attempt {mat_id} was begun before",
                    help="abort it first, or begin another with an identifier of its own",
                )
            self._stages[mat_id] = stage = MemoryStage(target=target, table=mat_id)
        return stage

    def publish(self, publication: Publication) -> Version:
        """Put the record into the target's dictionary, under the lock."""
        pass_failpoint("publish.before", "publish", publication.publish_id)
        manifest = publishing.manifest_of(publication)
        with self._lock:
            records = self._records.get(publication.target, {})
            newest_first = [records[number] for number in sorted(records, reverse=True)]
            done = publishing.already_published(newest_first, publication)
            if done is not None:
                return done
            head = newest_first[0].version if newest_first else None
            publishing.check_fence(head, publication)
            publishing.check_base(head.number if head else 0, publication)
            for file in publication.files:
                if file.path not in self._stages or file not in self._stages[file.path].files:
                    raise CorruptError(f"table {file.path} does not exist", name=file.path)
            if not publication.files and not publication.query:
                raise StorageError(f"{publication.target}: a version without files")
            mine = self._records.setdefault(publication.target, {})
            mine[manifest.version.number] = manifest
        where = f"{publication.target}, version {manifest.version.number}"
        pass_failpoint_behind("publish.after_create", where)
        pass_failpoint_behind("publish.after", where)
        return manifest.version

    def current(self, target: Target) -> Manifest | None:
        """Return the record with the highest number."""
        with self._lock:
            records = self._records.get(target)
            return records[max(records)] if records else None

    def manifest(self, target: Target, number: int) -> Manifest:
        """Return the record of one version."""
        with self._lock:
            records = self._records.get(target, {})
            if number not in records:
                name = f"{target}, version {number}"
                raise CorruptError(f"{name} is not on record", name=name)
            return records[number]

    def numbers(self, target: Target) -> tuple[int, ...]:
        """Return the numbers on record."""
        with self._lock:
            return tuple(sorted(self._records.get(target, ())))

    def targets(self) -> Iterator[Target]:
        """Yield the targets with a record, sorted."""
        with self._lock:
            return iter(sorted(self._records))

    def resolve(self, target: Target, publish_id: str) -> Resolution:
        """Search the records; the answer is always known."""
        with self._lock:
            records = self._records.get(target, {}).values()
            found = any(record.version.publish_id == publish_id for record in records)
        return Resolution.PUBLISHED if found else Resolution.NOT_PUBLISHED

    def abort(self, target: Target, mat_id: str) -> None:
        """Drop a build's table unless a record names it."""
        pass_failpoint("abort.before", "abort", mat_id)
        with self._lock:
            stage = None if mat_id in self._used() else self._stages.pop(mat_id, None)
        if stage is not None and stage.compute is not None:
            stage.compute.drop_table(mat_id)
        pass_failpoint("abort.after", "abort", mat_id)

    def share(self, files: Sequence[DataFile], target: Target) -> tuple[DataFile, ...]:
        """Return the same tables: a table stays while any record names it."""
        with self._lock:
            for file in files:
                if file.path not in self._stages:
                    raise CorruptError(f"table {file.path} does not exist", name=file.path)
        return tuple(files)

    def remove(self, target: Target, numbers: Sequence[int]) -> None:
        """Forget the records, then drop the tables that no record names."""
        pass_failpoint("gc.after_list", "remove from", str(target))
        going: list[MemoryStage] = []
        with self._lock:
            records = self._records.get(target, {})
            head = max(records, default=0)
            if head in numbers and not records.keys() <= set(numbers):
                raise StorageError(f"{target}: version {head} is published")
            files = [f for n in numbers if n in records for f in records[n].version.files]
            for number in numbers:
                records.pop(number, None)
            if not records:
                self._records.pop(target, None)
        pass_failpoint("gc.partial_delete", "remove from", str(target))
        with self._lock:
            used = self._used()
            for file in files:
                stage = self._stages.pop(file.path, None) if file.path not in used else None
                going += [stage] if stage is not None else []
        for stage in going:
            if stage.compute is not None:
                stage.compute.drop_table(stage.table)
            pass_failpoint("gc.partial_delete", "remove from", str(target))

    def leftovers(self, project: str, before: float) -> tuple[Leftover, ...]:
        """Return the tables that no record names and that were begun before a moment."""
        with self._lock:
            used = self._used()
            return tuple(
                Leftover(stage.target._replace(project=project), name, 0)
                for name, stage in self._stages.items()
                if name not in used and stage.begun < before
            )

    def inspect(self, version: Version, stamp: str) -> Inspection:
        """Compare the records: nobody but this process can touch a table."""
        head = self.current(version.target)
        if head is None:
            return Inspection(Condition.GONE, detail=f"no version of {version.target} is published")
        now = self.stamp(head.version)
        if head.version.publish_id != version.publish_id:
            detail = f"version {head.version.number} is published, {version.number} is on record"
            return Inspection(Condition.NEWER, now, detail)
        return Inspection(Condition.INTACT if now == stamp else Condition.RESTAMPED, now)

    def stamp(self, version: Version) -> str:
        """Return the version's number and its publish; empty where a table was dropped."""
        if any(file.path not in self._stages for file in version.files):
            return ""
        return f"{version.number} {version.publish_id}"

    def relation(self, version: Version) -> str:
        """Return the quoted name of the version's table, or its columns under their names here."""
        table = _quoted(version.files[0].path)
        if not version.layout:
            return table
        named = (
            f"{_quoted(stored)} AS {_quoted(column.name)}"
            for column, stored in zip(version.columns, version.layout, strict=True)
        )
        return f"(SELECT {', '.join(named)} FROM {table})"

    def verify(self, version: Version) -> tuple[str, ...]:
        """Measure the table and compare with what was measured when it was sealed."""
        problems: list[str] = []
        for file in version.files:
            stage = self._stages.get(file.path)
            try:
                if stage is None or stage.measured() != file.sha256:
                    problems.append(f"table {file.path} has other rows than were written")
            except FreshlineError as error:
                problems.append(f"table {file.path} cannot be read: {error.message}")
        with self._lock:
            manifest = self._records.get(version.target, {}).get(version.number)
        if manifest is None or manifest.version != version:
            problems.append(f"{version.target} has no such version {version.number} on record")
        return tuple(problems)

    def readable(self) -> tuple[Path, ...]:
        """Return nothing: no file is read or written."""
        return ()

    def _used(self) -> set[str]:
        """Return the tables that a record names; the lock must be held."""
        return {
            file.path
            for records in self._records.values()
            for manifest in records.values()
            for file in manifest.version.files
        }


@dataclass(slots=True, kw_only=True)
class MemoryStage:
    """The table of one build, and the engine that keeps it."""

    target: Target
    table: str
    begun: float = field(default_factory=time.time)
    compute: Compute | None = None
    files: tuple[DataFile, ...] = field(default=())

    @property
    def relation(self) -> str:
        """Return the quoted name of the table."""
        return _quoted(self.table)

    def write(self, compute: Compute, query: str, columns: Sequence[Column]) -> None:
        """Have the engine keep the rows as a table, whose columns are those of the query."""
        if self.files:
            raise UsageError(f"table {self.table} is sealed: nothing can be written any more")
        compute.create_table(self.table, query)
        self.compute = compute
        pass_failpoint("stage.after_write", "write", self.table)

    def seal(self) -> tuple[DataFile, ...]:
        """Name the table as the only file, the hash of its rows in the digest's place."""
        pass_failpoint("seal.before", "seal", self.table)
        if not self.files:
            self.files = (DataFile(self.table, 0, self.measured()),)
        pass_failpoint("seal.after", "seal", self.table)
        return self.files

    def measured(self) -> str:
        """Return the hash of the rows as they are now."""
        if self.compute is None:
            raise StorageError(f"nothing was written to table {self.table}")
        return self.compute.measure(self.relation).data_version


def _quoted(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


_: type[Storage] = Memory
