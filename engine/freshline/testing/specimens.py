"""Specimens: made-up builds, claims and events for tests, each telling in what it differs."""

from freshline.calls import Datum
from freshline.claims import Claim
from freshline.definitions import CheckKind, CheckSeverity, Column
from freshline.events import (
    AssetDefined,
    AttemptFailed,
    CheckAccepted,
    Checked,
    CheckResult,
    Damaged,
    Dropped,
    Event,
    Materialized,
    Outcome,
    Paused,
    Pinned,
    Removed,
    Renamed,
    Resumed,
    RunCancelRequested,
    RunFinished,
    RunRequested,
    RunStarted,
    RunWithdrawn,
    SourceObserved,
    Unpinned,
    Verified,
)
from freshline.keys import Target
from freshline.ports import Holder
from freshline.versions import (
    WHOLE,
    Build,
    DataFile,
    Logic,
    Output,
    PublishKind,
    Read,
    Trace,
    Version,
    Window,
)

ORDERS = Target("shop", "main", "staging.orders")
DAILY = Target("shop", "main", "marts.daily")
MONDAY = Target("shop", "main", "marts.daily", "2024-01-01")
DEV = Target("shop", "dev", "staging.orders")
OTHER_PROJECT = Target("farm", "main", "staging.orders")
SPEC = {"owner": "ada", "tags": ["nightly"], "columns": [{"name": "id", "type": "BIGINT"}]}
TOLD = {"mean": Datum("float", 4.5), "notes": Datum("markdown", "*as* before")}
_COLUMNS = (Column("id", "BIGINT"), Column("amount", "DECIMAL(10,2)"))


def build(target: Target, mat_id: str, *, number: int = 1, fence: int = 1) -> Build:
    """Return a build of a target with one file, one input and two windows."""
    version = Version(
        target=target,
        number=number,
        publish_id=mat_id,
        mat_id=mat_id,
        fence=fence,
        kind=PublishKind.BUILD,
        at=1_700_000_000.25,
        rows=3,
        columns=_COLUMNS,
        files=(DataFile(f"data/{target.asset}/{mat_id}.parquet", 1234, f"sha256 of {mat_id}"),),
    )
    amounts = Window(("amount",))
    trace = Trace(
        code_version=f"code of {mat_id}",
        canonicaliser="1",
        config="",
        inputs=(Read("raw.orders", "v1", "v1", amounts),),
        outputs=(Output(WHOLE, f"rows of {mat_id}"), Output(amounts, f"amounts of {mat_id}")),
        engine="duckdb 1.5.5",
    )
    return Build(version=version, trace=trace, stamp=str(number))


def logic(mat_id: str) -> Logic:
    """Return the logic that a build came from."""
    text = f"select id, amount from raw.orders -- {mat_id}"
    return Logic(text=text, schemas=(("raw.orders", _COLUMNS),))


def materialized(run: str, target: Target, mat_id: str, *, fence: int = 1) -> Materialized:
    """Return the event that a build was published, of which its code told something."""
    made = build(target, mat_id, fence=fence)
    return Materialized(
        at=3.0, run=run, target=target, build=made, logic=logic(mat_id), metadata=TOLD
    )


def claim(run: str, target: Target, publish_id: str, *, base: int = 0) -> Claim:
    """Return the wish of a run to work on a target."""
    return Claim(at=2.0, run=run, target=target, publish_id=publish_id, base=base)


def attempt_failed(
    run: str, target: Target, publish_id: str, *, message: str = "division by zero"
) -> AttemptFailed:
    """Return the event that an attempt ended without publishing."""
    return AttemptFailed(
        at=2.5,
        run=run,
        target=target,
        publish_id=publish_id,
        code="F300",
        message=message,
        trace=f"ZeroDivisionError: {message}\n  assets/staging/orders.py:4 in orders",
    )


def source_observed(run: str, target: Target, version: str = "v1") -> SourceObserved:
    """Return the event that a version of a source was seen."""
    signature = {"data/orders.csv": [120, 1_700_000_000_000_000_000]}
    return SourceObserved(at=1.5, run=run, target=target, version=version, signature=signature)


