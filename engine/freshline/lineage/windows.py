"""The windows of every asset: which columns of each input its rows come from, asked of the engine.

Asked once for a query and the columns of what it reads, and remembered. Several threads ask at a
time: most of it is the engine's work.
"""

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import duckdb

from freshline.codec import digest, digest_of
from freshline.definitions import Column
from freshline.lineage.analysed import Analysis
from freshline.lineage.binder import Binder
from freshline.lineage.canonical import MARK
from freshline.lineage.graph import Asset, Source
from freshline.lineage.macros import Macros
from freshline.lineage.plans import Plans
from freshline.lineage.slices import seen_whole, windows_of
from freshline.lineage.volatile import called
from freshline.versions import WHOLE, Window

_ASKING = 2
_WORD = re.compile(r"\w+")
# Columns by position: a table's alias with a list of names, which is no type in a cast.
_RENAMED = re.compile(
    r'\bAS\s+(?!(?:DECIMAL|NUMERIC|VARCHAR|CHAR|STRUCT|ENUM|MAP|UNION)\b)("[^"]+"|\w+)\s*\(',
    re.IGNORECASE,
)
_Windows = tuple[tuple[str, Window], ...]
# What runs, the columns of what it reads, and what its author wrote.
Question = tuple[str, Mapping[str, Sequence[Column]], str]
_Found = tuple[_Windows, tuple[str, ...]]
_NONE: Mapping[str, _Found] = {}


class Early:
    """Windows that are asked for while other assets are still being bound, of the same tables."""

    def __init__(self, binder: Binder, macros: Macros) -> None:
        self._binder, self._macros = binder, macros
        self._plans: Plans | None = None
        self._asked: dict[str, Future[_Found]] = {}

    def ask(self, asset: Asset, schemas: Mapping[str, Sequence[Column]]) -> None:
        """Ask for those of an asset that was just bound, and is its own query as it stands."""
        statements = {name: m.definition.text for name, m in self._macros.known.items()}
        question = (asset.query, schemas, asset.definition.sql.text)

        def answered(tables: duckdb.DuckDBPyConnection) -> _Found:
            if self._plans is None:
                self._plans = Plans(tables)
            self._plans.take({MARK + key: columns for key, columns in schemas.items()}, statements)
            return _told(self._plans, question, statements)

        identity = _identity(asset, schemas, self._macros)
        self._asked[identity] = self._binder.meanwhile(answered)

    def answers(self) -> dict[str, _Found]:
        """Return what was answered, by what the questions are remembered by."""
        return {identity: answer.result() for identity, answer in self._asked.items()}


def with_windows(
    assets: Mapping[str, Asset],
    sources: Mapping[str, Source],
    macros: Macros,
    memory: tuple[Mapping[str, Analysis], dict[str, Analysis]],
    answers: Mapping[str, _Found] = _NONE,
) -> dict[str, Asset]:
    """Return assets with the windows that they read by; what cannot be told is read whole.

    `memory` is what is remembered, and what is to be remembered of this; `answers` are those that
    were given early.
    """
    remembered, results = memory
    columns = {key: node.columns for nodes in (sources, assets) for key, node in nodes.items()}
    open_: dict[str, tuple[str, Mapping[str, Sequence[Column]]]] = {}
    found: dict[str, tuple[_Windows, tuple[str, ...], str]] = {}
    for key, asset in assets.items():
        if asset.code is not None:
            found[key] = (_of_code(asset), (), "")
            continue
        schemas = {upstream: columns[upstream] for upstream in asset.reads}
        identity = _identity(asset, schemas, macros)
        known = remembered.get(identity)
        if known is not None:
            results[identity] = known
            found[key] = (known.windows, known.varies, known.unread)
        else:
            open_[key] = (identity, schemas)
    statements = {name: macro.definition.text for name, macro in macros.known.items()}
    told = asked(
        {
            key: (assets[key].query, schemas, assets[key].definition.sql.text)
            for key, (identity, schemas) in open_.items()
            if identity not in answers
        },
        statements,
    )
    told |= {key: answers[identity] for key, (identity, _) in open_.items() if identity in answers}
    for key, (windows, varies) in told.items():
        identity, read = open_[key]
        unread = _unread(assets[key].query, read, windows)
        results[identity] = Analysis(windows=windows, varies=varies, unread=unread)
        found[key] = (windows, varies, unread)
    return {key: _read(asset, *found[key]) for key, asset in assets.items()}


