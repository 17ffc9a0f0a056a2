"""Sources: files that Freshline reads and does not build."""

from freshline.declare import rules, source
from freshline.declare.about import Scope, read_about, undescribed
from freshline.declare.declared import FileDeclared, Gathering, Quote
from freshline.declare.paths import FORMATS, data_format, path_key
from freshline.declare.report import Report, Stretch
from freshline.declare.section import (
    LATER,
    Section,
    did_you_mean,
    place_of,
    setting_mapping,
    text,
    wrong,
)
from freshline.declare.text import quoted, source_text
from freshline.definitions import SourceDefinition
from freshline.errors import Span


def read_source(gathering: Gathering, entry: source.Entry, scope: Scope) -> None:
    """Read one entry of `sources:`."""
    key = entry.key.text
    part = gathering.report.part(Stretch(entry.key.start, max(entry.key.end, entry.value.end)))
    part.name(key)
    definition = None
    if not isinstance(entry.value, source.Mapping):
        fix = "write `path:` below it"
        if isinstance(entry.value, source.Scalar) and entry.value.text:
            fix = f"write {{path: {quoted(entry.value.text)}}}"
        wrong(part, entry, "a mapping with `path:`", fix)
    else:
        section = Section(part, entry.value, rules.SOURCE)
        definition = _definition(section, entry.key, scope)
        path = section.entry("path")
        if path is not None:
            gathering.note_path(key, place_of(path))
    gathering.keep(part, key, definition, entry.key)


def declare_data_file(file: str, scope: Scope) -> FileDeclared:
    """Return the source that a data file below assets/ is; its content is not looked at."""
    path = path_key(file)
    span = Span(file=file, line=1, column=1)
    if path.problem is not None:
        report = Report(source_text(file, ""))
        fix = f"rename it to {path.better}, or move it and declare it under `sources:`"
        report.error("E103", Stretch(0, 0), path.problem, fix)
        return Gathering(report).declared()
    about = undescribed(path.key, scope.defaults)
    quote = Quote(span, "")
    return FileDeclared(
        file=file,
        sources=(
            SourceDefinition(
                key=path.key,
                file=file,
                span=span,
                path=file,
                format=data_format(file) or "",
                owner=about.owner,
                group=about.group,
                tags=about.tags,
            ),
        ),
        places={path.key: quote},
        paths={path.key: quote},
    )


def _definition(section: Section, key_node: source.Scalar, scope: Scope) -> SourceDefinition | None:
    report, key = section.report, key_node.text
    about = read_about(section, key, scope)
    section.get("version", _read_version)
    options = section.get("read", _read_options) or ()
    path = section.get("path", _read_path)
    format = section.get("format", _read_format)
    # One that is made of keys of later versions would have no need of a path there.
    if section.entry("path") is None and not report.failed:
        message = f"the source {quoted(key)} has no path"
        report.error("E116", key_node, message, "add `path:`, relative to the project's root")
    if path is None:
        return None
    if format is None and section.entry("format") is None:
        format = data_format(path)
        if format is None:
            entry = section.entry("path")
            message = f"the format of {quoted(path)} cannot be told from its name"
            fix = f"add `format:`, one of {', '.join(FORMATS)}"
            report.error("E302", place_of(entry) if entry else key_node, message, fix)
    return SourceDefinition(
        key=key,
        file=report.text.file,
        span=report.span(key_node),
        path=path,
        format=format or "",
        options=options,
        description=about.description,
        owner=about.owner,
        group=about.group,
        tags=about.tags,
        meta=about.meta,
        columns=about.columns,
    )


def _read_path(report: Report, entry: source.Entry) -> str | None:
    path = text(report, entry)
    if path is None:
        return None
    if "${" in path:
        fix = "write the path out; a glob may stand for many files"
        report.error("E104", place_of(entry), f"`${{` in a path {LATER}", fix)
    elif "://" in path:
        message = f"reading from {quoted(path.partition('://')[0] + '://')} {LATER}"
        report.error("E104", place_of(entry), message, "name local files")
    elif not path.strip():
        wrong(report, entry, "the path of a file", "write for instance data/orders-*.csv")
    else:
        return path
    return None


def _read_format(report: Report, entry: source.Entry) -> str | None:
    name = text(report, entry)
    if name is None or name in FORMATS:
        return name
    fix = did_you_mean(name, FORMATS) or f"formats are {', '.join(FORMATS)}"
    report.error("E302", place_of(entry), f"{quoted(name)} is no format", fix)
    return None


def _read_version(report: Report, entry: source.Entry) -> None:
    if not isinstance(entry.value, source.Scalar) or entry.value.text != "auto":
        message = f"a `version:` other than auto {LATER}"
        report.error("E104", place_of(entry), message, "remove it")


def _read_options(report: Report, entry: source.Entry) -> tuple[tuple[str, object], ...] | None:
    """Read options for DuckDB's reader, sorted by name: their order means nothing."""
    options = setting_mapping(report, entry)
    return None if options is None else tuple(sorted(options.items(), key=lambda pair: pair[0]))