def run_requested(run: str) -> RunRequested:
    """Return the event that a schedule asked for a run in `main` of project `shop`."""
    return RunRequested(
        at=5.0,
        run=run,
        project="shop",
        environment="main",
        mover="schedule",
        name="morning",
        why="06:00 in Europe/Berlin",
        selection="marts.daily",
    )


def run_started(run: str) -> RunStarted:
    """Return the event that somebody began a run of project `shop` in `main`."""
    return RunStarted(
        at=0.5,
        run=run,
        project="shop",
        environment="main",
        plan_id="7f3a01c2b9d4",
        actor="ada",
        command="freshline apply",
        steps=2,
    )


def checked(run: str, target: Target, content: str) -> Checked:
    """Return the answers of a check that passed and of one that did not."""
    passed = CheckResult(
        name="rows",
        kind=CheckKind.ROWS,
        severity=CheckSeverity.WARN,
        check="c0",
        contents=(content,),
    )
    failed = CheckResult(
        name="unique_id",
        kind=CheckKind.UNIQUE,
        severity=CheckSeverity.BLOCK,
        check="c1",
        contents=(content, "v2"),
        failing=2,
        columns=("id", "note"),
        rows=(("7", None), ("7", "twice \u2013 or more")),
    )
    return Checked(
        at=2.4,
        run=run,
        target=target,
        version="m1",
        data_version=content,
        results=(passed, failed),
    )


def cared_for(run: str, target: Target, mat_id: str) -> tuple[Event, ...]:
    """Return what people and commands do about an asset beside building it, one of each kind."""
    return (
        Damaged(at=3.1, run=run, target=target, publish_id=mat_id, detail="its SHA-256 differs"),
        Pinned(
            at=3.2, run=run, target=target, mat_id=mat_id, actor="ada", reason="known", until=9.5
        ),
        Unpinned(at=3.3, run=run, target=target, actor="ada"),
        Paused(at=3.4, run=run, target=target, actor="ada", reason="month end"),
        Resumed(at=3.5, run=run, target=target, actor="ada", reason="done"),
        removed(run, target, mat_id),
        Dropped(at=3.7, run=run, target=target),
        Renamed(at=3.8, run=run, target=target, was=("staging.old", "old")),
    )


def removed(run: str, target: Target, publish_id: str) -> Removed:
    """Return the event that a version was removed."""
    return Removed(
        at=3.6,
        run=run,
        target=target,
        storage="lake",
        numbers=(1,),
        publish_ids=(publish_id,),
        bytes=1234,
        actor="ada",
    )


def one_of_each() -> tuple[Event, ...]:
    """Return an event of every kind that may be appended, in an order that could have happened."""
    return (
        run_started("r1"),
        AssetDefined(at=1.0, run="r1", target=ORDERS, digest="d1", spec=SPEC),
        source_observed("r1", Target("shop", "main", "raw.orders")),
        attempt_failed("r1", ORDERS, "m0"),
        materialized("r1", ORDERS, "m1"),
        Verified(
            at=3.0, run="r1", target=ORDERS, mat_id="m1", inputs=(Read("raw.orders", "v2", "v2"),)
        ),
        checked("r1", ORDERS, "d1"),
        CheckAccepted(
            at=2.5,
            run="r1",
            target=ORDERS,
            name="unique_id",
            check="c1",
            contents=("d1", "v2"),
            actor="ada",
            reason="known",
        ),
        *cared_for("r1", ORDERS, "m1"),
        RunCancelRequested(at=4.0, run="r1", actor="ben", reason="wrong data"),
        RunFinished(
            at=4.5,
            run="r1",
            outcome=Outcome.FAILED,
            counts={"failed": 1, "done": 2},
            unfinished={"staging.orders": "failed"},
        ),
        run_requested("r2"),
        RunWithdrawn(at=5.1, run="r2", project="shop", environment="main", actor="ben"),
    )


def holder(purpose: str = "apply") -> Holder:
    """Return somebody who wants the lease `shop/main`."""
    return Holder(
        name="shop/main",
        actor="ada",
        host="host1",
        pid=4711,
        since=1_700_000_000.0,
        purpose=purpose,
    )
