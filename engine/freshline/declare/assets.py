"""Assets: from SQL files with their front matter, and from YAML files.

Front matter is YAML in the comment that begins a SQL file, from `/*---` to `---*/`, before anything
else. A YAML file describes one asset, named by its path, or many under `assets:` by their full
keys. One that describes an asset but has no `sql:`, and no code, is the side-car of the SQL file
beside it.
"""

from dataclasses import replace

from freshline.declare import rules, source
from freshline.declare.about import Scope, read_about
from freshline.declare.code import declare_code, way_of
from freshline.declare.declared import FileDeclared, Gathering
from freshline.declare.defining import definition_of, read_was
from freshline.declare.frontmatter import read_front_matter
from freshline.declare.inputs import read_sql_inputs
from freshline.declare.interpolation import render
from freshline.declare.paths import path_key
from freshline.declare.report import Quote, Report, Stretch
from freshline.declare.section import Section, read_key, wrong
from freshline.declare.sqltext import sql_after, sql_of_scalar
from freshline.declare.text import shown, source_text
from freshline.definitions import AssetDefinition, SqlText
from freshline.errors import Span


def declare_sql_file(file: str, sql: str, scope: Scope) -> FileDeclared:
    """Return the asset that a SQL file declares."""
    return _bare_sql(file, sql, scope) or _described_sql(file, sql, scope)


def declare_asset_file(
    gathering: Gathering, node: source.Node | None, scope: Scope
) -> FileDeclared:
    """Return what a YAML file describes: an asset with its SQL or code, or that of a side-car."""
    report = gathering.report
    part = report.part(Stretch(0, len(report.text.text) + 1))
    section = None
    if isinstance(node, source.Mapping):
        section = Section(part, node, rules.ASSET)
    elif node is not None:
        part.error("E105", node, "an asset is a mapping of keys to values", "write `sql:` first")
    key = _key(part, section)
    part.name(key)
    way = way_of(section) if section else None
    if section is not None and way in ("run", "command"):
        declare_code(gathering, section, key, Stretch(0, 1), scope)
        return gathering.declared()
    entry = section.entry("sql") if section else None
    sql = SqlText(text="", original="", file=report.text.file)
    if entry is not None:
        sql = _sql(part, entry)
    asset = _asset(part, section, key or "", (sql, Stretch(0, 1)), scope)
    if entry is None and not part.failed and key is not None:
        gathering.note_place(key, Stretch(0, 1))
        return gathering.declared(side_car=asset)
    gathering.keep(part, key, asset, Stretch(0, 1))
    return gathering.declared()


def read_asset(gathering: Gathering, entry: source.Entry, scope: Scope) -> None:
    """Read one entry of `assets:`."""
    key = entry.key.text
    part = gathering.report.part(Stretch(entry.key.start, max(entry.key.end, entry.value.end)))
    part.name(key)
    asset = None
    if isinstance(entry.value, source.Mapping):
        section = Section(part, entry.value, rules.LISTED_ASSET)
        way = way_of(section)
        if way in ("run", "command"):
            declare_code(gathering, section, key, entry.key, scope)
            return
        sql = section.entry("sql")
        if sql is None and not part.failed:
            message = "this asset has neither SQL nor code"
            fix = "add `sql:`, `run:` or `command:`, or write the SELECT in a file"
            part.error("E106", entry.key, message, fix)
        elif sql is not None:
            asset = _asset(part, section, key, (_sql(part, sql), entry.key), scope)
    else:
        expected = "a mapping with `sql:`, `run:` or `command:`"
        wrong(part, entry, expected, "write `sql: SELECT ...` on a line below it")
    gathering.keep(part, key, asset, entry.key)


def _bare_sql(file: str, text: str, scope: Scope) -> FileDeclared | None:
    """Return the asset of a file that is SQL and nothing else: the common case, so a fast one."""
    path = path_key(file)
    if "${" in text or "/*---" in text or path.problem is not None or not text.strip():
        return None
    key = path.key
    span = Span(file=file, line=1, column=1)
    sql = SqlText(text=text, original=text, file=file)
    asset = definition_of(key, sql, span, read_about(None, key, scope))
    place = Quote(span, shown(text.partition("\n")[0]))
    return FileDeclared(file=file, assets=(asset,), places={key: place})


def _described_sql(file: str, text: str, scope: Scope) -> FileDeclared:
    report = Report(source_text(file, text))
    gathering = Gathering(report)
    front = read_front_matter(report)
    part = report.part(Stretch(0, len(text) + 1))
    section = Section(part, front.node, rules.FRONT_MATTER) if front.node else None
    key = _key(part, section)
    part.name(key)
    sql = sql_after(report.text, front.sql_start)
    if not sql.text.strip() and not part.failed:
        part.error("E106", Stretch(0, 1), "this file has no SQL", "write a SELECT")
    asset = _asset(part, section, key or "", (sql, Stretch(0, 1)), scope)
    gathering.keep(part, key, asset, Stretch(0, 1))
    comment = front.comment
    return gathering.declared(front_matter=report.span(comment) if comment else None)


def _key(report: Report, section: Section | None) -> str | None:
    """Return the key that a file gives itself, else the one that its path stands for."""
    if section is not None and section.entry("key") is not None:
        return section.get("key", read_key)
    path = path_key(report.text.file)
    if path.problem is None:
        return path.key
    fix = f"rename the file to {path.better}, or give it `key:`"
    report.error("E103", Stretch(0, 1), path.problem, fix)
    return None


def _sql(report: Report, entry: source.Entry) -> SqlText:
    if isinstance(entry.value, source.Scalar):
        sql = sql_of_scalar(report.text, entry.value)
        if sql.text.strip():
            return sql
    wrong(report, entry, "a SELECT", "write it below `sql: |`")
    return SqlText(text="", original="", file=report.text.file)


def _asset(
    report: Report,
    section: Section | None,
    key: str,
    body: tuple[SqlText, Stretch | source.Scalar],
    scope: Scope,
) -> AssetDefinition:
    """Return the asset of a section, or of none; `body` is its SQL and where it is declared."""
    sql, problems = render(body[0], scope.values)
    for problem in problems:
        report.add(body[1], problem)
    about = read_about(section, key, scope)
    was = section.get("was", read_was) if section else None
    triggers = (section.get("inputs", read_sql_inputs) if section else None) or ()
    asset = definition_of(key, sql, report.span(body[1]), about)
    return replace(asset, was=was, triggers=triggers)
