"""The compile cache: a project that did not change is not read again, a file that did alone is.

Two files of one folder for each environment. The whole graph, good as long as no file of the
project and of its sources has another size, time or inode; and the parts, each good for its own
content. A file touched within two seconds of the caching is always read. A cache that cannot be
read, or was made by other rules, is not there.
"""

import gc
import os
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

from freshline import __version__
from freshline.codec import decode, digest, digest_of, encode
from freshline.declare.files import PROJECT_FILES
from freshline.declare.project import (
    FileDeclared,
    ProjectFile,
    assemble,
    declare_file,
    list_files,
    read_file,
    read_settings,
    with_files,
)
from freshline.definitions import Declared
from freshline.errors import Diagnostic
from freshline.lineage.analysis import Analysis
from freshline.lineage.canonical import canonicaliser
from freshline.lineage.compile import compile_graph
from freshline.lineage.graph import Graph
from freshline.lineage.sources import files_of

_SETTLED_NS = 2_000_000_000
_NEVER = ProjectFile("", -1, 0, 0)
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedFile:
    """What one file declared, by its stamp and by the digest of all that the declaring read."""

    stamp: ProjectFile
    content: str
    declared: FileDeclared


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What is remembered of each file and of each definition."""

    rules: str
    at_ns: int
    files: tuple[CachedFile, ...] = ()
    compiled: dict[str, Analysis] = field(default_factory=dict[str, Analysis])


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A graph, and the stamps of every file that it was made from."""

    rules: str
    at_ns: int
    files: tuple[ProjectFile, ...]
    data: tuple[ProjectFile, ...]
    graph: Graph


def load_graph(root: Path, environment: str | None, folder: Path) -> Graph:
    """Return the compiled graph of a project in an environment (None: its first)."""
    files = list_files(root)
    name = environment or "_"
    rules = digest(__version__, canonicaliser(), version("duckdb"), str(root))
    with _without_collector():
        whole = _read(folder / f"{name}.graph", Whole)
        if whole is not None and whole.rules == rules and _is_current(root, whole, files):
            return whole.graph
        return _compiled(root, environment, files, (folder, name, rules))


def _compiled(
    root: Path,
    environment: str | None,
    files: tuple[ProjectFile, ...],
    place: tuple[Path, str, str],
) -> Graph:
    folder, name, rules = place
    at_ns = time.time_ns()
    parts = _read(folder / f"{name}.parts", Parts)
    if parts is None or parts.rules != rules:
        parts = Parts(rules=rules, at_ns=0)
    declared, entries = _declared(root, environment, files, parts)
    graph, compiled = compile_graph(declared, root, parts.compiled)
    data = tuple(_stamps_of_data(root, graph))
    missing = any(finding.code == "E301" for finding in graph.diagnostics)
    if missing or len(graph.sources) < len(declared.sources):
        data = (_NEVER,)  # what is missing or cannot be read today may be there tomorrow
    with suppress(OSError):  # a folder that cannot be written costs time, not correctness
        folder.mkdir(parents=True, exist_ok=True)
        _write(
            folder / f"{name}.parts",
            Parts(rules=rules, at_ns=at_ns, files=entries, compiled=compiled),
        )
        _write(
            folder / f"{name}.graph",
            Whole(rules=rules, at_ns=at_ns, files=files, data=data, graph=graph),
        )
    return graph


def _declared(
    root: Path, environment: str | None, files: tuple[ProjectFile, ...], parts: Parts
) -> tuple[Declared, tuple[CachedFile, ...]]:
    """Return what all files declare, reading only those that may have changed."""
    known = {entry.stamp.path: entry for entry in parts.files}
    main = next(file for file in files if file.path in PROJECT_FILES)
    settings = read_settings(read_file(root, main), main.path)
    in_force = environment or settings.project.environments[0]
    scope = digest_of(settings.scope(in_force))
    entries: list[CachedFile] = []
    for stamp in files:
        before = known.get(stamp.path)
        same = before is not None and before.stamp == stamp and _settled(stamp, parts.at_ns)
        if before is not None and same and before.content.startswith(scope):
            entries.append(before)
            continue
        raw = read_file(root, stamp)
        content = f"{scope}:{digest_of(raw) if isinstance(raw, Diagnostic) else digest(raw)}"
        if before is not None and before.content == content:
            declared = before.declared
        else:
            declared = declare_file(stamp.path, raw, settings, in_force)
        entries.append(CachedFile(stamp=stamp, content=content, declared=declared))
    said = [entry.declared for entry in entries]
    return with_files(root, assemble(settings, said), said), tuple(entries)


def _is_current(root: Path, whole: Whole, files: tuple[ProjectFile, ...]) -> bool:
    if whole.files != files or not all(_settled(f, whole.at_ns) for f in files):
        return False
    data = tuple(_stamps_of_data(root, whole.graph))
    return data == whole.data and all(_settled(d, whole.at_ns) for d in data)


def _settled(stamp: ProjectFile, at_ns: int) -> bool:
    return stamp.mtime_ns < at_ns - _SETTLED_NS


def _stamps_of_data(root: Path, graph: Graph) -> Iterator[ProjectFile]:
    for source in graph.sources.values():
        for file in files_of(root, source.definition):
            with suppress(OSError):
                status = os.stat(root / file)
                yield ProjectFile(file, status.st_size, status.st_mtime_ns, status.st_ino)


def _read(path: Path, type: type[T]) -> T | None:
    try:
        return decode(path.read_bytes(), type)
    except (OSError, ValueError):
        return None


def _write(path: Path, value: object) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_bytes(encode(value))
    os.replace(beside, path)


@contextmanager
def _without_collector() -> Generator[None]:
    """Keep Python from looking for garbage among trees that all live to the end of the work."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
