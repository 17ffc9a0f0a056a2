"""Forms: the libraries that people have get tables as theirs, and hand theirs back as Parquet."""

import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import duckdb
import pytest
from tests.worker.program import Message, Program, given_rows, rows_of, running, write_files

from freshline.calls import Format, Made

FILE = "assets/code.py"
SOURCE = """
from __future__ import annotations
from typing import TYPE_CHECKING, Annotated, Iterator, Optional
import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
from freshline import Input, Output, asset, multi_asset
if TYPE_CHECKING:
    import polars as checked

@asset
def pandas(orders: pd.DataFrame) -> pd.DataFrame: return orders
@asset
def polars(orders: pl.DataFrame) -> pl.DataFrame: return orders
@asset
def for_checkers(orders: checked.DataFrame) -> Iterator[checked.DataFrame]: yield orders
@asset
def polars_lazy(orders: pl.LazyFrame) -> pl.LazyFrame: return orders
@asset
def arrow(orders: pa.Table) -> pa.Table: return orders
@asset
def arrow_reader(orders: pa.RecordBatchReader) -> pa.RecordBatchReader: return orders
@asset
def arrow_batches(orders: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]: yield from orders
@asset
def arrow_dataset(orders: ds.Dataset) -> ds.Dataset: return orders
@asset
def relation(orders: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation: return orders
@asset
def query(orders: pd.DataFrame): return duckdb.sql("SELECT * FROM orders")
@asset
def pandas_pieces(orders: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]: yield from orders
@asset
def polars_pieces(orders: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]: yield from orders
@asset
def listed(orders: pl.DataFrame): return [orders.slice(0, 1), orders.slice(1)]
class Capsule:
    def __init__(self, table): self.table = table
    def __arrow_c_stream__(self, requested_schema=None):
        return self.table.__arrow_c_stream__(requested_schema)
@asset
def capsule(orders: pa.Table): return Capsule(orders)

@asset
def rows(orders): return orders

@asset
def seen(a: pd.DataFrame, b: pl.DataFrame, c: pl.LazyFrame, d: pa.Table, e: pa.RecordBatchReader,
         f: ds.Dataset, g: duckdb.DuckDBPyRelation, h: list):
    return [{
        "a": list(a.columns), "b": b.columns, "c": c.collect_schema().names(), "d": d.column_names,
        "e": e.schema.names, "f": f.schema.names, "g": g.columns, "h": list(h[0]),
    }]

@asset
def noted(orders: Annotated[pl.DataFrame, Input("stg.orders", columns=["id"])]): return orders
@asset
def wrong_frame(orders: pl.DataFrame) -> pd.DataFrame: return orders
@asset
def index(orders: pd.DataFrame): return orders.set_index("id")
@asset
def two_of_a_name(orders: pd.DataFrame): return orders.rename(columns={"name": "ID"})
@asset
def numbers_as_names(): return pd.DataFrame({0: [1]})
@asset
def narrow_decimals():
    from decimal import Decimal
    return pd.DataFrame({"x": [Decimal("1.10")]})
@asset
def growing():
    yield pd.DataFrame({"x": [1], "y": [None]})
    yield pd.DataFrame({"x": [2], "y": [None]})
@asset
def changing():
    yield pl.DataFrame({"x": [1]})
    yield pd.DataFrame({"x": [2]})
@asset
def leaves_a_table():
    duckdb.execute("CREATE TABLE left_behind AS SELECT 1 AS x")
    return duckdb.sql("FROM left_behind")
@asset
def finds_tables(): return duckdb.sql("SELECT count(*) AS n FROM duckdb_tables()")
@asset
def empty(orders: pl.DataFrame): return orders.clear()
@multi_asset(outputs=["a", "b"])
def split(orders: pl.DataFrame): return {"a": orders.head(1), "b": orders.to_pandas()}
"""
TABLE = """
SELECT i AS id, 'n' || i AS name, DATE '2024-01-01' + i::INTEGER AS day,
    i * 1.5::DOUBLE AS x, (i / 4)::DECIMAL(18, 2) AS amount,
    CASE WHEN i > 0 THEN i END AS missing, TIMESTAMP '2024-01-01 10:00:00' AS at,
    [i, i + 1] AS list, {'a': i, 'day': DATE '2024-01-01'} AS struct
FROM range(3) AS t(i)
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    root = write_files(tmp_path_factory.mktemp("forms") / "project", {FILE: SOURCE})
    with running(root, sys.executable) as program:
        yield program


@pytest.fixture(scope="module")
def orders(program: Program) -> Message:
    """Return a Given of a table in two files, as they come from a storage."""
    files: list[str] = []
    for number, where in enumerate(("id < 2", "id >= 2")):
        file = str(program.root.parent / f"orders-{number}.parquet")
        duckdb.sql(f"FROM ({TABLE}) WHERE {where}").write_parquet(file)
        files.append(file)
    return given_parquet("orders", *files)


def given_parquet(name: str, *files: str) -> Message:
    columns = [list(each[:2]) for each in described(list(files))]
    given = {"name": name, "key": f"stg.{name}", "form": "rows", "format": "parquet"}
    return {**given, "files": list(files), "columns": columns}


def described(files: list[str]) -> list[tuple[str, str]]:
    found = duckdb.execute("DESCRIBE FROM read_parquet(?)", [files]).fetchall()
    return [(str(each[0]), str(each[1])) for each in found]


def table_of(made: Made) -> list[tuple[object, ...]]:
    assert made.format is Format.PARQUET
    return duckdb.execute("FROM read_parquet(?) ORDER BY 1", [list(made.files)]).fetchall()


SAME = (
    *("pandas", "polars", "polars_lazy", "arrow", "arrow_reader", "arrow_batches"),
    *(
        "arrow_dataset",
        "relation",
        "query",
        "pandas_pieces",
        "polars_pieces",
        "listed",
        "capsule",
        "for_checkers",
    ),
)


@pytest.mark.parametrize("name", SAME)
def test_a_table_comes_and_goes_whole(program: Program, orders: Message, name: str) -> None:
    (made,) = program.call(f"{FILE}:{name}", given=[orders]).made
    assert table_of(made) == duckdb.sql(f"{TABLE} ORDER BY 1").fetchall()
    assert made.rows in (3, None)
    types = dict(described(list(made.files)))
    if "pandas" not in name and name != "query":  # pandas keeps no types of its own
        assert types == dict(described(orders["files"]))
    assert types["amount"] in ("DECIMAL(18,2)", "DECIMAL(3,2)")


def test_rows_may_come_from_parquet(program: Program, orders: Message) -> None:
    made = program.rows(f"{FILE}:rows", given=[orders])
    assert (made[1]["id"], made[1]["day"], made[1]["amount"]) == (1, "2024-01-02", "0.25")


FRAMES = ("pandas", "polars", "polars_lazy", "arrow", "arrow_reader", "arrow_dataset", "relation")


@pytest.mark.parametrize("name", FRAMES)
def test_a_table_may_come_from_rows(program: Program, name: str) -> None:
    rows: list[Message] = [{"id": 1, "day": "2024-01-31"}, {"id": 2, "day": None}]
    given = given_rows(program.root, "orders", rows, {"id": "BIGINT", "day": "DATE"})
    (made,) = program.call(f"{FILE}:{name}", given=[given]).made
    assert [row[0] for row in table_of(made)] == [1, 2]


def test_every_form_holds_exactly_the_columns_that_are_declared(
    program: Program, orders: Message
) -> None:
    columns = [["name", "VARCHAR"], ["id", "BIGINT"]]
    given = [{**orders, "name": name, "columns": columns} for name in "abcdefgh"]
    (row,) = program.rows(f"{FILE}:seen", given=given)
    assert row == {name: ["name", "id"] for name in "abcdefgh"}


def test_an_empty_table_keeps_its_columns(program: Program, orders: Message) -> None:
    (made,) = program.call(f"{FILE}:empty", given=[orders]).made
    assert described(list(made.files)) == described(orders["files"])
    assert made.rows == 0


@pytest.mark.parametrize("name", [*FRAMES, "rows"])
def test_an_input_without_files_has_no_rows(program: Program, orders: Message, name: str) -> None:
    given = {**orders, "files": [], "columns": [["id", "BIGINT"]]}
    (made,) = program.call(f"{FILE}:{name}", given=[given]).made
    if made.format is Format.PARQUET:
        assert table_of(made) == []
    else:
        assert rows_of(made) == []


def test_a_note_beside_an_annotation_is_an_input(program: Program, orders: Message) -> None:
    (told,) = program.load(FILE)
    (noted,) = (each for each in told.functions if each.name == "noted")
    assert [(each.key, each.columns) for each in noted.inputs.values()] == [("stg.orders", ("id",))]
    assert [(each.name, each.form) for each in noted.parameters] == [("orders", "polars")]


def test_packages_of_an_import_are_told(program: Program) -> None:
    with running(program.root, sys.executable) as fresh:
        (told,) = fresh.load(FILE)
    assert {"duckdb", "numpy", "pandas", "polars", "pyarrow"} <= set(told.packages)
    assert told.packages["duckdb"] == duckdb.__version__
    assert not {"pytest", "hypothesis"} & set(told.packages)


def test_an_index_with_a_name_is_a_column(program: Program, orders: Message) -> None:
    (made,) = program.call(f"{FILE}:index", given=[orders]).made
    assert described(list(made.files))[0] == ("id", "BIGINT")


def test_decimals_of_pandas_have_a_steady_width(program: Program) -> None:
    (made,) = program.call(f"{FILE}:narrow_decimals").made
    assert described(list(made.files)) == [("x", "DECIMAL(18,2)")]


def test_several_outputs_may_be_of_several_libraries(program: Program, orders: Message) -> None:
    wanted = [["a", "marts.a"], ["b", "marts.b"]]
    made = program.call(f"{FILE}:split", given=[orders], wanted=wanted).made
    assert [len(table_of(each)) for each in made] == [1, 3]


def test_pieces_become_one_file(program: Program) -> None:
    (made,) = program.call(f"{FILE}:growing").made
    assert (len(made.files), made.rows, table_of(made)) == (1, 2, [(1, None), (2, None)])


WRONG = {
    "wrong_frame": "says that it returns pandas.DataFrame, and returned polars.",
    "two_of_a_name": ": two columns are named 'ID'",
    "numbers_as_names": ": column 0 has no text as its name",
    "changing": "yielded polars and then pandas",
}


@pytest.mark.parametrize(("name", "message"), WRONG.items())
def test_what_cannot_be_kept_is_refused(
    program: Program, orders: Message, name: str, message: str
) -> None:
    error = program.fail(f"{FILE}:{name}", given=[orders])
    assert error.message.startswith("marts.made")
    assert message in error.message


def test_nothing_stays_in_duckdb_between_calls(program: Program) -> None:
    (made,) = program.call(f"{FILE}:leaves_a_table").made
    assert table_of(made) == [(1,)]
    (made,) = program.call(f"{FILE}:finds_tables").made
    assert table_of(made) == [(0,)]


def test_a_library_that_is_missing_is_named(tmp_path: Path, bare: str, orders: Message) -> None:
    source = "from freshline import asset\n@asset\ndef made(orders: 'pd.DataFrame'): ...\n"
    root = write_files(tmp_path / "project", {FILE: source + "@asset\ndef rows(orders): ...\n"})
    with running(root, bare) as program:
        (told,) = program.load(FILE)
        assert [each.parameters[0].form for each in told.functions] == ["pandas", "rows"]
        error = program.fail(f"{FILE}:made", given=[orders])
        assert error.message.startswith("parameter 'orders' (stg.orders) needs pandas, which ")
        assert error.message.endswith("add it to the requirements of the location")
        error = program.fail(f"{FILE}:rows", given=[orders])
        assert "its location needs pyarrow, polars or duckdb to read it" in error.message


MODELS = """
import pandera.pandas as pa
from freshline import asset
from pandera.typing import DataFrame, Series

