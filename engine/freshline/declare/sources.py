"""Sources: files that Freshline reads and does not build."""

import re
from dataclasses import replace

from freshline.declare import rules, source
from freshline.declare.about import Scope, read_about
from freshline.declare.catalogs import folder_of, read_origin
from freshline.declare.declared import FileDeclared, Gathering
from freshline.declare.interpolation import Misplaced, Values
from freshline.declare.layers import About
from freshline.declare.paths import FORMATS, data_format, is_address, path_key
from freshline.declare.probes import fitting_probe, read_probe
from freshline.declare.readers import read_options
from freshline.declare.references import filled_text
from freshline.declare.report import Quote, Report, Stretch
from freshline.declare.section import (
    Reader,
    Section,
    did_you_mean,
    place_of,
    text,
    wrong,
)
from freshline.declare.text import quoted, source_text
from freshline.definitions import Probe, SourceDefinition
from freshline.errors import Span
from freshline.refresh import Freshness

_SECRET = re.compile(r"\$\{secret\.[^{}\n]*\}")


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
    about = read_about(None, path.key, scope)
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
                meta=about.meta,
                checks=about.checks,
                freshness=_of_source(about.freshness),
            ),
        ),
        places={path.key: quote},
        paths={path.key: quote},
    )


def _definition(section: Section, key_node: source.Scalar, scope: Scope) -> SourceDefinition | None:
    report, key = section.report, key_node.text
    about = read_about(section, key, scope)
    _refuse_drive(section)
    if section.entry("catalog") is not None or section.entry("asset") is not None:
        origin = read_origin(section, key_node, scope)
        if origin is None:
            return None
        made = _source(section, key_node, about, (folder_of(origin), "parquet"))
        return replace(made, origin=origin)
    path = section.get("path", _path_reader(scope.values))
    probe = section.get("version", read_probe) or Probe()
    entry = section.entry("version")
    if path is not None and entry is not None:
        fitting_probe(report, entry, probe, is_address=is_address(path))
    format = section.get("format", _read_format)
    told = format or (data_format(path) if path is not None else None)
    read = section.entry("read")
    options = read_options(report, read, told, scope.values) if read is not None else None
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
    made = _source(section, key_node, about, (path, format or ""))
    return replace(made, options=options or (), probe=probe)


def _source(
    section: Section, key_node: source.Scalar, about: About, files: tuple[str, str]
) -> SourceDefinition:
    """Return a source with what holds of it; `files` are its path and its format."""
    return SourceDefinition(
        key=key_node.text,
        file=section.report.text.file,
        span=section.report.span(key_node),
        path=files[0],
        format=files[1],
        description=about.description,
        owner=about.owner,
        group=about.group,
        tags=about.tags,
        meta=about.meta,
        columns=about.columns,
        checks=about.checks,
        freshness=_of_source(about.freshness),
    )


def _of_source(freshness: Freshness | None) -> Freshness | None:
    """Return what is said of many as it holds of a source: nobody here can make it any fresher."""
    return None if freshness is None else replace(freshness, drives=False)


def _refuse_drive(section: Section) -> None:
    entry = section.entry("freshness")
    node = entry.value if entry is not None else None
    for each in node.entries if isinstance(node, source.Mapping) else ():
        if each.key.text == "drive":
            message = "a source is not built here, so its freshness drives nothing"
            section.report.error("E105", each.key, message, "remove it")


def _path_reader(values: Values) -> Reader[str]:
    """Return a reader of paths; an address stays a template, for the secrets in it."""

    def read(report: Report, entry: source.Entry) -> str | None:
        written = text(report, entry)
        if written is None:
            return None
        try:
            path = filled_text(written, values, is_template=True)
            if not is_address(path):
                path = filled_text(written, values)
        except Misplaced as problem:
            report.error(problem.code, place_of(entry), problem.message, problem.fix)
            return None
        if _shows_password(written) or _shows_password(path):
            message = "a path with a user or a password in it would be readable by everyone"
            fix = "write `${secret.name}` in its place, or let the service's own files say it"
            report.error("E304", place_of(entry), message, fix)
            report.findings[-1:] = [  # the line itself must not be shown any further
                found._replace(diagnostic=replace(found.diagnostic, excerpt=""))
                for found in report.findings[-1:]
            ]
            return None
        if not path.strip():
            wrong(report, entry, "the path of a file", "write for instance data/orders-*.csv")
            return None
        return path

    return read


def _shows_password(path: str) -> bool:
    """Say whether an address names a user and a password other than by reference."""
    if not is_address(path):
        return False
    who, at, _ = path.partition("://")[2].partition("/")[0].rpartition("@")
    return bool(at) and _SECRET.sub("", who) not in ("", ":")


def _read_format(report: Report, entry: source.Entry) -> str | None:
    name = text(report, entry)
    if name is None or name in FORMATS:
        return name
    meant = data_format(f"x.{name}")
    near = f"write `format: {meant}`" if meant else did_you_mean(name, FORMATS)
    fix = near or f"formats are {', '.join(FORMATS)}"
    report.error("E302", place_of(entry), f"{quoted(name)} is no format", fix)
    return None
