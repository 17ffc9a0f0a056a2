"""Assets that code makes, planned and applied: what they get, when they run, what is made of it."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.coding import Coding, code_asset, reads

from freshline.calls import CheckTold, Datum
from freshline.code import Code, CodeCheck
from freshline.definitions import AssetDefinition, CheckSeverity, ColumnDefinition
from freshline.errors import CodeError, Span
from freshline.events import AttemptFailed, Checked, Materialized
from freshline.testing.memory_log import MemoryEventLog

SOURCES = "sources:\n  raw.o:\n    path: o.csv\n"
ORDERS = "id,amount,note\n1,10,a\n2,20,b\n3,30,c\n"


@pytest.fixture
def project(tmp_path: Path) -> Coding:
    """Return a project of a source, an asset in SQL, one in code that reads it, and a reader."""
    made = Coding(tmp_path)
    made.write(
        {
            "sources/raw.yaml": SOURCES,
            "o.csv": ORDERS,
            "assets/stg/orders.sql": "SELECT id, amount, note FROM raw.o",
            "assets/rpt/total.sql": "SELECT sum(double) AS total FROM ml.twice",
        }
    )
    made.declare(
        code_asset("ml.twice", reads("stg.orders", "id", "amount")),
        lambda given: {"": f"SELECT id, amount * 2 AS double FROM {given['orders']}"},
    )
    return made


def edited(project: Coding, key: str, **said: object) -> AssetDefinition:
    """Return the definition of a project's code asset with something else said of its code."""
    definition = project.code[key]
    assert isinstance(definition.code, Code)
    return replace(definition, code=replace(definition.code, **said))  # type: ignore[arg-type]


def test_sql_that_reads_code_waits_for_its_columns_and_is_built_in_the_same_apply(
    project: Coding,
) -> None:
    assert [(a, q.code) for a, q in project.graph().quarantined.items()] == [("rpt.total", "W512")]
    applied = project.apply()
    assert project.status(applied) == dict.fromkeys(
        ("stg.orders", "ml.twice", "rpt.total"), "built"
    )
    assert project.rows("rpt.total") == [(120,)]
    assert not project.plan().steps
    assert not project.graph().failed


def test_code_gets_the_columns_that_it_declares_and_no_others(project: Coding) -> None:
    project.apply()
    (call,) = project.workers.calls
    assert [(c.name, c.type) for c in call.given[0].columns] == [
        ("id", "BIGINT"),
        ("amount", "BIGINT"),
    ]
    assert not Path(call.scratch).exists()


def test_a_change_outside_of_its_columns_does_not_run_it(project: Coding) -> None:
    project.apply()
    project.write({"o.csv": ORDERS.replace("c", "d")})
    assert project.status(project.apply())["ml.twice"] == "verified"
    assert len(project.workers.calls) == 1


def test_rows_in_another_order_run_it(project: Coding) -> None:
    project.apply()
    head, *rows = ORDERS.splitlines()
    project.write({"o.csv": "\n".join([head, *reversed(rows)]) + "\n"})
    assert project.status(project.apply()) == {
        "stg.orders": "built",
        "ml.twice": "built",
        "rpt.total": "verified",
    }


def test_another_version_of_its_code_runs_it_and_the_former_one_is_pointed_to_again(
    project: Coding,
) -> None:
    project.apply()
    project.declare(edited(project, "ml.twice", version="2", text="two"))
    (step, *_) = project.plan().steps
    assert [reason.detail for reason in step.reasons] == [
        "one is no longer reached, two is reached now"
    ]
    assert project.status(project.apply())["ml.twice"] == "built"
    project.declare(edited(project, "ml.twice", version="1", text="one"))
    assert project.status(project.apply()) == {"ml.twice": "republished", "rpt.total": "verified"}
    assert len(project.workers.calls) == 2


def test_columns_that_became_others_reach_their_readers_in_the_next_round(project: Coding) -> None:
    project.apply()
    project.declare(
        edited(project, "ml.twice", version="2"),
        lambda given: {"": f"SELECT id, amount / 4 AS double, 1 AS more FROM {given['orders']}"},
    )
    assert project.status(project.apply()) == {"ml.twice": "built", "rpt.total": "built"}
    assert project.rows("rpt.total") == [(15.0,)]
    assert not project.plan().steps