class Orders(pa.DataFrameModel):
    id: Series[int] = pa.Field(ge=0)

@asset
def fits(orders: DataFrame[Orders]) -> DataFrame[Orders]: return orders

@asset
def breaks(orders: DataFrame[Orders]) -> DataFrame[Orders]: return orders.assign(id=-1)
"""


@pytest.mark.skipif(find_spec("pandera") is None, reason="pandera is not installed")
def test_a_contract_of_columns_is_checked(tmp_path: Path, orders: Message) -> None:
    root = write_files(tmp_path / "project", {FILE: MODELS})
    with running(root, sys.executable) as program:
        (told,) = program.load(FILE)
        assert [each.parameters[0].form for each in told.functions] == ["pandas", "pandas"]
        assert len(table_of(program.call(f"{FILE}:fits", given=[orders]).made[0])) == 3
        error = program.fail(f"{FILE}:breaks", given=[orders])
        assert "what it returned does not fit Orders: column 'id', check" in error.message


PYDANTIC = """
from typing import List, Optional
from pydantic import BaseModel, Field
from freshline import asset

class Inner(BaseModel):
    share: float

class Churn(BaseModel):
    days: int = Field(ge=1)
    inner: Optional[Inner] = None

@asset
def made(config: Churn): return [{"days": config.days, "has_inner": config.inner is not None}]
"""


@pytest.mark.skipif(find_spec("pydantic") is None, reason="pydantic is not installed")
def test_a_model_of_pydantic_is_config(tmp_path: Path) -> None:
    root = write_files(tmp_path / "project", {FILE: PYDANTIC})
    with running(root, sys.executable) as program:
        (told,) = program.load(FILE)
        schema = told.functions[0].config_schema
        assert schema is not None
        assert "$ref" not in str(schema)
        assert schema["required"] == ["days"]
        made = program.rows(f"{FILE}:made", config={"days": 1, "inner": {"share": 0.5}})
        assert made == [{"days": 1, "has_inner": True}]
        error = program.fail(f"{FILE}:made", config={"days": 0})
        assert "greater than or equal to 1" in error.message
