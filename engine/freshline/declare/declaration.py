"""What one file of a project declares: which reader it goes to, by its folder and suffix."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from freshline.declare import rules, source
from freshline.declare.about import Scope, read_outer
from freshline.declare.aside import without_broken
from freshline.declare.assets import declare_asset_file, declare_sql_file, read_asset
from freshline.declare.declared import FileDeclared, Gathering
from freshline.declare.files import PROJECT_FILES
from freshline.declare.layers import Layer
from freshline.declare.macros import declare_macro_file
from freshline.declare.paths import (
    ASSETS,
    MACROS,
    SENSORS,
    SOURCES,
    folders_above,
    is_data,
    is_folder_file,
    path_key,
    split_suffix,
)
from freshline.declare.process import ProcessVariables
from freshline.declare.report import Quote, Report
from freshline.declare.scalars import is_null
from freshline.declare.section import Keys, Section, check_key, mapping
from freshline.declare.settings import Settings, is_declared
from freshline.declare.source import compose
from freshline.declare.sources import declare_data_file, read_source
from freshline.declare.text import Content, decode, source_text
from freshline.errors import Diagnostic, Span

_YAML = frozenset({".yaml", ".yml"})


def needs_content(path: str) -> bool:
    """Say whether a file's content matters to what it declares; a data file's does not."""
    suffix = split_suffix(path)[1]
    if path.startswith(MACROS):
        return suffix == ".sql"
    if path.startswith(ASSETS):
        return suffix == ".sql" or suffix in _YAML
    return suffix in _YAML


def scope_of(path: str, scope: Scope, folders: Mapping[str, Layer]) -> Scope:
    """Return the scope of a file: that of the project with the layers of the folders above it."""
    if not folders:
        return scope
    inner = [folders[folder] for folder in folders_above(path) if folder in folders]
    return replace(scope, layers=(*scope.layers, *inner)) if inner else scope


def declare_file(
    path: str,
    content: Content,
    settings: Settings,
    environment: str = "main",
    folders: Mapping[str, Layer] | None = None,
    process: Mapping[str, str] | None = None,
) -> FileDeclared:
    """Return what one file declares, whatever it holds: nothing in it makes this fail.

    It depends on the arguments alone: on `scope_of` the settings and the `folders`, which are what
    the files of folders say, and on those variables of the process that the result names. A file
    that declares nothing gives an empty answer. `content` is a Diagnostic where the file could not
    be read.
    """
    asked = ProcessVariables(process or {})
    known = settings.scope(environment)
    scope = replace(known, values=replace(known.values, process=asked))
    if not is_folder_file(path):
        scope = scope_of(path, scope, folders or {})
    declared = without_broken(_declared(path, content, scope), scope)
    return replace(declared, process=asked.asked) if asked.asked else declared


def _declared(path: str, content: Content, scope: Scope) -> FileDeclared:
    suffix = split_suffix(path)[1]
    if needs_content(path):
        text = decode(path, content)
        if isinstance(text, Diagnostic):
            return _unreadable(path, text)
        if path.startswith(MACROS):
            return declare_macro_file(path, text)
        if suffix == ".sql":
            return declare_sql_file(path, text, scope)
        return _declare_yaml(path, text, scope)
    if path.startswith(ASSETS) and is_data(path):
        return declare_data_file(path, scope)
    return FileDeclared(file=path)  # what Python declares, a worker tells


def _unreadable(path: str, problem: Diagnostic) -> FileDeclared:
    if path in PROJECT_FILES:
        return FileDeclared(file=path)  # the settings tell it
    if is_folder_file(path):
        return FileDeclared(file=path, layer=Layer(broken=problem.code), diagnostics=(problem,))
    key = path_key(path) if path.startswith(ASSETS) else None
    if key is None or key.problem is not None:
        return FileDeclared(file=path, diagnostics=(problem,))
    span = problem.span or Span(file=path, line=1, column=1)
    return FileDeclared(
        file=path,
        broken=(key.key,),
        places={key.key: Quote(span, problem.excerpt)},
        diagnostics=(replace(problem, asset=key.key),),
    )


def _declare_yaml(path: str, text: str, scope: Scope) -> FileDeclared:
    report = Report(source_text(path, text))
    gathering = Gathering(report)
    node = compose(report)
    if is_folder_file(path):
        return _folder(report, node, scope)
    if path in PROJECT_FILES:
        if isinstance(node, source.Mapping):
            # What is wrong with the rest of it, the settings tell.
            report.findings = [f for f in report.findings if is_declared(node, f.offset)]
            _read_listed(gathering, node, None, scope)
            return gathering.declared()
        return FileDeclared(file=path)
    names: set[str] = set()
    if isinstance(node, source.Mapping):
        names = {entry.key.text for entry in node.entries}
    if path.startswith((SOURCES, SENSORS)):
        keys: Keys | None = rules.SENSORS_FILE if path.startswith(SENSORS) else rules.SOURCES_FILE
    else:
        keys = rules.LISTING_FILE if names & {"assets", "sources"} else None
    if keys is None:
        return declare_asset_file(gathering, node, scope)
    if isinstance(node, source.Mapping):
        _read_listed(gathering, node, keys, scope)
    elif node is not None:
        fix = f"begin with `{keys.known[0]}:`"
        report.error("E105", node, "this file is a mapping of keys to values", fix)
    return gathering.declared()


def _folder(report: Report, node: source.Node | None, scope: Scope) -> FileDeclared:
    """Return what the file of a folder says of all that lies below it."""
    keys = rules.SOURCES_FOLDER if report.text.file.startswith(SOURCES) else rules.FOLDER
    layer = Layer()
    if isinstance(node, source.Mapping):
        layer = read_outer(report, node, keys, scope)
    elif node is not None:
        fix = "write for instance `owner: data`"
        report.error("E105", node, "a folder's file is a mapping of keys to values", fix)
    diagnostics = report.diagnostics()
    if report.failed and not layer.broken:
        layer = replace(layer, broken=diagnostics[0].code)
    return FileDeclared(file=report.text.file, layer=layer, diagnostics=diagnostics)


def _reader_of(name: str) -> Callable[[Gathering, source.Entry, Scope], None] | None:
    """Return what reads the entries of a list of that name, None where there is no such list."""
    if name in ("sensors", "schedules"):
        # Few files list them, and every compilation would pay for the import.
        from freshline.declare.sensors import read_schedule, read_sensor

        return read_sensor if name == "sensors" else read_schedule
    return {"assets": read_asset, "sources": read_source}.get(name)


def _read_listed(
    gathering: Gathering, node: source.Mapping, keys: Keys | None, scope: Scope
) -> None:
    """Read what a file lists: assets and sources by their keys, sensors and schedules by name."""
    report = gathering.report
    listed = Section(report, node, keys) if keys else None
    for entry in node.entries:
        name = entry.key.text
        read = _reader_of(name)
        if read is None or (listed is not None and name not in listed):
            continue
        entries = None if is_null(entry.value) else mapping(report, entry)
        for each in entries.entries if entries else ():
            is_named = name in ("sensors", "schedules")
            if is_named or check_key(report, each.key, each.key.text):
                read(gathering, each, scope)