def test_a_column_that_is_gone_is_told_where_it_is_read(project: Coding) -> None:
    project.apply()
    project.declare(
        edited(project, "ml.twice", version="2"),
        lambda given: {"": f"SELECT id AS other FROM {given['orders']}"},
    )
    project.apply()
    assert [d.code for d in project.graph().diagnostics] == ["E204"]
    assert project.rows("rpt.total") == [(120,)]  # the old one stands


def test_code_that_is_not_pure_runs_every_time(project: Coding) -> None:
    project.declare(edited(project, "ml.twice", pure=False))
    project.apply()
    (step, *_) = project.plan().steps
    assert [r.detail for r in step.reasons] == ["it runs every time: its code is not pure"]
    assert project.status(project.apply())["ml.twice"] == "built"


def test_declared_types_are_cast_to(project: Coding) -> None:
    definition = edited(project, "ml.twice", version="2")
    columns = (ColumnDefinition(name="id"), ColumnDefinition(name="double", type="decimal(9,2)"))
    project.declare(replace(definition, columns=columns))
    project.apply()
    build = project.running.known("ml.twice").build
    assert build is not None
    assert [c.type for c in build.version.columns] == ["BIGINT", "DECIMAL(9,2)"]


def test_a_declared_column_that_does_not_come_out_fails_it(project: Coding) -> None:
    definition = project.code["ml.twice"]
    project.declare(replace(definition, columns=(ColumnDefinition(name="duoble"),)))
    applied = project.apply()
    assert applied.report is not None
    error = applied.report.errors["ml.twice"]
    assert isinstance(error, CodeError)
    assert 'declared column "duoble" does not come out' in error.message
    assert 'did you mean "double"?' in error.help


def test_one_call_makes_all_outputs_and_leaves_what_it_did_not_make(project: Coding) -> None:
    outputs = (("small", "ml.small"), ("large", "ml.large"))

    def split(given: object) -> dict[str, str]:
        return {"small": "SELECT 1 AS x", **({"large": "SELECT 2 AS x"} if makes_large else {})}

    makes_large = True
    for name, key in outputs:
        project.declare(
            code_asset(
                key,
                reads("stg.orders", "id"),
                function="split",
                output=name,
                outputs=outputs,
                optional=name == "large",
            ),
            split,
        )
    project.apply()
    assert [call.function for call in project.workers.calls].count("split") == 1
    assert (project.rows("ml.small"), project.rows("ml.large")) == ([(1,)], [(2,)])
    makes_large = False
    project.write({"o.csv": ORDERS + "4,40,d\n"})
    status = project.status(project.apply())
    assert (status["ml.small"], status["ml.large"]) == ("built", "verified")
    assert project.rows("ml.large") == [(2,)]
    assert not project.plan().steps


def test_an_optional_input_that_is_not_there_is_handed_over_as_missing(project: Coding) -> None:
    def fails(given: object) -> dict[str, str]:
        raise CodeError("no", trace="line 1")

    project.declare(code_asset("ml.maybe"), fails)
    project.declare(
        code_asset("ml.all", reads("ml.maybe", optional=True), reads("stg.orders", "id")),
        lambda given: {"": "SELECT 1 AS x"},
    )
    applied = project.apply()
    assert project.status(applied)["ml.maybe"] == "failed"
    failed = [e for e in _events(project) if isinstance(e, AttemptFailed)]
    assert [(e.target.asset, e.trace) for e in failed] == [("ml.maybe", "line 1")]


def test_what_code_tells_of_a_version_is_on_record_and_what_it_says_is_in_the_log(
    project: Coding,
) -> None:
    project.workers.metadata["score"] = Datum("float", 0.5)
    project.apply()
    told = {e.target.asset: e.metadata for e in _events(project) if isinstance(e, Materialized)}
    assert told["ml.twice"] == {"score": Datum("float", 0.5)}
    (log, *_) = sorted((project.root / "logs").iterdir())
    assert '"message":"making ml.twice"' in log.read_text()


