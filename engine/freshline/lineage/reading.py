"""Sources compiled: their files found and made ready, their columns known and as declared.

Finding out what is in files is DuckDB's work, which needs no Python: it goes on in threads while
the compiler does its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from freshline.codec import digest, encode
from freshline.definitions import Column, ColumnDefinition, SourceDefinition
from freshline.errors import ComputeError, Diagnostic, FreshlineError, Severity
from freshline.lineage.analysed import Analysis
from freshline.lineage.files.columns import FileColumns, UnreadableFiles
from freshline.lineage.files.headers import disagreement
from freshline.lineage.files.prepared import is_mistaken
from freshline.lineage.files.readers import natural, relation, settled
from freshline.lineage.files.shapes import unreadable
from freshline.lineage.graph import Source
from freshline.lineage.sources import files_now, files_of
from freshline.suggest import closest

_AT_ONCE = 8  # waiting for disks and networks is a part of it
_CHECK = "check the file, its `format` and what `read` says of it"
_TYPES = (
    *("bigint", "integer", "smallint", "hugeint", "double", "decimal(18,2)", "boolean", "text"),
    *("varchar", "date", "time", "timestamp", "timestamptz", "interval", "uuid", "json"),
)


class SourceRead(NamedTuple):
    """A source as it was found, under the digest of all that this depends on."""

    definition: SourceDefinition
    digest: str
    analysis: Analysis


class Sources:
    """The sources of a project, read from the moment that this is entered."""

    def __init__(
        self,
        root: Path,
        definitions: Sequence[SourceDefinition],
        remembered: Mapping[str, Analysis],
    ) -> None:
        self._root, self._definitions, self._remembered = root, definitions, remembered
        self._columns = FileColumns()
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="source")

    def __enter__(self) -> Self:
        self._reads = [self._pool.submit(self._read, d) for d in self._definitions]
        return self

    def __exit__(
        self,
        type: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._columns.close()

    def __iter__(self) -> Iterator[SourceRead]:
        """Yield what is known of each source, in their order, waiting for it."""
        for read in self._reads:
            yield read.result()

    def _read(self, definition: SourceDefinition) -> SourceRead:
        files = files_of(self._root, definition)
        stats = [(self._root / file).stat() for file in files]
        stamps = [f"{s.st_size}:{s.st_mtime_ns}:{s.st_ino}" for s in stats]
        identity = digest(encode(definition), *files, *stamps)
        known = self._remembered.get(identity)
        found = known or read_source(self._columns, self._root, definition, files)
        return SourceRead(definition, identity, found)


def read_source(
    opener: FileColumns, root: Path, definition: SourceDefinition, files: Sequence[str]
) -> Analysis:
    """Return a source with the columns that its files have, or what is wrong with it."""

    def failed(code: str, message: str, fix: str) -> Analysis:
        message = message.replace(f"{root}/", "")
        return Analysis(diagnostics=(_finding(definition, code, message, fix),))

    try:
        if not files and not (files := files_now(root, definition)):  # says why there are none
            fix = "correct `path` (it is relative to the folder of freshline.yaml) or add the file"
            return failed("E301", f'no file matches "{definition.path}"', fix)
        differing = disagreement(opener, root, definition, files)
        if differing is not None and differing.is_fatal:
            message = f"files of {definition.key} differ: {differing.sentence}"
            return failed("E306", message, differing.fix)
        if differing is not None and differing.is_case_alone:
            options = {**dict(definition.options), "union_by_name": True}
            definition = replace(definition, options=tuple(options.items()))
        columns = opener.of(natural(root, definition, files))
    except UnreadableFiles as problem:
        why, fix = unreadable(root, definition, files, str(problem)) or (str(problem), _CHECK)
        return failed("E302", f"cannot read {definition.key}: {why}", fix)
    except FreshlineError as error:
        code = "E305" if isinstance(error, ComputeError) else "E101"
        return failed(code, f"cannot read {definition.key}: {error.message}", error.help)
    except OSError as error:
        return failed("E101", f"cannot read {definition.key}: {error}", "let it be read")
    if findings := _misdeclared(opener, definition, columns):
        return Analysis(diagnostics=findings)
    resolved = settled(definition, columns)
    try:
        if any(column.type for column in definition.columns):  # else nothing is cast
            columns = opener.of(relation(root, resolved, files))
    except UnreadableFiles as problem:
        return failed("E207", f"{definition.key} cannot be cast: {problem}", _CHECK)
    notes = _hardly(root, definition, files)
    if differing is not None and differing.sentence:
        message = f"{definition.key}: {differing.sentence}"
        notes = (*notes, _warning(definition, "W503", message, differing.fix))
    source = Source(definition=resolved, files=tuple(files), columns=columns)
    return Analysis(source=source, diagnostics=notes)


def _hardly(
    root: Path, definition: SourceDefinition, files: Sequence[str]
) -> tuple[Diagnostic, ...]:
    """Return a warning where files are read in another encoding than they are most probably in."""
    for file in files:
        if is_mistaken(root / file, definition):
            said = dict(definition.options)["encoding"]
            message = f"{file} is read as {said}, and all of it is valid UTF-8"
            fix = "if it is UTF-8, say `encoding: utf-8` in `read:`"
            return (_warning(definition, "W504", message, fix),)
    return ()


def _misdeclared(
    opener: FileColumns, definition: SourceDefinition, columns: Sequence[Column]
) -> tuple[Diagnostic, ...]:
    """Return a finding for each declared column that is not there or is of no type."""
    names = [column.name for column in columns]
    known = {name.lower() for name in names}
    found: list[Diagnostic] = []
    for column in definition.columns:
        if column.name.lower() not in known:
            near = closest(column.name, names)
            hint = f'did you mean "{near[0]}"?  ' if near else ""
            message = f'declared column "{column.name}" is not in {definition.key}'
            fix = f"{hint}columns: {', '.join(names)}"
            found.append(_about(definition, column, message, fix))
        elif column.type is not None and not opener.is_type(column.type):
            near = closest(column.type, _TYPES)
            message = f'column "{column.name}" is declared as {column.type}, which is no type'
            fix = f'did you mean "{near[0]}"?' if near else f"types are {', '.join(_TYPES)}, ..."
            found.append(_about(definition, column, message, fix))
    return tuple(found)


def _finding(definition: SourceDefinition, code: str, message: str, fix: str) -> Diagnostic:
    return Diagnostic(
        code=code, message=message, span=definition.span, fix=fix, asset=definition.key
    )


def _warning(definition: SourceDefinition, code: str, message: str, fix: str) -> Diagnostic:
    return replace(_finding(definition, code, message, fix), severity=Severity.WARNING)


def _about(
    definition: SourceDefinition, column: ColumnDefinition, message: str, fix: str
) -> Diagnostic:
    return replace(_finding(definition, "E207", message, fix), span=column.span)
