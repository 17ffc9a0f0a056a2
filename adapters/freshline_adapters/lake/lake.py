"""The lake as a storage: immutable Parquet files, made visible by numbered records.

Readers are never blocked and never see half a version: they find the highest number, read its
record and open the files it names, which nobody changes any more.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

from freshline.definitions import Column
from freshline.errors import CorruptError, StorageError, UsageError
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
from freshline_adapters.lake import forms, layout, records, removal, stamps
from freshline_adapters.lake.disk import Disk
from freshline_adapters.refusals import pass_failpoint, pass_failpoint_behind


class Lake:
    """Versions in a folder of the local disk; safe for any number of threads and processes.

    The folder is made when the first version is written. There are no settings yet.
    """

    def __init__(self, root: Path, **settings: object) -> None:
        if settings:
            raise UsageError(
                f"the lake has no setting {', '.join(sorted(settings))!r}",
                help="take it out of the storage's settings",
            )
        # Resolved once, so that the paths handed to the engine are those it checks.
        self._disk = Disk(os.path.realpath(root))

    def begin(self, target: Target, mat_id: str) -> Stage:
        """Allocate the final place of the build's file: no reader knows it before `publish`."""
        path = layout.data_file(target.asset, mat_id)
        full = f"{self._disk.root}/{path}"
        pass_failpoint("stage.open", "open", full)
        self._disk.make_folder(os.path.dirname(path))
        if self._disk.status(path) is not None:
            raise StorageError(
                f"{full} exists: attempt {mat_id} was begun before",
                help="abort it first, or begin another with an identifier of its own",
            )
        return LakeStage(self._disk, path)

    def publish(self, publication: Publication) -> Version:
        """Create the record with the next number: the one step that readers can see."""
        target = publication.target
        where = f"{self._disk.root}/{layout.pointer_folder(target)}"
        pass_failpoint("publish.before", "publish in", where)
        manifest = publishing.manifest_of(publication)
        path = layout.record_file(target, manifest.version.number)
        record, draft = records.record_of(manifest), layout.draft_prefix(publication.publish_id)
        done = self._admit(publication)
        while done is None and not self._disk.create(path, record, draft):
            done = self._admit(publication)  # somebody was quicker: the rules say what that means
        if done is not None:
            return done
        pass_failpoint_behind("publish.after", f"{self._disk.root}/{path}")
        return manifest.version

    def current(self, target: Target) -> Manifest | None:
        """Return the record with the highest number."""
        number = records.head(self._disk, target)
        return records.read(self._disk, target, number) if number else None

    def manifest(self, target: Target, number: int) -> Manifest:
        """Return the record of one version."""
        return records.read(self._disk, target, number)

    def numbers(self, target: Target) -> tuple[int, ...]:
        """Return the numbers found in the target's folder."""
        return records.numbers(self._disk, target)

    def targets(self) -> Iterator[Target]:
        """Walk the folders; the project's name is that of the first readable record."""
        return records.targets(self._disk)

    def resolve(self, target: Target, publish_id: str) -> Resolution:
        """Search the records from the head backwards."""
        return records.resolution(self._disk, target, publish_id)

    def abort(self, target: Target, mat_id: str) -> None:
        """Remove a build's file unless a record of any environment names it, and unused drafts.

        Where a record of the asset cannot be read the file stays: it might be the one it names.
        """
        path = layout.data_file(target.asset, mat_id)
        full = f"{self._disk.root}/{path}"
        pass_failpoint("abort.before", "abort", full)
        folder = layout.pointer_folder(target)
        for name in self._disk.names(folder):
            if name.startswith(layout.draft_prefix(mat_id)):
                self._disk.remove(f"{folder}/{name}")
        if self._disk.status(path) is not None:
            used = removal.used_files(self._disk, target)
            if used is not None and path not in used:
                self._disk.remove(path)
        pass_failpoint("abort.after", "abort", full)

    def share(self, files: Sequence[DataFile], target: Target) -> tuple[DataFile, ...]:
        """Give each file a second name in the target's folder, or a copy where that cannot be."""
        folder = layout.data_folder(target.asset)
        found: list[DataFile] = []
        for file in files:
            path = f"{folder}/{file.path.rsplit('/', 1)[-1]}"
            self._disk.share(file.path, path)
            found.append(file._replace(path=path))
        return tuple(found)

    def remove(self, target: Target, numbers: Sequence[int]) -> None:
        """Remove the records, then the data files that no record of any environment names."""
        removal.remove(self._disk, target, numbers)

    def leftovers(self, project: str, before: float) -> tuple[Leftover, ...]:
        """Return data files without a record and drafts of records, by their last change."""
        return tuple(removal.leftovers(self._disk, project, before))

    def inspect(self, version: Version, stamp: str) -> Inspection:
        """List one folder and look at two files where nothing changed; else read what it takes."""
        number = records.head(self._disk, version.target)
        if number != version.number:
            return self._moved(version, number)
        now = stamps.stamp(self._disk, version)
        if now and now == stamp:
            return Inspection(Condition.INTACT, now)
        return self._touched(version, now)

    def stamp(self, version: Version) -> str:
        """Return sizes, modification times and inodes as one line; empty where bytes are gone."""
        return stamps.stamp(self._disk, version)

    def relation(self, version: Version) -> str:
        """Return DuckDB's reader of exactly the version's files, with exactly its columns."""
        paths = (file.path for file in version.files)
        return _relation(self._disk, paths, version.columns, version.layout)

    def own_files(self, version: Version) -> tuple[Path, ...]:
        """Return the data files; none where their columns are others, or of other types."""
        if version.layout or not forms.is_kept_as_it_is(version.columns):
            return ()
        return tuple(Path(layout.below_root(self._disk.root, f.path)) for f in version.files)

    def verify(self, version: Version) -> tuple[str, ...]:
        """Compare each file's size and SHA-256 with the record, and the record with the version."""
        problems = list(stamps.damages(self._disk, version))
        try:
            recorded = records.read(self._disk, version.target, version.number).version
        except CorruptError as error:
            problems.append(error.message)
        else:
            if recorded != version:
                name = layout.record_file(version.target, version.number)
                problems.append(
                    f"{self._disk.root}/{name} records another version {version.number}"
                )
        return tuple(problems)

    def readable(self) -> tuple[Path, ...]:
        """Return the data folder: records are none of the engine's business."""
        return (Path(self._disk.root) / layout.DATA,)

    def _admit(self, publication: Publication) -> Version | None:
        """Return the version this publication has made already, None where it may make one.

        An unreadable head does not keep its target from being built anew: its number decides, and
        the fence of the newest record that can be read.
        """
        target = publication.target
        number = records.head(self._disk, target)
        history = (
            manifest
            for manifest in records.newest_first(self._disk, target)
            if not isinstance(manifest, CorruptError)
        )
        newest = tuple(islice(history, 1))
        done = publishing.already_published(chain(newest, history), publication)
        if done is None:
            for manifest in newest:
                publishing.check_fence(manifest.version, publication)
            publishing.check_base(number, publication)
            self._check_files(publication)
        return done

    def _check_files(self, publication: Publication) -> None:
        target, folder = publication.target, layout.data_folder(publication.target.asset)
        if not publication.files and not publication.query:
            raise StorageError(f"{target}: a version without files cannot be published")
        for file in publication.files:
            if not file.path.startswith(f"{folder}/"):
                raise StorageError(f"{target}: {file.path} does not lie in {folder}")
            problem = stamps.misfit(self._disk, file)
            if problem:
                name = f"{self._disk.root}/{file.path}"
                raise CorruptError(f"{target} cannot be published: {name} {problem}", name=name)

    def _moved(self, version: Version, number: int) -> Inspection:
        if not number:
            return Inspection(Condition.GONE, detail=f"no version of {version.target} is published")
        try:
            head = records.read(self._disk, version.target, number).version
        except CorruptError as error:
            return Inspection(Condition.DAMAGED, detail=error.message)
        return self._newer(version, head)

    def _touched(self, version: Version, now: str) -> Inspection:
        try:
            head = records.read(self._disk, version.target, version.number).version
        except CorruptError as error:
            return Inspection(Condition.DAMAGED, now, error.message)
        if head.publish_id != version.publish_id:
            return self._newer(version, head)
        problems = "; ".join(stamps.damages(self._disk, version))
        if problems:
            return Inspection(Condition.DAMAGED, now, problems)
        return Inspection(Condition.RESTAMPED, now)

    def _newer(self, version: Version, head: Version) -> Inspection:
        detail = (
            f"version {head.number} ({head.publish_id}) is published, "
            f"version {version.number} ({version.publish_id}) is on record"
        )
        return Inspection(Condition.NEWER, stamps.stamp(self._disk, head), detail)


