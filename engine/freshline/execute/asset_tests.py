"""Unit tests of assets, run: the asset's own logic over the rows given, against those expected.

Each test has its upstreams as empty tables of exactly the compiled types, and the rows given in
them: an upstream without rows given is empty, a column without a value is NULL. All happens in a
transaction that is rolled back, in a database that holds nothing else, so no test sees another.
"""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from tempfile import mkdtemp
from typing import cast

import duckdb

from freshline.declare import source
from freshline.declare.asset_tests import AssetTest, Table
from freshline.declare.report import Report
from freshline.declare.section import did_you_mean
from freshline.declare.text import quoted as in_quotes
from freshline.definitions import Column
from freshline.errors import CodeError, ComputeError, Diagnostic, InternalError, Span
from freshline.execute.code_tests import Calling, CodeTests, columns_known
from freshline.execute.difference import Difference, Row, difference
from freshline.execute.sql_engine import SqlEngine, statements_of, translated
from freshline.execute.typed_rows import Unfit, example_of, type_of, typed
from freshline.lineage.canonical import MARK, marked
from freshline.lineage.graph import Asset, Graph
from freshline.lineage.quoting import quoted


class Verdict(StrEnum):
    """How a test ended; a broken one could not be run."""

    PASSED = "passed"
    FAILED = "failed"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of one test: of a failed one the difference, or the message of its query.

    A broken one has faults, or a message that says what keeps its asset from being run. Where code
    failed, `trace` is its stack trace and `said` are the last lines that it wrote.
    """

    name: str
    asset: str
    span: Span
    verdict: Verdict
    message: str = ""
    difference: Difference | None = None
    faults: tuple[Diagnostic, ...] = ()
    trace: str = ""
    said: tuple[str, ...] = ()


def run_tests(
    tests: Iterable[AssetTest], graph: Graph, calling: Calling | None = None
) -> tuple[Result, ...]:
    """Return what comes of each test; without `calling` no code is run."""
    with bench(graph, calling) as run:
        return tuple(run.result(test) for test in tests)


def faults_of(tests: Iterable[AssetTest], graph: Graph) -> tuple[Diagnostic, ...]:
    """Return all that is wrong with the tests themselves; no asset is run.

    A test of an asset that is set aside is not looked into: that is told with the asset.
    """
    with bench(graph) as look:
        return tuple(fault for test in tests for fault in look.faults(test))


@contextmanager
def bench(graph: Graph, calling: Calling | None = None) -> "Generator[Bench]":
    """Return where tests of a graph are run, one after the other, in one thread."""
    folder = Path(mkdtemp(prefix="freshline-")) if calling is not None else None
    folders = () if folder is None else (folder,)
    # One thread: rows without an ORDER BY come in one order, and small queries are faster.
    engine = SqlEngine(folders=folders, threads=1, macros=statements_of(graph))
    code = None
    if calling is not None and folder is not None:
        code = CodeTests(graph=graph, compute=engine, calling=calling, folder=folder)
    try:
        yield Bench(graph, engine.cursor(), code)
    finally:
        engine.close()
        if code is not None:
            code.close()


class _Faulty(Exception):
    """A test cannot be run: its report says why."""


class Bench:
    """A database in which tests of one graph are run, one after the other."""

    def __init__(
        self, graph: Graph, cursor: duckdb.DuckDBPyConnection, code: CodeTests | None = None
    ) -> None:
        self._graph, self._cursor, self._code = graph, cursor, code

    def faults(self, test: AssetTest) -> tuple[Diagnostic, ...]:
        """Return what is wrong with a test itself; its asset is not run."""
        if not test.faults and test.asset.text in self._graph.quarantined:
            return ()
        return self._tried(test, lambda asset, expected: None).faults

    def result(self, test: AssetTest) -> Result:
        """Return what comes of a test."""
        aside = self._graph.quarantined.get(test.asset.text)
        if aside is not None and not test.faults:
            why = f"with {aside.because}" if aside.because else f"({aside.code})"
            message = f"{test.asset.text} is set aside {why}: see `freshline validate`"
            return _ended(test, Verdict.BROKEN, message=message)
        return self._tried(test, lambda asset, rows: self._ran(test, asset, rows))

    def _tried(
        self, test: AssetTest, run: Callable[[Asset, Sequence[Row]], Result | None]
    ) -> Result:
        """Return what `run` finds of an asset and the rows expected, with those given in place."""
        if test.faults:
            return _ended(test, Verdict.BROKEN, faults=test.faults)
        report = Report(test.text)
        _check_names(report, test, self._graph)
        asset = self._graph.assets.get(test.asset.text)
        self._cursor.execute("BEGIN")
        try:
            if asset is None or report.failed:
                raise _Faulty
            expected = self._place(report, test, asset)
            return run(asset, expected) or _ended(test, Verdict.PASSED)
        except _Faulty:
            return _ended(test, Verdict.BROKEN, faults=report.diagnostics())
        finally:
            self._cursor.execute("ROLLBACK")

    def _place(self, report: Report, test: AssetTest, asset: Asset) -> Sequence[Row]:
        """Make the asset's upstreams with the rows given, and return the rows expected."""
        given = {each.key.text: each.table for each in test.given}
        wanted: list[tuple[Table, Sequence[Column]]] = []
        for key in asset.upstreams:
            table = given.get(key, Table())
            wanted.append((table, columns_known(self._graph, key, table)))
        queries = [self._query(report, *each) for each in wanted]
        # What code makes is known when it has run.
        columns = asset.columns if asset.code is None else ()
        expected = self._query(report, test.expect, columns) if columns else ""
        if report.failed:
            raise _Faulty
        try:
            for key, (_, known), rows in zip(asset.upstreams, wanted, queries, strict=True):
                fields = ", ".join(f"{quoted(c.name)} {c.type}" for c in known)
                if known:
                    self._cursor.execute(f"CREATE TABLE {marked(key)} ({fields})")
                if rows:
                    self._cursor.execute(f"INSERT INTO {marked(key)} BY NAME {rows}")
            return self._texts(_named(test.expect, columns), expected) if expected else ()
        except duckdb.Error as error:
            self._cursor.execute("ROLLBACK")
            self._cursor.execute("BEGIN")
            raise self._unfit(report, error, (*wanted, (test.expect, columns))) from error

    def _unfit(
        self,
        report: Report,
        error: duckdb.Error,
        tables: Iterable[tuple[Table, Sequence[Column]]],
    ) -> Exception:
        """Return what to raise where DuckDB refuses rows: their faults, or else its own words."""
        for table, columns in tables:
            self._find_unfit(report, table, columns)
        return _Faulty() if report.failed else translated(error)

    def _ran(self, test: AssetTest, asset: Asset, expected: Sequence[Row]) -> Result:
        if asset.code is not None:
            return self._ran_code(test, asset)
        try:
            found = self._texts(asset.columns, f"{asset.text}\n")
        except duckdb.Error as error:
            message = translated(error).message.replace(MARK, "")
            return _ended(test, Verdict.FAILED, message=f"the query failed: {message}")
        return self._compared(test, asset.columns, (expected, found))

    def _ran_code(self, test: AssetTest, asset: Asset) -> Result:
        if self._code is None:
            raise InternalError(f"nobody is here to run {asset.definition.key}")
        said: list[str] = []
        try:
            relation = self._code.made(test, asset, said)
        except ComputeError as error:
            trace = error.trace if isinstance(error, CodeError) else ""
            told = "\n".join(line for line in (error.message, error.help) if line)
            failed = _ended(test, Verdict.FAILED, message=told)
            return replace(failed, trace=trace, said=tuple(said))
        columns = self._code.compute.columns(relation)
        report = Report(test.text)
        _check_columns(report, test.asset.text, test.expect, columns)
        query = "" if report.failed else self._query(report, test.expect, columns)
        if not report.failed:
            try:
                named = _named(test.expect, columns)
                expected = self._texts(named, query) if query else ()
                found = self._texts(columns, f"FROM {relation}")
                return replace(self._compared(test, columns, (expected, found)), said=tuple(said))
            except duckdb.Error as error:
                self._cursor.execute("ROLLBACK")
                self._cursor.execute("BEGIN")
                problem = self._unfit(report, error, ((test.expect, columns),))
                if not report.failed:
                    raise problem from error
        return _ended(test, Verdict.BROKEN, faults=report.diagnostics())

    def _compared(
        self,
        test: AssetTest,
        every: Sequence[Column],
        rows: tuple[Sequence[Row], Sequence[Row]],
    ) -> Result:
        expected, found = rows
        columns = _named(test.expect, every) or tuple(every)
        places = [every.index(column) for column in columns]
        apart = difference(
            {column.name: column.type for column in columns},
            expected,
            [tuple(row[i] for i in places) for row in found],
            ordered=test.ordered,
        )
        return _ended(test, Verdict.FAILED if apart else Verdict.PASSED, difference=apart)

    def _texts(self, columns: Sequence[Column], query: str) -> list[Row]:
        """Return rows as DuckDB writes them, so that no type needs a Python twin."""
        texts = ", ".join(_text(column) for column in columns)
        found = self._cursor.execute(f"SELECT {texts} FROM ({query})").fetchall()
        return cast("list[Row]", found)

    def _query(self, report: Report, table: Table, columns: Sequence[Column]) -> str:
        """Return a query of the rows of a table with exact types; empty where it has none."""
        named = [(c, type_of(c.type)) for c in _named(table, columns) or columns[:1]]
        rows: list[str] = []
        for number, row in enumerate(table.rows, start=1):
            cells: list[str] = []
            for column, type in named:
                node = row.get(column.name.lower(), _NULL)
                try:
                    cells.append(typed(node, type))
                except Unfit as problem:
                    _report_unfit(report, node, (number, column), problem.fix)
            rows.append(f"({', '.join(cells)})")
        names = ", ".join(quoted(column.name) for column, _ in named)
        return f"SELECT * FROM (VALUES {', '.join(rows)}) AS given({names})" if rows else ""

    def _find_unfit(self, report: Report, table: Table, columns: Sequence[Column]) -> None:
        """Report each value that DuckDB cannot cast; a column that is fine is asked for at once."""
        for column in _named(table, columns):
            type = type_of(column.type)
            nodes = [row.get(column.name.lower(), _NULL) for row in table.rows]
            values = [typed(node, type) for node in nodes]
            if not self._refusal(", ".join(values)):
                continue
            for number, (node, value) in enumerate(zip(nodes, values, strict=True), start=1):
                if refusal := self._refusal(value):
                    fix = example_of(type) or refusal
                    _report_unfit(report, node, (number, column), fix)

    def _refusal(self, values: str) -> str:
        """Return what DuckDB has against a list of values; nothing where it takes them."""
        try:
            self._cursor.execute(f"SELECT {values}").fetchone()
        except duckdb.Error as error:
            self._cursor.execute("ROLLBACK")
            self._cursor.execute("BEGIN")
            return translated(error).message
        return ""


