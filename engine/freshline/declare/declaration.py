"""What one file of a project declares: which reader it goes to, by its folder and suffix."""

from dataclasses import replace

from freshline.declare import rules, source
from freshline.declare.about import Scope
from freshline.declare.assets import declare_asset_file, declare_sql_file, read_asset
from freshline.declare.declared import FileDeclared, Gathering, Quote
from freshline.declare.files import PROJECT_FILES
from freshline.declare.paths import ASSETS, is_data, path_key, split_suffix
from freshline.declare.report import Report, Stretch
from freshline.declare.scalars import is_null
from freshline.declare.section import LATER, Keys, Section, check_key, mapping
from freshline.declare.settings import Settings, is_declared
from freshline.declare.source import compose
from freshline.declare.sources import declare_data_file, read_source
from freshline.declare.text import Content, decode, source_text
from freshline.errors import Diagnostic, Span

_YAML = frozenset({".yaml", ".yml"})
_SOURCES = "sources/"


def needs_content(path: str) -> bool:
    """Say whether a file's content matters to what it declares; a data file's does not."""
    suffix = split_suffix(path)[1]
    if path.startswith(ASSETS):
        return suffix == ".sql" or suffix in _YAML
    return suffix in _YAML


def declare_file(
    path: str, content: Content, settings: Settings, environment: str = "main"
) -> FileDeclared:
    """Return what one file declares, whatever it holds: nothing in it makes this fail.

    It depends on the arguments alone; of the settings, on `settings.scope(environment)` alone. A
    file that declares nothing gives an empty answer. `content` is a Diagnostic where the file could
    not be read.
    """
    scope = settings.scope(environment)
    suffix = split_suffix(path)[1]
    if needs_content(path):
        text = decode(path, content)
        if isinstance(text, Diagnostic):
            return _unreadable(path, text)
        if suffix == ".sql":
            return declare_sql_file(path, text, scope)
        return _declare_yaml(path, text, scope)
    if path.startswith(ASSETS):
        if suffix == ".py":
            return _later(path, "an asset in Python", "write it in SQL, or move the file away")
        if is_data(path):
            return declare_data_file(path, scope)
    return FileDeclared(file=path)


def _unreadable(path: str, problem: Diagnostic) -> FileDeclared:
    if path in PROJECT_FILES:
        return FileDeclared(file=path)  # the settings tell it
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


def _later(path: str, what: str, fix: str) -> FileDeclared:
    report = Report(source_text(path, ""))
    report.error("E104", Stretch(0, 1), f"{what} {LATER}", fix)
    return FileDeclared(file=path, diagnostics=report.diagnostics())


def _declare_yaml(path: str, text: str, scope: Scope) -> FileDeclared:
    if path.rpartition("/")[2].rpartition(".")[0] == "_folder":
        fix = "put the defaults under `defaults:` in freshline.yaml"
        return _later(path, "a file of defaults for a folder", fix)
    report = Report(source_text(path, text))
    gathering = Gathering(report)
    node = compose(report)
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
    if path.startswith(_SOURCES):
        keys: Keys | None = rules.SOURCES_FILE
    else:
        keys = rules.LISTING_FILE if names & {"assets", "sources"} else None
    if keys is None:
        return declare_asset_file(gathering, node, scope)
    if isinstance(node, source.Mapping):
        _read_listed(gathering, node, keys, scope)
    elif node is not None:
        report.error(
            "E105", node, "this file is a mapping of keys to values", "begin with `sources:`"
        )
    return gathering.declared()


def _read_listed(
    gathering: Gathering, node: source.Mapping, keys: Keys | None, scope: Scope
) -> None:
    """Read the assets and sources that a file lists by their keys."""
    report = gathering.report
    listed = Section(report, node, keys) if keys else None
    for entry in node.entries:
        name = entry.key.text
        read = {"assets": read_asset, "sources": read_source}.get(name)
        if read is None or (listed is not None and name not in listed):
            continue
        entries = None if is_null(entry.value) else mapping(report, entry)
        for each in entries.entries if entries else ():
            if check_key(report, each.key, each.key.text):
                read(gathering, each, scope)