def _of_code(asset: Asset) -> _Windows:
    """Return the windows of code, which its author declares; through a view all may show."""
    declared = dict(asset.windows)
    return tuple((key, declared.get(key, Window(ordered=True))) for key in asset.reads)


def _identity(asset: Asset, schemas: Mapping[str, Sequence[Column]], macros: Macros) -> str:
    called = [macros.known[name].digest for name in asset.macros]
    return digest("windows and what is unread", asset.query, digest_of([schemas, called]))


def _read(asset: Asset, windows: _Windows, varies: tuple[str, ...], unread: str) -> Asset:
    """Return an asset that knows its windows."""
    version = digest(asset.code_version, unread) if unread else asset.code_version
    return replace(asset, windows=windows, varies=varies, code_version=version)


def _unread(query: str, schemas: Mapping[str, Sequence[Column]], windows: _Windows) -> str:
    """Return the digest of the types of what a query names and does not read; empty if of none.

    Such a column may still decide by its type: in typeof(), or where types are made one. Content
    does not show it, so these types are part of the logic.
    """
    seen = dict(windows)
    words = None if _RENAMED.search(query) else {*_WORD.findall(query.lower())}
    unread = [
        (upstream, column.name, column.type)
        for upstream, columns in schemas.items()
        for column in columns
        if (read := seen.get(upstream, WHOLE).columns) is not None and column.name not in read
        if words is None or words.issuperset(_WORD.findall(column.name.lower()))
    ]
    return digest_of(unread) if unread else ""


def asked(queries: Mapping[str, Question], macros: Mapping[str, str]) -> dict[str, _Found]:
    """Return what the engine says of queries; no windows of one that is opaque."""
    parts = [list(queries)[i::_ASKING] for i in range(min(_ASKING, len(queries)))]
    with ThreadPoolExecutor(max_workers=_ASKING, thread_name_prefix="windows") as pool:
        found = pool.map(partial(_part, queries, macros), parts)
        return {key: windows for part in found for key, windows in part.items()}


def _part(
    queries: Mapping[str, Question],
    macros: Mapping[str, str],
    keys: Sequence[str],
) -> dict[str, _Found]:
    plans = Plans()
    try:
        for name, statement in macros.items():
            plans.define(name, statement)
        found: dict[str, _Found] = {}
        for key in keys:
            found[key] = _told(plans, queries[key], macros)
        return found
    finally:
        plans.close()


def _told(plans: Plans, question: Question, macros: Mapping[str, str]) -> _Found:
    query, schemas, written = question
    # What the engine does not read at all, its window shows nothing of: not even the rows.
    read = sorted((windows_of(plans, query, schemas) or {}).items())
    windows = tuple((upstream, Window(columns)) for upstream, columns in read)
    return windows, _varying(plans, (written, query), schemas, macros)


def _varying(
    plans: Plans,
    texts: tuple[str, str],
    schemas: Mapping[str, Sequence[Column]],
    macros: Mapping[str, str],
) -> tuple[str, ...]:
    """Return what rows hang on beside their inputs; where the query is opaque, by its words.

    The author's words are looked for first, then those of the query that runs, and of macros. The
    engine is asked only where a word says that there may be something.
    """
    functions = plans.functions()
    names = functions.per_call | functions.per_query
    bodies = [body for name, body in macros.items() if called(texts[1], (name,))]
    found = (called(text, names) for text in (*texts, *bodies))
    words = next((words for words in found if words), ())
    if not words and not any("sample" in text.lower() for text in texts):
        return ()
    form = seen_whole(plans, texts[1], schemas)
    if form is not None and not form.varies:
        return ()
    return words or (("a sample",) if form is not None else ())
