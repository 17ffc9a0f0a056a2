"""Other catalogs: the projects whose assets are read here, and the sources that are such."""

import re

from freshline.declare import rules, source
from freshline.declare.about import Scope
from freshline.declare.interpolation import Misplaced, Values
from freshline.declare.references import filled_text
from freshline.declare.report import Report
from freshline.declare.section import (
    Reader,
    Section,
    did_you_mean,
    mapping,
    place_of,
    text,
    wrong,
)
from freshline.declare.text import quoted
from freshline.keys import key_problem
from freshline.other_catalogs import Origin, OtherCatalog

BROUGHT = ".freshline/catalogs"
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,99}")


def catalogs_reader(values: Values) -> Reader[tuple[OtherCatalog, ...]]:
    """Return a reader of `name: {path, environment}`; `name: path` where that is all."""

    def read(report: Report, entry: source.Entry) -> tuple[OtherCatalog, ...]:
        node = mapping(report, entry)
        found = (_catalog(report, each, values) for each in (node.entries if node else ()))
        return tuple(each for each in found if each is not None)

    return read


def read_origin(section: Section, key: source.Scalar, scope: Scope) -> Origin | None:
    """Return which asset of which catalog a source is, None where that has been reported."""
    report = section.report
    catalog = section.get("catalog", text)
    asset = section.get("asset", text)
    for name in ("catalog", "asset"):
        if section.entry(name) is None:
            message = f"the source {quoted(key.text)} does not say which {name}"
            report.error("E116", key, message, "write both `catalog:` and `asset:`")
    for name in ("path", "format", "read", "version"):
        entry = section.entry(name)
        if entry is not None:
            fix = "remove it: how an asset is stored is known to its catalog"
            message = f"`{name}` says nothing of an asset of another catalog"
            report.error("E105", entry.key, message, fix)
    if catalog is None or asset is None:
        return None
    if scope.is_complete and catalog not in scope.catalogs:
        entry = section.entry("catalog")
        known = f"catalogs: {', '.join(scope.catalogs)}" if scope.catalogs else ""
        fix = did_you_mean(catalog, scope.catalogs) or known
        message = f"there is no catalog {quoted(catalog)}"
        fix = fix or f"declare it in freshline.yaml: `catalogs: {{{catalog}: ../{catalog}}}`"
        report.error("E129", place_of(entry) if entry else key, message, fix)
        return None
    if (problem := key_problem(asset)) is not None:
        entry = section.entry("asset")
        report.error("E103", place_of(entry) if entry else key, problem, "write its key there")
        return None
    return Origin(catalog, asset)


def folder_of(origin: Origin) -> str:
    """Return the folder of the project that an asset of another catalog is brought to."""
    return f"{BROUGHT}/{origin.catalog}/{origin.asset}"


def _catalog(report: Report, entry: source.Entry, values: Values) -> OtherCatalog | None:
    name, value = entry.key.text, entry.value
    if not _NAME.fullmatch(name):
        message = f"{quoted(name)} is no name of a catalog"
        fix = 'use lower-case letters, digits, "_" and "-", beginning with a letter'
        report.error("E105", entry.key, message, fix)
        return None
    span, read = report.span(entry.key), _path_reader(values)
    if isinstance(value, source.Scalar) and value.text:
        path = read(report, entry)
        return None if path is None else OtherCatalog(name=name, path=path, span=span)
    if not isinstance(value, source.Mapping):
        wrong(report, entry, "a path, or a mapping with `path:`", "write for instance ../finance")
        return None
    section = Section(report, value, rules.OTHER_CATALOG)
    environment = section.get("environment", text)
    path = section.get("path", read)
    if section.entry("path") is None:
        message = f"the catalog {quoted(name)} has no path"
        report.error("E116", entry.key, message, "add `path:`, the folder of its freshline.yaml")
    if path is None:
        return None
    return OtherCatalog(name=name, path=path, environment=environment, span=span)


def _path_reader(values: Values) -> Reader[str]:
    def read(report: Report, entry: source.Entry) -> str | None:
        written = text(report, entry)
        if written is None:
            return None
        try:
            path = filled_text(written, values).strip()
        except Misplaced as problem:
            report.error(problem.code, place_of(entry), problem.message, problem.fix)
            return None
        if "://" in path:
            message = "catalogs that are not on this machine are not available in this version"
            report.error("E104", place_of(entry), message, "write the path of a folder")
            return None
        if not path:
            wrong(report, entry, "the path of a project", "write for instance ../finance")
            return None
        return path

    return read
