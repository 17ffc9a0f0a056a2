"""Versions and the record of how each came to be: what storages keep and staleness compares."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from freshline.definitions import Column
from freshline.keys import Target


class PublishKind(StrEnum):
    """Why a version was made visible: it was computed, or what is there was pointed to again."""

    BUILD = "build"
    REVERT = "revert"  # an older version, as it was
    RELAYOUT = "relayout"  # the files of the one before, with other columns of them


class DataFile(NamedTuple):
    """One file of a version: path relative to the storage's root, size in bytes, SHA-256 in hex."""

    path: str
    bytes: int
    sha256: str


class Window(NamedTuple):
    """The columns of an upstream that one consumer can observe; None means all of them.

    Through an `ordered` one the order of the rows shows too.
    """

    columns: tuple[str, ...] | None = None
    ordered: bool = False


WHOLE = Window()


class Read(NamedTuple):
    """One input of a build: which version of which asset, seen through which window.

    `version` is the mat_id of an asset's version, or the version token of a source; `data_version`
    is the hash of the content in the window (of a source: its version token again).
    """

    asset: str
    version: str
    data_version: str
    window: Window = WHOLE

    @property
    def has_content(self) -> bool:
        """Whether the hash is one of rows, and not the version over again."""
        return self.data_version != self.version


class Output(NamedTuple):
    """The content of a version in one window, as a hash that is equal where the rows are."""

    window: Window
    data_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Logic:
    """The text a version was computed from, kept so that it can be canonicalised anew.

    `text` is the author's SQL with variables rendered; `schemas` the columns of each upstream at
    that time; `macros` the statements of those it called, by name. `compiled` is what ran, with
    marked names.
    """

    text: str
    schemas: tuple[tuple[str, tuple[Column, ...]], ...]
    macros: tuple[tuple[str, str], ...] = ()
    compiled: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What staleness compares: the hash of the logic, the inputs read and the outputs made.

    `canonicaliser` names the rules under which `code_version` was computed; under other rules the
    hash says nothing and the stored `Logic` is canonicalised again. `period` is the day or the hour
    that the rows are of, where they hang on the clock and are to be made anew with it.
    """

    code_version: str
    canonicaliser: str
    config: str
    inputs: tuple[Read, ...]
    outputs: tuple[Output, ...]
    engine: str
    period: str = ""

    @property
    def data_version(self) -> str:
        """The hash of the whole content."""
        for output in self.outputs:
            if output.window == WHOLE:
                return output.data_version
        raise ValueError("every trace has the whole content among its outputs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One immutable physical build of a target, as published under a number.

    `mat_id` says who computed the bytes, `publish_id` which publish made them visible; they differ
    after a revert. `fence` grows with every attempt on the target. A view's version has no rows and
    no files but a `query`: compiled text, its upstreams as marked names.

    `layout` holds for each column the name that its files have it under; it is empty where the
    files have just these columns.
    """

    target: Target
    number: int
    publish_id: str
    mat_id: str
    fence: int
    kind: PublishKind
    at: float
    rows: int
    columns: tuple[Column, ...]
    files: tuple[DataFile, ...]
    query: str = ""
    layout: tuple[str, ...] = ()

    @property
    def stored(self) -> tuple[str, ...]:
        """For each column the name that the version's files have it under."""
        return self.layout or tuple(column.name for column in self.columns)

    @property
    def bytes(self) -> int:
        """The size of the version's files together."""
        return sum(file.bytes for file in self.files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What a step asks a storage to make visible: sealed files, or those of a version.

    `base` is the number of the head it was planned against, 0 where there was none. A view has a
    `query` in place of files: then its record is all that is published. A `layout` says under which
    names the files have the columns, where that is not what they have.
    """

    target: Target
    publish_id: str
    mat_id: str
    fence: int
    base: int
    kind: PublishKind
    at: float
    rows: int
    columns: tuple[Column, ...]
    files: tuple[DataFile, ...]
    trace: Trace
    logic: Logic
    query: str = ""
    layout: tuple[str, ...] = ()

    @property
    def version(self) -> Version:
        """The version that it makes, numbered after its base."""
        return Version(
            target=self.target,
            number=self.base + 1,
            publish_id=self.publish_id,
            mat_id=self.mat_id,
            fence=self.fence,
            kind=self.kind,
            at=self.at,
            rows=self.rows,
            columns=self.columns,
            files=self.files,
            query=self.query,
            layout=self.layout,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The complete record of one published version; with it a lost catalog can be rebuilt."""

    version: Version
    trace: Trace
    logic: Logic


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """A version with its trace, and the storage's cheap stamp of it taken at publish."""

    version: Version
    trace: Trace
    stamp: str = ""
