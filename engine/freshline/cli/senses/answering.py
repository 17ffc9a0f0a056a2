"""Answering: a process that asks what needs the engine, for sensors, so that the daemon never does.

    python -m freshline.cli.senses.answering    # an Inquiry on stdin, an Answered a line

Each query has its own time, and each answer is written when it is there: one that takes too long,
or takes the process with it, costs those before it nothing.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from freshline.codec import decode, encode
from freshline.errors import FreshlineError, TimedOutError, UsageError
from freshline.secrets import redacted

NOTHING = "NULL"
_LONGEST = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Glimpse:
    """The wish to know what some columns of an asset of another catalog hold now."""

    name: str
    catalog: str
    asset: str
    columns: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """What is to be asked in a project: queries by name, and at most so many seconds for each."""

    root: str
    environment: str | None
    seconds: float
    queries: tuple[tuple[str, str], ...] = ()
    glimpses: tuple[Glimpse, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What one of them came to: a value, or hashes by columns of one version; or why neither."""

    name: str
    value: str = ""
    version: str = ""
    windows: tuple[tuple[tuple[str, ...], str], ...] = ()
    error: str = ""


def main() -> None:
    """Answer what stdin asks."""
    inquiry = decode(sys.stdin.buffer.read(), Inquiry)
    for answered in _answers(inquiry):
        sys.stdout.buffer.write(encode(answered) + b"\n")
        sys.stdout.buffer.flush()


def _answers(inquiry: Inquiry) -> Iterator[Answered]:
    from freshline.cli.compose import Project, graph_of
    from freshline.cli.options import Common

    asked = (*(name for name, _ in inquiry.queries), *(each.name for each in inquiry.glimpses))
    try:
        said = Common(project=Path(inquiry.root), environment=inquiry.environment)
        root, environment, graph = graph_of(said)
    except FreshlineError as error:
        yield from (Answered(name=name, error=_words(error)) for name in asked)
        return
    with closing(Project(root, environment, graph)) as project:
        for name, sql in inquiry.queries:
            try:
                yield Answered(name=name, value=_value(project, sql, inquiry.seconds))
            except FreshlineError as error:
                yield Answered(name=name, error=_words(error))
        for glimpse in inquiry.glimpses:
            try:
                yield _glimpsed(project, glimpse)
            except FreshlineError as error:
                yield Answered(name=glimpse.name, error=_words(error))


def _value(project: object, sql: str, seconds: float) -> str:
    """Return the one value of a query as a text; UsageError where it gives several or none."""
    import duckdb

    from freshline.cli.compose import Project
    from freshline.cli.current import engine_for
    from freshline.cli.rows import explained, one_select

    assert isinstance(project, Project)
    select, is_late = one_select(sql), threading.Event()
    engine = None

    def stop() -> None:
        is_late.set()
        if engine is not None:
            engine.interrupt()

    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    try:
        engine = engine_for(project, select, (), {})
        timer.start()
        count = len(engine.cursor().sql(select).columns)
        if count != 1:
            raise UsageError(f"the query gives {count} columns: a sensor needs one value")
        found = engine.cursor().execute(
            f"SELECT CAST(c0 AS VARCHAR) FROM ({select}) AS answer(c0) LIMIT 2"
        )
        rows = found.fetchall()
    except duckdb.Error as error:
        if is_late.is_set():
            raise TimedOutError(f"the query took more than {seconds:g} s") from error
        raise explained(project, error, select) from error
    finally:
        timer.cancel()
        if engine is not None:
            engine.close()
    if len(rows) != 1:
        amount = "several rows" if rows else "no row"
        raise UsageError(f"the query gives {amount}: a sensor needs one value")
    ((value,),) = rows
    return NOTHING if value is None else str(value)


def _glimpsed(project: object, glimpse: Glimpse) -> Answered:
    """Return what columns of the current version of an asset elsewhere hold."""
    from freshline.cli.bringing import current, rows_here
    from freshline.cli.compose import Project
    from freshline.execute.sql_engine import SqlEngine
    from freshline.lineage.quoting import text_literal
    from freshline.offers import offer_of
    from freshline.versions import Window

    assert isinstance(project, Project)
    catalogs = {each.name: each for each in project.graph.project.catalogs}
    if glimpse.catalog not in catalogs:
        raise UsageError(f"there is no catalog {glimpse.catalog}")
    catalog = catalogs[glimpse.catalog]
    if catalog.is_remote:
        offer, path = rows_here(project.root, catalog, glimpse.asset)
        relation = f"read_parquet({text_literal(str(path))})"
        engine = SqlEngine(folders=[], files=[path])
    else:
        storage, manifest = current(project.root, catalog, glimpse.asset)
        offer, relation = offer_of(manifest), storage.relation(manifest.version)
        engine = SqlEngine(folders=storage.readable())
    try:
        columns = {column.name.lower(): column.name for column in offer.columns}
        missing = [n for names in glimpse.columns for n in names if n.lower() not in columns]
        if missing:
            known = ", ".join(columns.values())
            raise UsageError(f'{glimpse.asset} has no column "{missing[0]}"; it has {known}')
        windows = {
            names: Window(tuple(sorted(columns[name.lower()] for name in names)))
            for names in glimpse.columns
        }
        outputs = engine.glimpse(relation, list(windows.values()))
    finally:
        engine.close()
    hashes = {output.window: output.data_version for output in outputs}
    return Answered(
        name=glimpse.name,
        version=offer.mat_id,
        windows=tuple((names, hashes[window]) for names, window in windows.items()),
    )


def _words(error: FreshlineError) -> str:
    words = error.message.partition("\n")[0]
    return redacted(f"{words}: {error.help}" if error.help else words)[:_LONGEST]


if __name__ == "__main__":
    main()