_NULL = source.Scalar(0, 0, "")


def _ended(
    test: AssetTest,
    verdict: Verdict,
    *,
    message: str = "",
    difference: Difference | None = None,
    faults: tuple[Diagnostic, ...] = (),
) -> Result:
    return Result(
        name=test.name,
        asset=test.asset.text,
        span=test.span,
        verdict=verdict,
        message=message,
        difference=difference,
        faults=faults,
    )


def _text(column: Column) -> str:
    """Return the SQL of a column as text, the same text for equal values."""
    name = quoted(column.name)
    return f"CAST(json({name}) AS VARCHAR)" if column.type == "JSON" else f"CAST({name} AS VARCHAR)"


def _named(table: Table, columns: Sequence[Column]) -> tuple[Column, ...]:
    """Return the columns that a table names, in the order of the columns."""
    names = {name.text.lower() for name in table.names}
    return tuple(column for column in columns if column.name.lower() in names)


def _check_names(report: Report, test: AssetTest, graph: Graph) -> None:
    """Report what is not there: the asset, upstreams that rows are given for, and columns."""
    asset = graph.assets.get(test.asset.text)
    if asset is None:
        _unknown_asset(report, test.asset, graph)
        return
    for key, table in test.given:
        if key.text in asset.upstreams:
            if columns := graph.columns_of(key.text):
                _check_columns(report, key.text, table, columns)
        elif key.text in graph.assets or key.text in graph.sources or key.text in graph.quarantined:
            reads = ", ".join(asset.upstreams) or "nothing"
            message = f"{test.asset.text} does not read {key.text}"
            report.error("E403", key, message, f"remove these rows; it reads: {reads}")
        else:
            hint = did_you_mean(key.text, (*asset.upstreams, *graph.assets, *graph.sources))
            fix = hint or f"{test.asset.text} reads: {', '.join(asset.upstreams) or 'nothing'}"
            report.error("E402", key, f"there is no asset or source {in_quotes(key.text)}", fix)
    if asset.code is None:
        _check_columns(report, test.asset.text, test.expect, asset.columns)
        if test.config:
            message = f"{test.asset.text} is SQL, which has no config"
            report.error("E408", test.config_at, message, "remove it")


