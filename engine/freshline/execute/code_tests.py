"""Unit tests of assets that code makes: the rows given are handed to its code in a worker.

The code runs as an apply would run it, in a process of its location; what it leaves is read back
before the test ends, and its folder goes with the test.
"""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

from freshline.calls import Call, Format, Given, Line, Wanted, Workers
from freshline.code import Code
from freshline.declare.asset_tests import AssetTest, Table
from freshline.declare.scalars import Meaning, meaning_of
from freshline.declare.source import Node, Scalar
from freshline.definitions import Column
from freshline.errors import CodeError
from freshline.execute.calling import location_of, resources_of, settled
from freshline.execute.code_step import as_declared, relation_of
from freshline.execute.given import handed, without_rows
from freshline.lineage.canonical import marked
from freshline.lineage.graph import Asset, Graph
from freshline.lineage.quoting import quoted
from freshline.ports import Compute

_MOST_LINES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Calling:
    """Where code of tests runs: the project's root, its environment, and who runs it.

    Nobody is asked for before the first call.
    """

    root: Path
    environment: str
    workers: Callable[[], Workers]


@dataclass(slots=True)
class CodeTests:
    """Runs the code of assets of one graph on rows that stand in tables of an engine.

    `folder` is where the engine may read and write.
    """

    graph: Graph
    compute: Compute
    calling: Calling
    folder: Path
    numbers: "count[int]" = field(default_factory=count)

    def made(self, test: AssetTest, asset: Asset, said: list[str]) -> str:
        """Return a relation of what the code of an asset makes of the tables in place.

        The last lines that it says go to `said`. CodeError where it fails, and TimedOutError.
        """
        code = asset.code
        assert code is not None
        scratch = Path(mkdtemp(dir=self.folder))
        call = self._call(test, asset, code, scratch)

        def tell(line: Line) -> None:
            said.append(line.text)
            del said[:-_MOST_LINES]

        returned = self.calling.workers().call(call, tell)
        made = next((each for each in returned.made if each.name == code.output), None)
        if made is None or (made.missing and not code.optional):
            raise CodeError("its function returned nothing for it", help="return a value")
        if made.missing:
            raise CodeError("it was not made: an optional output may be left out")
        if made.format is Format.ROWS and not made.columns:
            return _nothing(test.expect)
        relation = relation_of(made)
        query, _ = as_declared(
            asset.definition, relation, self.compute.columns(relation), self.compute
        )
        return f"({query or f'SELECT * FROM {relation}'})"

    def close(self) -> None:
        """Remove what the calls left."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _call(self, test: AssetTest, asset: Asset, code: Code, scratch: Path) -> Call:
        project, key = self.graph.project, asset.definition.key
        every = tuple(Wanted(name, of) for name, of in code.outputs)
        return Call(
            id=f"test-{next(self.numbers)}",
            root=str(self.calling.root.absolute()),
            location=location_of(code, project),
            scratch=str(scratch),
            function=code.function,
            command=code.command,
            given=self._given(test, asset, code, scratch),
            wanted=tuple(w for w in every if w.key == key) if code.subset else every,
            config=settled({**code.config, **test.config}),
            resources=resources_of(code.resources, project),
            about={
                "run": "test",
                "environment": self.calling.environment,
                "asset": key,
                "attempt": "1",
            },
            limits=code.limits,
            timeout=asset.definition.timeout,
            fresh_process=code.fresh_process,
        )

    def _given(self, test: AssetTest, asset: Asset, code: Code, scratch: Path) -> tuple[Given, ...]:
        parameters = dict(asset.parameters)
        tables = {each.key.text: each.table for each in test.given}
        found: list[Given] = []
        for each in code.inputs:
            key = parameters[each.name]
            if columns_known(self.graph, key, tables.get(key, Table())):
                found.append(handed(self.compute, each, key, marked(key), scratch))
            else:
                found.append(without_rows(each, key))
        return tuple(found)


def _nothing(expected: Table) -> str:
    """Return a relation of no rows, with the columns that are expected: nobody knows others."""
    columns = guessed(expected) or (Column("nothing", "VARCHAR"),)
    shown = ", ".join(f"CAST(NULL AS {c.type}) AS {quoted(c.name)}" for c in columns)
    return f"(SELECT {shown} WHERE false)"


def columns_known(graph: Graph, key: str, table: Table) -> tuple[Column, ...]:
    """Return the columns of an upstream: where it never ran, those of the rows given for it."""
    return graph.columns_of(key) or guessed(table)


def guessed(table: Table) -> tuple[Column, ...]:
    """Return the columns that rows name, with the types that their values look like."""
    found: list[Column] = []
    for name in table.names:
        nodes = [row[name.text.lower()] for row in table.rows if name.text.lower() in row]
        found.append(Column(name.text, _type({_looks(node) for node in nodes} - {""})))
    return tuple(found)


_TYPES: Mapping[Meaning, str] = {
    Meaning.NULL: "",
    Meaning.BOOL: "BOOLEAN",
    Meaning.INTEGER: "BIGINT",
    Meaning.FLOAT: "DOUBLE",
    Meaning.NOT_FINITE: "DOUBLE",
}


def _looks(node: Node) -> str:
    what = meaning_of(node)
    if what is not None and what in _TYPES:
        return _TYPES[what]
    if not isinstance(node, Scalar):
        return "JSON"
    return _moment(node.text) if not node.style else "VARCHAR"


def _moment(text: str) -> str:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return "VARCHAR"
    return "DATE" if len(text) == len("2024-03-04") else "TIMESTAMP"


def _type(types: set[str]) -> str:
    if types == {"BIGINT", "DOUBLE"}:
        return "DOUBLE"
    if types == {"DATE", "TIMESTAMP"}:
        return "TIMESTAMP"
    return next(iter(types)) if len(types) == 1 else "VARCHAR"