class LakeStage:
    """The file of one build, at its final place: nobody reads it until a record names it."""

    def __init__(self, disk: Disk, path: str) -> None:
        self._disk = disk
        self._path = path
        self._columns: tuple[Column, ...] = ()
        self._is_closed = False
        self._files: tuple[DataFile, ...] = ()

    @property
    def relation(self) -> str:
        """Return DuckDB's reader of the file, with the columns that were written."""
        return _relation(self._disk, (self._path,), self._columns)

    def write(self, compute: Compute, query: str, columns: Sequence[Column]) -> None:
        """Have the engine write the file; a second write replaces the first."""
        full = f"{self._disk.root}/{self._path}"
        if self._is_closed:
            raise UsageError(f"{full} is sealed: nothing can be written to it any more")
        compute.copy_to_parquet(forms.written(query, columns), Path(full))
        self._columns = tuple(columns)
        pass_failpoint("stage.after_write", "write", full)

    def take(self, path: Path, columns: Sequence[Column]) -> bool:
        """Move a file here, where that is one step and its columns are kept as they are."""
        full = f"{self._disk.root}/{self._path}"
        if self._is_closed or not forms.is_kept_as_it_is(columns):
            return False
        try:
            os.rename(path, full)
        except OSError:  # another file system: the rows are written then
            return False
        self._columns = tuple(columns)
        pass_failpoint("stage.after_write", "write", full)
        return True

    def seal(self) -> tuple[DataFile, ...]:
        """Sync the file and its name, once; return its size and SHA-256."""
        if not self._files:
            if self._is_closed:  # a second sync may succeed although the first lost bytes
                raise StorageError(f"{self._disk.root}/{self._path} could not be made durable")
            self._is_closed = True
            self._files = (DataFile(self._path, *self._disk.seal(self._path)),)
        return self._files


def _relation(
    disk: Disk, paths: Iterable[str], columns: Sequence[Column], stored: Sequence[str] = ()
) -> str:
    # Without the option a folder named k=v above the lake would add a column k. A path is taken
    # literally where its file exists, so `*` or `[` above the lake need no escape.
    quoted = (layout.below_root(disk.root, path).replace("'", "''") for path in paths)
    files = ", ".join(f"'{path}'" for path in quoted)
    return forms.given_back(f"read_parquet([{files}], hive_partitioning = false)", columns, stored)


_: type[Storage] = Lake