def _unknown_asset(report: Report, asset: source.Scalar, graph: Graph) -> None:
    if asset.text in graph.sources:
        message = f"{asset.text} is a source: Freshline does not compute its rows"
        fix = "test an asset that reads it, and give it rows there"
    else:
        message = f"there is no asset {in_quotes(asset.text)}"
        fix = did_you_mean(asset.text, graph.assets) or "write the asset, or correct the key"
    report.error("E401", asset, message, fix)


def _check_columns(report: Report, key: str, table: Table, columns: Sequence[Column]) -> None:
    known: Mapping[str, Column] = {column.name.lower(): column for column in columns}
    names = [column.name for column in columns]
    for name in table.names:
        if name.text.lower() not in known:
            hint = did_you_mean(name.text, names)
            fix = f"{hint}  columns: {', '.join(names)}".strip()
            report.error("E404", name, f"unknown column {in_quotes(name.text)} in {key}", fix)


def _report_unfit(report: Report, node: source.Node, cell: tuple[int, Column], fix: str) -> None:
    number, column = cell
    value = in_quotes(node.text) if isinstance(node, source.Scalar) else "this"
    message = f"row {number}, column {column.name}: {value} cannot be {_a(column.type)}"
    report.error("E405", node, message, fix)


def _a(type: str) -> str:
    return f"{'an' if type[0] in 'AEIO' else 'a'} {type}"
