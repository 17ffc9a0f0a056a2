"""The compile cache: a project that did not change is not read again, a file that did alone is.

Two files of one folder for each environment. The whole graph, good as long as no file of the
project and of its sources has another size, time or inode, and no process variable that it read
another value; and the parts, each good for its own content. A file touched within two seconds of
the caching is always read. A cache that cannot be read, or was made by other rules, is not there.

Where nothing changed the analyser is not needed, nor is it imported: it takes longer than the rest.
"""

import gc
import os
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from sysconfig import get_path
from typing import NamedTuple, TypeVar

from freshline import __version__
from freshline.codec import decode, digest, encode
from freshline.declare.files import ProjectFile, list_files
from freshline.declare.process import is_as_it_was
from freshline.definitions import Column
from freshline.lineage.canonical import canonicaliser
from freshline.lineage.graph import Graph
from freshline.lineage.outside import NOBODY, Outside, code_files
from freshline.lineage.sources import files_of

_NEVER = ProjectFile("", -1, 0, 0)
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A graph, and the stamps of all files and process variables that it was made from.

    `code` are the stamps of all Python files, and `learnt` the columns of what code made, where
    there is any.
    """

    rules: str
    at_ns: int
    files: tuple[ProjectFile, ...]
    data: tuple[ProjectFile, ...]
    process: dict[str, str]
    graph: Graph
    code: tuple[ProjectFile, ...] = ()
    learnt: dict[str, tuple[Column, ...]] = field(default_factory=dict[str, tuple[Column, ...]])


class Foreseen(NamedTuple):
    """What was compiled last, read before it is needed, and what its file looked like then."""

    whole: Whole
    stamp: tuple[int, int, int] | None


def foreseen(root: Path, environment: str | None, folder: Path) -> Foreseen | None:
    """Return what was compiled last for `load_graph`; None where there is nothing to be used."""
    stamp = _stamp(folder / f"{environment or '_'}.graph")
    whole = kept(root, environment, folder)
    return None if whole is None else Foreseen(whole, stamp)


def load_graph(
    root: Path,
    environment: str | None,
    folder: Path,
    outside: Outside = NOBODY,
    foreseen: Foreseen | None = None,
) -> Graph:
    """Return the compiled graph of a project in an environment (None: its first).

    `outside` loads people's code, and knows what came out of it. What is `foreseen` is not read
    again while its file is as it was, and asked all the same whether it is current.
    """
    files = list_files(root)
    name = environment or "_"
    rules = _rules(root)
    path = folder / f"{name}.graph"
    with without_collector():
        if foreseen is not None and foreseen.stamp == _stamp(path):
            whole: Whole | None = foreseen.whole
        else:
            whole = _read(path, Whole)
        if whole is not None and whole.rules == rules:
            _bring(whole.graph, outside)
        if whole is not None and whole.rules == rules and _is_current(root, whole, files):
            graph = _with_what_came_out(whole, environment, path, outside)
            if graph is not None:
                return graph
        return _compiled(root, environment, files, (folder, name, rules), outside)


def kept(root: Path, environment: str | None, folder: Path) -> Whole | None:
    """Return what was compiled last, current or not; None where there is nothing to be used."""
    with without_collector():
        whole = _read(folder / f"{environment or '_'}.graph", Whole)
    if whole is None or whole.rules != _rules(root):
        return None
    return whole


def looks_unchanged(root: Path, whole: Whole, files: tuple[ProjectFile, ...]) -> bool:
    """Say whether all looks as it did then, the project's own `files` among it.

    A file that was touched just before may have changed without looking so: see `is_settled`.
    """
    if whole.files != files or (whole.code and code_files(root) != whole.code):
        return False
    return not has_lost(whole) and tuple(stamps_of_data(root, whole.graph)) == whole.data


def has_lost(whole: Whole) -> bool:
    """Say whether files were missing: then no look of those that are there tells all."""
    return _NEVER in whole.data


def is_settled(whole: Whole) -> bool:
    """Say whether every file had been left alone for long enough when it was read."""
    stamps = (*whole.files, *whole.code, *whole.data)
    return all(stamp.was_settled(whole.at_ns) for stamp in stamps if stamp != _NEVER)


def _rules(root: Path) -> str:
    return digest(__version__, canonicaliser(), version("duckdb"), str(root))


def _bring(graph: Graph, outside: Outside) -> None:
    """Have what the graph reads of other catalogs brought as it is now."""
    definitions = (source.definition for source in graph.sources.values())
    elsewhere = [each for each in definitions if each.origin is not None]
    if elsewhere:
        outside.bring(graph.project, elsewhere)


def _with_what_came_out(
    whole: Whole, environment: str | None, path: Path, outside: Outside
) -> Graph | None:
    """Return a cached graph with the columns that its code makes by now; None: compile it."""
    if not whole.code:
        return whole.graph
    now = learnt(whole.graph, environment, outside)
    if now == whole.learnt:
        return whole.graph
    from freshline.lineage.learning import relearnt

    graph = relearnt(whole.graph, whole.learnt, now)
    if graph is not None:
        with suppress(OSError):
            _write(path, replace(whole, graph=graph, learnt=now))
    return graph


def learnt(
    graph: Graph, environment: str | None, outside: Outside
) -> dict[str, tuple[Column, ...]]:
    """Return the columns that came out last of what code makes, as far as any did."""
    made = {key for key, asset in graph.assets.items() if asset.code is not None}
    name = environment or graph.project.environments[0]
    if not made:
        return {}
    found = outside.learnt(graph.project.name, name)
    return {key: columns for key, columns in found.items() if key in made}


def _compiled(
    root: Path,
    environment: str | None,
    files: tuple[ProjectFile, ...],
    place: tuple[Path, str, str],
    outside: Outside,
) -> Graph:
    from freshline.lineage.recompile import Parts, recompiled

    folder, name, rules = place
    at_ns = time.time_ns()
    before = _read(folder / f"{name}.parts", Parts)
    if before is None or before.rules != rules:
        before = Parts(rules=rules, at_ns=0)
    graph, parts, complete = recompiled(root, environment, files, before, at_ns, outside)
    data = tuple(stamps_of_data(root, graph)) if complete else (_NEVER,)
    with suppress(OSError):  # a folder that cannot be written costs time, not correctness
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / f"{name}.parts", parts)
        _write(
            folder / f"{name}.graph",
            Whole(
                rules=rules,
                at_ns=at_ns,
                files=files,
                data=data,
                process=parts.process,
                graph=graph,
                code=code_files(root) if parts.code else (),
                learnt=learnt(graph, environment, outside),
            ),
        )
    return graph


def _is_current(root: Path, whole: Whole, files: tuple[ProjectFile, ...]) -> bool:
    if whole.files != files or not all(f.was_settled(whole.at_ns) for f in files):
        return False
    if not is_as_it_was(os.environ, whole.process):
        return False
    if whole.code:
        code = code_files(root)
        if code != whole.code or not all(f.was_settled(whole.at_ns) for f in code):
            return False
    data = tuple(stamps_of_data(root, whole.graph))
    is_same = data == whole.data and not has_lost(whole)
    return is_same and all(d.was_settled(whole.at_ns) for d in data)


def stamps_of_data(root: Path, graph: Graph) -> Iterator[ProjectFile]:
    """Yield what the files look like that sources stand for, and that code hangs on."""
    for source in graph.sources.values():
        files = files_of(root, source.definition)
        if not files and source.definition.origin is not None:
            yield _NEVER  # what another catalog has became unknown since the graph was made
        for file in files:
            with suppress(OSError):
                status = os.stat(root / file)
                yield ProjectFile(file, status.st_size, status.st_mtime_ns, status.st_ino)
    yield from _stamps_beside_code(root, graph)


def _stamps_beside_code(root: Path, graph: Graph) -> Iterator[ProjectFile]:
    """Yield the stamps of what code hangs on that is no Python file of the project.

    Among them is the folder of installed packages, which is another when something is installed.
    """
    made = [asset.code for asset in graph.assets.values() if asset.code is not None]
    if not made:
        return
    beside = {file for code in made for file in code.files if not file.endswith(".py")}
    beside |= {each.requirements for each in graph.project.locations if each.requirements}
    for path in (*sorted(beside), get_path("purelib")):
        with suppress(OSError):
            status = os.stat(root / path)
            yield ProjectFile(path, status.st_size, status.st_mtime_ns, status.st_ino)


def _read(path: Path, type: type[T]) -> T | None:
    try:
        return decode(path.read_bytes(), type)
    except (OSError, ValueError):
        return None


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """Return what tells a file from one that took its place, None where there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def _write(path: Path, value: object) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_bytes(encode(value))
    os.replace(beside, path)


@contextmanager
def without_collector() -> Generator[None]:
    """Keep Python from looking for garbage among trees that all live to the end of the work."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
