"""Assets made in memory by `freshline.testing.materialize`, as somebody's unit tests use it."""

import datetime
import sys
import traceback
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from freshline import (
    CheckResult,
    Config,
    Context,
    Input,
    Output,
    Resource,
    asset,
    check,
    multi_asset,
)
from freshline.errors import CodeError, ComputeError, DefinitionError, UsageError
from freshline.testing import Materialized, materialize

Row = dict[str, object]

PROJECT: Mapping[str, str] = {
    "freshline.yaml": """
project: shop
resources:
  rates: {type: lib.rates:Rates, url: far.away}
""",
    "sources/raw.yaml": """
sources:
  raw.orders:
    path: data/orders.csv
    columns: {id: bigint, day: date, amount: "decimal(10,2)", status: varchar}
  raw.gone:
    path: data/gone.csv
    columns: {id: bigint}
""",
    "data/orders.csv": """id,day,amount,status
1,2024-03-04,10.50,paid
2,2024-03-04,4.50,cancelled
""",
    "assets/stg/orders.sql": "SELECT id, day, amount FROM raw.orders WHERE status <> 'cancelled'",
    "assets/stg/late.sql": "SELECT id FROM raw.gone",
    "assets/stg/wrong.sql": "SELECT nothing FROM raw.orders",
    "assets/ml/model.py": """
from freshline import Config, Context, asset, check
from lib.rates import Rates

class Settings(Config):
    factor: int = 2

@asset(inputs={"orders": "stg.orders"})
def doubled(context: Context, orders, config: Settings):
    context.metadata(orders=len(orders))
    return [{"id": each["id"], "amount": each["amount"] * config.factor} for each in orders]

@asset
def dear(doubled, rates: Rates):
    return [{"id": each["id"], "dollars": rates.dollars(each["amount"])} for each in doubled]

@check("ml.doubled")
def more_than_nothing(doubled):
    return all(each["amount"] > 0 for each in doubled)
""",
    "assets/ml/broken.py": """
import nowhere_to_be_found
from freshline import asset

@asset
def lost(): ...
""",
    "lib/rates.py": """
from freshline import Resource

class Rates(Resource):
    url: str
    def dollars(self, amount):
        raise ConnectionError(self.url)
""",
    "assets/rpt/total.sql": """/*---
checks:
  - {name: is_small, sql: "SELECT * FROM ${this} WHERE total > 30"}
---*/
SELECT sum(amount) AS total FROM ml.doubled
""",
}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Return a project of SQL and Python; one of its sources has no file."""
    for name, text in PROJECT.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


# ---- a project


def test_an_asset_of_a_project_is_made_with_all_that_it_needs(shop: Path) -> None:
    before = sorted(shop.rglob("*"))
    done = materialize(shop, "rpt.total")
    assert done.rows() == [{"total": Decimal("21.00")}]
    assert done.rows("ml.doubled") == [{"id": 1, "amount": Decimal("21.00")}]
    assert done.metadata("ml.doubled") == {"orders": 1}
    assert done.assets == ("rpt.total",)
    assert sorted(path for path in shop.rglob("*") if "__pycache__" not in path.parts) == before


def test_rows_that_are_given_stand_for_a_source_with_its_own_types(shop: Path) -> None:
    given = [{"id": 7, "amount": 1, "status": "new", "day": "2024-01-02"}]
    done = materialize(shop, "stg.orders", inputs={"raw.orders": given})
    day = datetime.date(2024, 1, 2)
    assert done.rows() == [{"id": 7, "day": day, "amount": Decimal("1.00")}]


def test_a_column_that_is_not_given_is_null(shop: Path) -> None:
    done = materialize(shop, "stg.orders", inputs={"raw.orders": [{"id": 7, "status": "new"}]})
    assert done.rows() == [{"id": 7, "day": None, "amount": None}]


def test_what_sql_can_do_without_may_be_none(shop: Path) -> None:
    sql = "SELECT count(*) AS orders FROM stg.orders"
    optional = f"sql: {sql}\ninputs: {{stg.orders: {{optional: true}}}}\n"
    (shop / "assets/rpt/orders.yaml").write_text(optional, encoding="utf-8")
    assert materialize(shop, "rpt.orders", inputs={"stg.orders": None}).rows() == [{"orders": 0}]
    assert materialize(shop, "rpt.orders").rows() != [{"orders": 0}]


def test_what_is_above_given_rows_is_not_made(shop: Path) -> None:
    done = materialize(shop, "rpt.total", inputs={"ml.doubled": [{"id": 1, "amount": 8}]})
    assert done.rows() == [{"total": 8}]
    assert "stg.orders" not in done
    assert done["ml.doubled"].fetchall() == [(1, 8)]


def test_a_source_without_a_file_needs_rows_alone(shop: Path) -> None:
    assert materialize(shop, "stg.late", inputs={"raw.gone": [{"id": 3}]}).rows() == [{"id": 3}]
    assert materialize(shop, "stg.late", inputs={"raw.gone": []}).rows() == []
    with pytest.raises(DefinitionError, match="no file is at"):
        materialize(shop, "stg.late")


def test_config_goes_over_what_is_declared(shop: Path) -> None:
    done = materialize(shop, "ml.doubled", config={"ml.doubled": {"factor": 10}})
    assert done.rows() == [{"id": 1, "amount": Decimal("105.00")}]


class FixedRates:
    def dollars(self, amount: Decimal) -> Decimal:
        return amount * 3


def test_a_resource_is_what_the_test_hands_over(shop: Path) -> None:
    done = materialize(shop, "ml.dear", resources={"rates": FixedRates()})
    assert done.rows() == [{"id": 1, "dollars": Decimal("63.00")}]


@pytest.mark.parametrize("settings", [None, {"url": "elsewhere"}], ids=["as declared", "given"])
def test_a_resource_is_made_of_its_settings(shop: Path, settings: Mapping[str, str] | None) -> None:
    given = {} if settings is None else {"rates": settings}
    with pytest.raises(ConnectionError, match="elsewhere" if settings else "far.away"):
        materialize(shop, "ml.dear", resources=given)


def test_checks_are_run_and_told_and_keep_nothing_from_being_made(shop: Path) -> None:
    given = [{"id": 1, "amount": 99}, {"id": 2, "amount": -1}]
    done = materialize(shop, "rpt.total ml.doubled", inputs={"stg.orders": given})
    assert done.rows("rpt.total") == [{"total": Decimal("196.00")}]
    assert {(each.asset, each.name) for each in done.failed} == {
        ("ml.doubled", "more_than_nothing"),
        ("rpt.total", "is_small"),
    }
    assert "failed check  ml.doubled: more_than_nothing does not hold" in repr(done)
    assert materialize(shop, "ml.doubled").failed == ()
    assert [each.passed for each in materialize(shop, "ml.doubled").checks] == [True]


def test_an_error_of_a_function_comes_with_its_own_lines_alone(shop: Path) -> None:
    with pytest.raises(ConnectionError) as caught:
        materialize(shop, "ml.dear")
    frames = [(Path(f.filename).name, f.name) for f in traceback.extract_tb(caught.tb)]
    assert (frames[2], frames[-1]) == (("model.py", "dear"), ("rates.py", "dollars"))
    assert [name for _, name in frames[:2]] == [
        "test_an_error_of_a_function_comes_with_its_own_lines_alone",
        "materialize",
    ]


def test_a_file_that_cannot_be_imported_raises_what_its_import_does(shop: Path) -> None:
    with pytest.raises(ModuleNotFoundError, match="nowhere_to_be_found"):
        materialize(shop, "ml.lost")


@pytest.mark.parametrize(
    ("selection", "inputs", "error", "words"),
    [
        ("stg.wrong", {}, DefinitionError, "stg.wrong: .*nothing"),
        ("stg.order", {}, UsageError, "stg.order"),
        ("stg.orders", {"raw.order": []}, UsageError, 'no asset or source "raw.order"'),
        ("stg.orders", {"raw.orders": [{"amont": 1}]}, UsageError, 'names "amont"'),
        ("stg.orders", {"raw.orders": [{"id": "x"}]}, UsageError, "Could not convert"),
        ("stg.orders", {"raw.orders": 7}, UsageError, "is int"),
        ("stg.orders", {"raw.orders": None}, ComputeError, "raw.orders, which is not there"),
        ("stg.orders", {"raw.orders": Path("no.csv")}, UsageError, "there is no file no.csv"),
        ("state:stale", {}, UsageError, "no states in memory"),
    ],
    ids=[
        "an asset that does not compile",
        "an asset that is not there",
        "an input that is not there",
        "a column that is not there",
        "a value that does not fit",
        "no rows",
        "nothing where something is needed",
        "a file that is not there",
        "a selection by state",
    ],
)
def test_what_cannot_be_is_told(
    shop: Path,
    selection: str,
    inputs: Mapping[str, object],
    error: type[Exception],
    words: str,
) -> None:
    with pytest.raises(error, match=words):
        materialize(shop, selection, inputs=inputs)


def test_two_projects_in_one_process_have_modules_of_their_own(shop: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    for name, text in {
        "freshline.yaml": "project: other\n",
        "assets/ml/model.py": "from freshline import asset\nfrom lib.rates import ONE\n\n"
        "@asset\ndef doubled():\n    return [{'one': ONE}]\n",
        "lib/rates.py": "ONE = 1\n",
    }.items():
        (other / name).parent.mkdir(parents=True, exist_ok=True)
        (other / name).write_text(text, encoding="utf-8")
    path = list(sys.path)
    (shop / "other/freshline.yaml").unlink()
    first = materialize(shop, "ml.doubled")
    (other / "freshline.yaml").write_text("project: other\n", encoding="utf-8")
    assert materialize(other, "ml.doubled").rows() == [{"one": 1}]
    assert first.rows() == [{"id": 1, "amount": Decimal("21.00")}]
    assert sys.path == path


# ---- functions alone


@asset
def orders(raw_orders: list[Row]) -> list[Row]:
    return [each for each in raw_orders if each["status"] != "cancelled"]


@asset(key="marts.total", columns={"total": {"type": "double", "between": [0, 100]}})
def total(context: Context, orders: list[Row]) -> list[Row]:
    amounts = [float(str(each["amount"])) for each in orders]
    context.add_metadata(orders=len(amounts))
    return [{"total": sum(amounts)}]


@check("marts.total")
def has_one_row(total: list[Row]) -> CheckResult:
    return CheckResult(len(total) == 1, description="there is one row")


RAW = [{"status": "paid", "amount": 3}, {"status": "cancelled", "amount": 4}]


def test_functions_are_a_project_of_their_own() -> None:
    done = materialize([orders, total, has_one_row], inputs={"raw_orders": RAW})
    assert done.rows("marts.total") == [{"total": 3.0}]
    assert done.rows("orders") == [{"status": "paid", "amount": 3}]
    assert done.metadata("marts.total") == {"orders": 1}
    assert [(each.name, each.passed) for each in done.checks] == [
        ("between_total", True),
        ("has_one_row", True),
    ]


def test_one_function_is_enough_and_its_upstream_is_called_by_its_last_word() -> None:
    done = materialize(total, inputs={"staging.orders": [{"amount": 120}]})
    assert done.rows() == [{"total": 120.0}]
    assert [str(each) for each in done.failed] == ["marts.total: between_total fails on 1 row"]


def test_a_function_without_rows_gets_none() -> None:
    assert materialize(total, inputs={"orders": []}).rows() == [{"total": 0.0}]


FORMS: Mapping[str, Callable[[], object]] = {
    "a list of dicts": lambda: [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}],
    "a text of CSV": lambda: "\n   id,name\n   1,a\n   2,b\n  ",
    "a relation of DuckDB": lambda: duckdb.sql(
        "FROM (VALUES (1::BIGINT, 'a'), (2, 'b')) t(id, name)"
    ),
    "a data frame of pandas": lambda: pytest.importorskip("pandas").DataFrame(
        {"id": [1, 2], "name": ["a", "b"]}
    ),
    "a data frame of polars": lambda: pytest.importorskip("polars").DataFrame(
        {"id": [1, 2], "name": ["a", "b"]}
    ),
    "a table of Arrow": lambda: pytest.importorskip("pyarrow").table(
        {"id": [1, 2], "name": ["a", "b"]}
    ),
}


@asset
def copied(context: Context, things: list[Row]) -> list[Row]:
    return things


@pytest.mark.parametrize("form", FORMS)
def test_rows_are_given_in_any_form(form: str) -> None:
    done = materialize(copied, inputs={"things": FORMS[form]()})
    assert done.rows() == [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]


def test_what_came_out_of_one_goes_into_the_next() -> None:
    first = materialize(copied, inputs={"things": [{"id": 1}]})
    assert materialize(copied, inputs={"things": first["copied"]}).rows() == [{"id": 1}]


def test_a_file_is_given_by_its_path_or_its_content(tmp_path: Path) -> None:
    @asset
    def length(picture: bytes) -> list[Row]:
        return [{"bytes": len(picture)}]

    (tmp_path / "dot.png").write_bytes(b"dots")
    assert materialize(length, inputs={"picture": b"dot"}).rows() == [{"bytes": 3}]
    assert materialize(length, inputs={"picture": tmp_path / "dot.png"}).rows() == [{"bytes": 4}]


def test_a_function_gets_the_columns_that_it_declares_and_no_others() -> None:
    @asset(inputs={"things": Input("stg.things", columns=["id"])})
    def narrow(things: list[Row]) -> list[Row]:
        return things

    done = materialize(narrow, inputs={"stg.things": [{"id": 1, "name": "a"}]})
    assert done.rows() == [{"id": 1}]
    with pytest.raises(DefinitionError, match='unknown column "id"'):
        materialize(narrow, inputs={"stg.things": [{"name": "a"}]})


def test_what_is_optional_may_be_none() -> None:
    @asset(inputs={"extra": Input("extra", optional=True)})
    def grown(things: list[Row], extra: list[Row] | None) -> list[Row]:
        return [*things, {"id": 0 if extra is None else len(extra)}]

    given: dict[str, object] = {"things": [{"id": 1}], "extra": None}
    assert materialize(grown, inputs=given).rows() == [{"id": 1}, {"id": 0}]


def test_one_call_makes_several_assets() -> None:
    calls: list[tuple[str, ...]] = []

    @multi_asset(outputs={"low": Output(), "high": Output("marts.high", optional=True)})
    def halves(context: Context, numbers: list[Row]) -> dict[str, object]:
        calls.append(context.outputs)
        high = [each for each in numbers if each["n"] == 9]
        return {"low": [each for each in numbers if each["n"] == 1], "high": high or None}

    done = materialize(halves, inputs={"numbers": [{"n": 1}, {"n": 9}]})
    assert (done.rows("low"), done.rows("marts.high")) == ([{"n": 1}], [{"n": 9}])
    assert calls == [("low", "high")]
    assert "marts.high" not in materialize(halves, inputs={"numbers": [{"n": 1}]})


def test_resources_and_config_of_functions_are_given() -> None:
    class Warehouse(Resource):
        url: str

    class Days(Config):
        days: int

    @asset
    def loaded(config: Days, warehouse: Warehouse) -> list[Row]:
        return [{"days": config.days, "url": warehouse.url}]

    done = materialize(
        loaded, config={"loaded": {"days": 3}}, resources={"warehouse": Warehouse(url="here")}
    )
    assert done.rows() == [{"days": 3, "url": "here"}]
    with pytest.raises(DefinitionError, match="days"):
        materialize(loaded, resources={"warehouse": Warehouse(url="here")})


def test_a_declared_column_that_does_not_come_is_told() -> None:
    @asset(columns={"missing": {"type": "bigint"}})
    def wrong() -> list[Row]:
        return [{"id": 1}]

    with pytest.raises(CodeError, match="missing"):
        materialize(wrong)


@pytest.mark.parametrize("what", ["config", "resources"])
def test_what_is_said_of_nothing_is_refused(what: str) -> None:
    given: dict[str, dict[str, object]] = {"copy": {"days": 3}}
    with pytest.raises(UsageError, match=f'{what} names "copy", which is not there'):
        if what == "config":
            materialize(copied, inputs={"things": [{"id": 1}]}, config=given)
        else:
            materialize(copied, inputs={"things": [{"id": 1}]}, resources=given)


def test_an_upstream_that_nobody_gives_is_told() -> None:
    with pytest.raises(DefinitionError, match='unknown upstream "things"') as caught:
        materialize(copied)
    assert caught.value.__notes__ == [
        "hand its function over too, or rows for it: inputs={'orders': [...]}"
    ]


def test_json_comes_to_pandas_as_text() -> None:
    pytest.importorskip("pyarrow")
    pandas = pytest.importorskip("pandas")

    def seen(things: Mapping[str, list[str]]) -> list[Row]:
        return [{"text": text} for text in things["j"]]

    seen.__annotations__["things"] = pandas.DataFrame
    given = duckdb.sql("""SELECT '{"a":1}'::JSON AS j""")
    assert materialize(seen, inputs={"things": given}).rows() == [{"text": '{"a":1}'}]


def test_what_was_not_made_cannot_be_read() -> None:
    done: Materialized = materialize(copied, inputs={"things": [{"id": 1}]})
    with pytest.raises(UsageError, match="copy was not materialized"):
        done.rows("copy")
    with pytest.raises(UsageError, match="say which asset"):
        materialize([copied, total], inputs={"things": [], "orders": []}).rows()
