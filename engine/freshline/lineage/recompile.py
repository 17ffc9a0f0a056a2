"""Compiling anew what changed: each file and each definition is remembered by its own content.

This is the half of the compile cache that needs the analyser; `lineage.cache` is the other.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path

from freshline.codec import digest, digest_of
from freshline.declare.files import PROJECT_FILES, ProjectFile
from freshline.declare.process import is_as_it_was
from freshline.declare.project import (
    FileDeclared,
    Settings,
    assemble,
    declare_file,
    is_folder_file,
    layers_of,
    read_file,
    read_settings,
    scope_of,
    with_files,
)
from freshline.errors import Diagnostic
from freshline.lineage.analysed import Analysis
from freshline.lineage.graph import Graph
from freshline.lineage.loading import CachedCode, Loading, Texts, has_code, is_code, with_code
from freshline.lineage.outside import NOBODY, Columns, Outside, code_files
from freshline.lineage.reading import Sources


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedFile:
    """What one file declared, by its stamp and by the digest of all that the declaring read."""

    stamp: ProjectFile
    content: str
    declared: FileDeclared


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What is remembered of each file and each definition, and the process variables they read."""

    rules: str
    at_ns: int
    process: dict[str, str] = field(default_factory=dict[str, str])
    files: tuple[CachedFile, ...] = ()
    code: tuple[CachedCode, ...] = ()
    compiled: dict[str, Analysis] = field(default_factory=dict[str, Analysis])


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What the files of a project say; `files` and `code` are to be remembered."""

    settings: Settings
    environment: str
    said: tuple[FileDeclared, ...]
    files: tuple[CachedFile, ...]
    code: tuple[CachedCode, ...]


def recompiled(
    root: Path,
    environment: str | None,
    files: tuple[ProjectFile, ...],
    before: Parts,
    at_ns: int,
    outside: Outside = NOBODY,
) -> tuple[Graph, Parts, bool]:
    """Return the graph of these files, what to remember of it, and whether all could be read.

    What `before` remembers of a file or definition that is as it was is taken over. `at_ns` is when
    the files were listed; `outside` loads people's code and knows what came out of it.

    Not all could be read where a source is missing, or none could make sense
    of it: what is missing today may be there tomorrow, though no file of the project changes.
    """
    read = read_anew(root, environment, files, before, outside)
    settings, name, said = read.settings, read.environment, read.said
    declared = assemble(settings, said)
    if elsewhere := [source for source in declared.sources if source.origin is not None]:
        outside.bring(declared.project, elsewhere)
    declared = with_files(root, declared, said)
    learnt: Columns = {}
    if any(asset.code is not None for asset in declared.assets):
        learnt = outside.learnt(settings.project.name, name)
    process = dict(settings.process)
    for part in said:
        process.update(part.process)
    with Sources(root, declared.sources, before.compiled) as sources:
        # Importing the analyser takes about as long as reading some files.
        from freshline.lineage.compile import compile_graph

        graph, compiled = compile_graph(declared, root, before.compiled, sources, learnt)
    missing = any(finding.code in ("E301", "E307") for finding in graph.diagnostics)
    whole = not missing and len(graph.sources) == len(declared.sources)
    parts = Parts(
        rules=before.rules,
        at_ns=at_ns,
        process=process,
        files=read.files,
        code=read.code,
        compiled=compiled,
    )
    return graph, parts, whole


def read_anew(
    root: Path,
    environment: str | None,
    files: tuple[ProjectFile, ...],
    before: Parts,
    outside: Outside = NOBODY,
) -> Read:
    """Return what these files say, taking over what `before` remembers of files as they were."""
    main = next(file for file in files if file.path in PROJECT_FILES)
    settings = read_settings(read_file(root, main), main.path, os.environ)
    name = environment or settings.project.environments[0]
    settings = settings.in_force(name)
    entries = _declared(root, (settings, name), files, before)
    said, code = [entry.declared for entry in entries], before.code
    if has_code(files, said):
        texts = Texts(root, code_files(root))
        loading = Loading(
            texts=texts,
            settings=settings,
            environment=name,
            outside=outside,
            remembered=before.code,
        )
        said, code = with_code(loading, files, said)
    return Read(settings=settings, environment=name, said=tuple(said), files=entries, code=code)


def _declared(
    root: Path, known: tuple[Settings, str], files: tuple[ProjectFile, ...], parts: Parts
) -> tuple[CachedFile, ...]:
    """Return what all files declare, reading only those that may have changed.

    What a file declares depends on the files of the folders above it: these come first.
    """
    settings, environment = known
    remembered = {entry.stamp.path: entry for entry in parts.files}
    scope = settings.scope(environment)
    entries: list[CachedFile] = []
    for of_folders in (True, False):
        folders = layers_of(entry.declared for entry in entries)
        digests: dict[str, str] = {}
        for file in files:
            if is_folder_file(file.path) is not of_folders or is_code(file.path):
                continue
            folder = file.path.rpartition("/")[0]
            if folder not in digests:
                digests[folder] = digest_of(scope_of(file.path, scope, folders))
            before = remembered.get(file.path)
            if before is not None and not is_as_it_was(os.environ, before.declared.process):
                before = None
            same = before is not None and before.stamp == file and file.was_settled(parts.at_ns)
            if before is not None and same and before.content.startswith(digests[folder]):
                entries.append(before)
                continue
            raw = read_file(root, file)
            read = digest_of(raw) if isinstance(raw, Diagnostic) else digest(raw)
            content = f"{digests[folder]}:{read}"
            declared = before.declared if before and before.content == content else None
            if declared is None:
                declared = declare_file(file.path, raw, settings, environment, folders, os.environ)
            entries.append(CachedFile(stamp=file, content=content, declared=declared))
    return tuple(entries)
