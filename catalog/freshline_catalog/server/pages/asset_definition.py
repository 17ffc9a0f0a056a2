"""The definition of an asset: its query, what is in force and who said so, and what checks ask."""

import shlex
from dataclasses import dataclass

import msgspec

from freshline import codec
from freshline.errors import Diagnostic
from freshline.survey import EntryCheck, EntryCode, Setting
from freshline_catalog.server.assets.head import Head, found
from freshline_catalog.server.page import Page
from freshline_catalog.server.reading import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadThrough:
    """An upstream, and the columns of it that are read; none for all of them."""

    upstream: str
    columns: tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What an author wrote (`sql`), what runs (`query`), and everything that is in force.

    Of what code makes `code` says what that is, with `config` as JSON in lines and `command` as a
    shell takes it.
    """

    head: Head
    sql: str
    query: str
    code_version: str
    reads: tuple[ReadThrough, ...]
    settings: tuple[Setting, ...]
    checks: tuple[EntryCheck, ...]
    problems: tuple[Diagnostic, ...]
    code: EntryCode | None
    config: str
    command: str


def definition(asked: Reading, key: str) -> Definition:
    """Return the definition of an asset: its query, its settings, and what its checks ask."""
    here = found(asked, key)
    entry = here.entry
    return Definition(
        head=here.head,
        sql=entry.sql,
        query=entry.query if entry.query.strip() != entry.sql.strip() else "",
        code_version=entry.code_version,
        reads=tuple(ReadThrough(upstream=up, columns=names) for up, names in entry.windows),
        settings=entry.settings,
        checks=entry.checks,
        problems=entry.problems,
        code=entry.code,
        config=_config(entry.code) if entry.code is not None else "",
        command=shlex.join(entry.code.command) if entry.code is not None else "",
    )


def _config(code: EntryCode) -> str:
    return msgspec.json.format(codec.encode(code.config), indent=2).decode() if code.config else ""


PAGES = (Page(path="/assets/{key}/definition", make=definition, template="asset_definition.html"),)