@pytest.mark.parametrize(
    ("name", "message", "fix"),
    [
        ("ordrs", 'unknown upstream "ordrs"', 'did you mean "stg.orders"?'),
        ("o", "", ""),
        ("total", "", ""),
    ],
    ids=["a name that is misspelt", "a source by its last segment", "what waits for columns"],
)
def test_a_parameter_stands_for_the_asset_of_its_name(
    project: Coding, name: str, message: str, fix: str
) -> None:
    project.declare(code_asset("ml.other", reads(name)))
    found = [d for d in project.graph().diagnostics if d.asset == "ml.other"]
    assert [(d.message, d.fix) for d in found] == ([(message, fix)] if message else [])


def test_a_parameter_that_may_be_several_assets_is_refused_with_all_of_them(
    project: Coding,
) -> None:
    project.write({"assets/other/orders.sql": "SELECT 1 AS id"})
    project.declare(code_asset("ml.other", reads("orders")))
    (found,) = (d for d in project.graph().diagnostics if d.asset == "ml.other")
    assert found.message == '"orders" may be other.orders or stg.orders'
    assert found.fix == "say which: inputs={'orders': 'other.orders'}"


def test_an_asset_beside_it_is_meant_before_others(project: Coding) -> None:
    project.write({"assets/ml/orders.sql": "SELECT 1 AS id"})
    project.declare(code_asset("ml.other", reads("orders")))
    assert project.graph().assets["ml.other"].upstreams == ("ml.orders",)


def test_an_unknown_column_of_a_parameter_is_refused(project: Coding) -> None:
    project.declare(code_asset("ml.other", reads("stg.orders", "amuont")))
    (found,) = (d for d in project.graph().diagnostics if d.asset == "ml.other")
    assert (found.code, found.message) == ("E204", 'unknown column "amuont" in stg.orders')
    assert found.fix.startswith('did you mean "amount"?')


def test_code_reads_through_a_view_and_runs_with_its_edits(project: Coding) -> None:
    project.write({"assets/stg/v.sql": "/*---\nkind: view\n---*/\nSELECT id FROM stg.orders"})
    project.declare(code_asset("ml.seen", reads("stg.v")), lambda given: {"": f"FROM {given['v']}"})
    project.apply()
    assert project.rows("ml.seen") == [(1,), (2,), (3,)]
    project.write(
        {"assets/stg/v.sql": "/*---\nkind: view\n---*/\nSELECT id FROM stg.orders WHERE id > 1"}
    )
    assert project.status(project.apply())["ml.seen"] == "built"
    assert project.rows("ml.seen") == [(2,), (3,)]


def test_a_function_checks_what_would_be_published_and_is_asked_once(project: Coding) -> None:
    place = Span(file="assets/code.py", line=9, column=1)
    code = Code(function="few", inputs=(reads("ml.twice"), reads("stg.orders", "id")), version="1")
    project.checks = (CodeCheck(of="ml.twice", name="few", span=place, code=code),)
    project.declare(edited(project, "ml.twice", checks=("few",)))
    project.workers.checks["few"] = CheckTold(name="few", passed=False, description="too many")
    applied = project.apply()
    assert project.status(applied)["ml.twice"] == "failed"
    assert applied.report is not None
    assert "check few does not hold: too many" in applied.report.errors["ml.twice"].message
    assert project.running.known("ml.twice").build is None
    project.workers.checks["few"] = CheckTold(name="few", passed=True)
    code = replace(code, version="2")
    project.checks = (CodeCheck(of="ml.twice", name="few", span=place, code=code),)
    assert project.status(project.apply())["ml.twice"] == "built"
    calls = len(project.workers.calls)
    assert not project.plan().steps
    project.apply()
    assert len(project.workers.calls) == calls


@pytest.mark.parametrize("severity", list(CheckSeverity))
def test_a_check_that_code_makes_by_itself_is_on_record_and_may_block(
    project: Coding, severity: CheckSeverity
) -> None:
    project.workers.told = (CheckTold(name="enough", passed=False, severity=severity),)
    status = project.status(project.apply())
    blocks = severity is CheckSeverity.BLOCK
    assert status["ml.twice"] == ("failed" if blocks else "built")
    found = [r.name for e in _events(project) if isinstance(e, Checked) for r in e.results]
    assert found == ["enough"]


def _events(project: Coding) -> list[object]:
    log = MemoryEventLog(project.running.ledger)
    try:
        return [entry.event for entry in log.events(limit=10_000)]
    finally:
        log.close()
