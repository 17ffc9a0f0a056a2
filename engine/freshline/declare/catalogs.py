"""Other catalogs: the projects whose assets are read here, and the sources that are such."""

import re
from dataclasses import replace
from urllib.parse import urlsplit

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
_SECRET = re.compile(r"\$\{secret\.[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)*\}")
_ODD = re.compile(r"[^\x21-\x7e]|\\")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_NO_ADDRESS = (
    "this is no address of a catalog",
    "write for instance https://catalog.finance.example",
)
_NOTHING_ELSE = (
    "the address of a catalog holds nothing but host and path",
    "leave out the rest: who asks is said by `token:`",
)
_EXCLUDED = "a catalog has a path or an address, not both", "remove one of them"
_ONE_ENVIRONMENT = (
    "a catalog at an address is that of one environment",
    "remove it: write the address at which that environment is served",
)


def catalogs_reader(values: Values) -> Reader[tuple[OtherCatalog, ...]]:
    """Return a reader of `name: {path, environment}`, `name: path`, or `name: {url, token}`."""

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
    span = report.span(entry.key)
    if isinstance(value, source.Scalar) and value.text:
        path = _path_reader(values)(report, entry)
        return None if path is None else OtherCatalog(name=name, path=path, span=span)
    if not isinstance(value, source.Mapping):
        wrong(report, entry, "a path, or a mapping with `path:`", "write for instance ../finance")
        return None
    before = len(report.findings)
    section = Section(report, value, rules.OTHER_CATALOG)
    made = _served if section.entry("url") is not None else _at_path
    found = made(section, entry.key, values)
    if any(_shows_secret(each) for each in value.entries):
        _hide_lines(report, before)
    return None if found is None else replace(found, span=span)


def _shows_secret(entry: source.Entry) -> bool:
    """Say whether an entry holds what nobody may read, so that its line is not shown either."""
    node = entry.value
    if not isinstance(node, source.Scalar):
        return False
    if entry.key.text == "token":
        return not _SECRET.fullmatch(node.text.strip())
    return "@" in node.text


def _hide_lines(report: Report, first: int) -> None:
    report.findings[first:] = [
        found._replace(diagnostic=replace(found.diagnostic, excerpt=""))
        for found in report.findings[first:]
    ]


def _at_path(section: Section, key: source.Scalar, values: Values) -> OtherCatalog | None:
    report = section.report
    environment = section.get("environment", text)
    path = section.get("path", _path_reader(values))
    if section.entry("path") is None:
        message = f"the catalog {quoted(key.text)} has no path"
        fix = "add `path:`, the folder of its freshline.yaml, or `url:`, where it is served"
        report.error("E116", key, message, fix)
    if (token := section.entry("token")) is not None:
        message = "a project on this machine needs no token"
        report.error("E105", token.key, message, "remove it, or write `url:` in place of `path:`")
    return None if path is None else OtherCatalog(name=key.text, path=path, environment=environment)


def _served(section: Section, key: source.Scalar, values: Values) -> OtherCatalog | None:
    """Return the catalog that is served at an address, None where that has been reported."""
    report = section.report
    for other, why in (("path", _EXCLUDED), ("environment", _ONE_ENVIRONMENT)):
        if (entry := section.entry(other)) is not None:
            report.error("E105", entry.key, *why)
    url = section.get("url", _url_reader(values))
    token = section.get("token", _read_token)
    if section.entry("token") is None:
        message = f"the catalog {quoted(key.text)} has no token"
        fix = "add `token: ${secret.name}`; `freshline token create` makes one over there"
        report.error("E116", key, message, fix)
    if url is None or token is None:
        return None
    return OtherCatalog(name=key.text, url=url, token=token)


def _url_reader(values: Values) -> Reader[str]:
    def read(report: Report, entry: source.Entry) -> str | None:
        written = text(report, entry)
        if written is None:
            return None
        try:
            url = filled_text(written, values).strip().rstrip("/")
        except Misplaced as problem:
            report.error(problem.code, place_of(entry), problem.message, problem.fix)
            return None
        if (wrong_with := url_problem(url)) is not None:
            report.error("E105", place_of(entry), *wrong_with)
            return None
        return url

    return read


def url_problem(url: str) -> tuple[str, str] | None:
    """Return what is wrong with the address of a catalog, and what to do; None where nothing."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return _NO_ADDRESS
    if parts.scheme not in ("https", "http") or not host or _ODD.search(url):
        return _NO_ADDRESS
    if "@" in parts.netloc or parts.query or parts.fragment:
        return (
            "the address of a catalog holds nothing but host and path",
            "leave out the rest; who asks is said by `token:`",
        )
    if parts.scheme == "http" and host not in _LOOPBACK:
        return f"the token would go to {host} in plain sight", "write https://"
    return None


def _read_token(report: Report, entry: source.Entry) -> str | None:
    written = text(report, entry)
    if written is None or _SECRET.fullmatch(written.strip()):
        return written and written.strip()
    message = "a token that stands in a file is none"
    report.error("E105", entry.key, message, "write `${secret.name}`")
    return None


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
            message = "a catalog that is served somewhere is read with a token"
            fix = "write `{url: https://..., token: ${secret.name}}`"
            report.error("E105", place_of(entry), message, fix)
            return None
        if not path:
            wrong(report, entry, "the path of a project", "write for instance ../finance")
            return None
        return path

    return read
