"""A project read from its folder: the shell around what each file declares by itself.

`declare_file` and `assemble` are pure: a cache may keep what a file declared by the digest of its
content and of its `scope_of`, as long as the process variables that it read are as they were.
"""

import glob
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from freshline.declare.assembly import assemble, in_order
from freshline.declare.brought import brought, current_files
from freshline.declare.declaration import declare_file, needs_content, scope_of
from freshline.declare.declared import FileDeclared
from freshline.declare.files import PROJECT_FILES, ProjectFile, find_root, list_files
from freshline.declare.layers import Layer
from freshline.declare.paths import is_address, is_folder_file
from freshline.declare.settings import Settings, read_settings
from freshline.declare.text import Content, decode, quoted, read_content, shown
from freshline.definitions import Declared, SourceDefinition
from freshline.errors import Diagnostic, Span, UsageError
from freshline.other_catalogs import Origin

__all__ = [
    "FileDeclared",
    "ProjectFile",
    "Settings",
    "assemble",
    "declare_file",
    "find_root",
    "is_folder_file",
    "layers_of",
    "list_files",
    "needs_content",
    "read_file",
    "read_project",
    "read_settings",
    "scope_of",
    "with_files",
]


def read_project(root: Path, environment: str = "main") -> Declared:
    """Return everything a project declares, read afresh from its files.

    Whatever is wrong in the files is in the result's diagnostics; whether the environment exists,
    the caller sees in `project.environments`. UsageError where `root` holds no project,
    ResourceError where a folder cannot be read.
    """
    files = list_files(root)
    main = next((file for file in files if file.path in PROJECT_FILES), None)
    if main is None:
        raise UsageError(
            f"there is no project in {root}: {PROJECT_FILES[0]} is missing",
            help="run `freshline init`, or name the project's folder with --project",
        )
    process = os.environ
    settings = read_settings(read_file(root, main), main.path, process).in_force(environment)
    parts: list[FileDeclared] = []
    for of_folders in (True, False):  # what the files of folders say comes before what it is about
        folders = layers_of(parts)
        for file in files:
            if is_folder_file(file.path) is of_folders:
                content = read_file(root, file)
                parts.append(
                    declare_file(file.path, content, settings, environment, folders, process)
                )
    return with_files(root, assemble(settings, parts), parts)


def layers_of(parts: Iterable[FileDeclared]) -> Mapping[str, Layer]:
    """Return what is said of each folder, by its path; `_folder.yaml` wins over `_folder.yml`."""
    said = sorted((part.file, part.layer) for part in parts if part.layer is not None)
    return {file.rpartition("/")[0]: layer for file, layer in reversed(said)}


def read_file(root: Path, file: ProjectFile) -> Content:
    """Return what a file holds, nothing where its content does not matter."""
    if not needs_content(file.path):
        return b""
    return read_content(root / file.path, file.path, file.size)


def with_files(root: Path, declared: Declared, parts: Iterable[FileDeclared]) -> Declared:
    """Return the project with every source set aside whose path leads to no file now.

    A location is told whose folder, or whose file of requirements, is not there.
    """
    lost = _lost_locations(root, declared)
    if lost:
        declared = replace(declared, diagnostics=in_order((*declared.diagnostics, *lost)))
    missing = {s.key: s for s in declared.sources if not _has_files(root, s)}
    if not missing:
        return declared
    paths = {key: quote for part in parts for key, quote in part.paths.items()}
    problems = [
        _not_to_be_had(root, source, source.origin)
        if source.origin is not None
        else Diagnostic(
            code="E301",
            message=f"no file is at {quoted(source.path)}, which {key} reads",
            span=paths[key].span,
            excerpt=paths[key].line,
            fix="a path is relative to the folder of freshline.yaml",
            asset=key,
        )
        for key, source in missing.items()
    ]
    return replace(
        declared,
        sources=tuple(source for source in declared.sources if source.key not in missing),
        broken=tuple(sorted((*declared.broken, *missing))),
        diagnostics=in_order((*declared.diagnostics, *problems)),
    )


def _not_to_be_had(root: Path, source: SourceDefinition, origin: Origin) -> Diagnostic:
    """Return what is wrong with a source that another catalog has, as it was told when looked."""
    word = brought(root, source.path)
    why = word.error if word is not None and word.error else "nobody has looked there yet"
    seen = ""
    if word is not None and word.file and word.since is not None:
        since = datetime.fromtimestamp(word.since, UTC).strftime("%Y-%m-%d %H:%M")
        seen = f"; unknown since {since} UTC, when it was version {word.number}"
    return Diagnostic(
        code="E307",
        message=f"{origin.asset} of the catalog {quoted(origin.catalog)}: {why}{seen}",
        span=source.span,
        excerpt="",
        fix="what reads it stays as it is until it can be had again",
        asset=source.key,
    )


def _lost_locations(root: Path, declared: Declared) -> list[Diagnostic]:
    problems: list[Diagnostic] = []
    for each in declared.project.locations:
        place = each.span or Span(file=declared.project.file, line=1, column=1)
        missing: list[tuple[str, str]] = []
        if not (root / each.path).is_dir():
            missing.append(("folder", each.path))
        if each.requirements is not None and not (root / each.requirements).is_file():
            missing.append(("file of requirements", each.requirements))
        for what, path in missing:
            content = read_content(root / place.file, place.file, 0)
            lines = decode(place.file, content)
            line = lines.split("\n")[place.line - 1] if isinstance(lines, str) else ""
            message = f"the location {quoted(each.name)} has no {what} {quoted(path)}"
            fix = "a path is relative to the folder of freshline.yaml"
            problems.append(
                Diagnostic(code="E124", message=message, span=place, excerpt=shown(line), fix=fix)
            )
    return problems


def _has_files(root: Path, source: SourceDefinition) -> bool:
    if source.path == source.file:
        return True  # a data file of the project, found where it is
    if source.origin is not None:
        return bool(current_files(root, source.path))
    if is_address(source.path):
        return True  # only compiling goes there
    if not glob.has_magic(source.path):
        return os.path.isfile(root / source.path)
    found = glob.iglob(source.path, root_dir=root, recursive=True)
    return any(os.path.isfile(root / path) for path in found)
