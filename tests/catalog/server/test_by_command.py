"""The engine by commands: what pages want done is done, by whom and why; errors come back whole."""

import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.catalog.server.served import eventually
from tests.catalog.server.world import opened

from freshline import codec
from freshline.catalog import By, Ended, Wanted
from freshline.cli.by_command import CommandEngine
from freshline.errors import DefinitionError, FreshlineError, TimedOutError, UsageError
from freshline.events import CheckAccepted, Paused, Pinned, Resumed, RunStarted, Unpinned
from freshline.keys import Target

BEN = By(actor="ben", reason="somebody asked")
RUN = "01939c00-0000-7000-8000-000000000001"


@dataclass(frozen=True)
class Step:
    asset: str


@dataclass(frozen=True)
class Planned:
    steps: tuple[Step, ...]


@pytest.fixture
def engine(world: Path) -> CommandEngine:
    return CommandEngine(world, "main")


def applied(engine: CommandEngine, wanted: Wanted, run: str = RUN, plan_id: str = "") -> Ended:
    """Return how a run ended that was begun and waited for."""
    said: list[Ended] = []
    over = threading.Event()

    def ended(how: Ended) -> None:
        said.append(how)
        over.set()

    plan_id = plan_id or str(engine.plan(wanted)["plan_id"])
    engine.apply(wanted, plan_id, BEN, run, ended)
    assert over.wait(60)
    return said[0]


@pytest.mark.parametrize(
    ("wanted", "assets"),
    [
        (Wanted(selection="finance.budget"), {"finance.budget"}),
        (Wanted(selection="marts.top"), {"marts.revenue", "marts.top"}),
        (Wanted(selection="finance.forecast staging.orders", only=True), {"finance.forecast"}),
        (Wanted(selection="marts.people", force=True), {"marts.people"}),
        (Wanted(selection="tag:kpi and not marts.revenue"), set[str]()),
    ],
    ids=[
        "an asset",
        "an asset with what it needs",
        "assets without what they need",
        "a fresh asset by force",
        "a selection of several words",
    ],
)
def test_a_plan_is_of_what_is_wanted(made_world: Path, wanted: Wanted, assets: set[str]) -> None:
    plan = codec.encode(CommandEngine(made_world, "main").plan(wanted))
    assert {step.asset for step in codec.decode(plan, Planned).steps} == assets


def test_what_was_planned_is_applied_under_the_id_and_name_that_were_given(
    engine: CommandEngine, world: Path
) -> None:
    assert applied(engine, Wanted(selection="finance.budget")) == Ended(0, "")
    with opened(world) as log:
        first = log.events(run=RUN, limit=1)[0].event
        assert isinstance(first, RunStarted) and first.actor == "ben"
        target = Target("shop", "main", "finance.budget")
        assert log.snapshot("shop", "main").of(target).build is not None
    again = applied(engine, Wanted(selection="finance.forecast"))
    assert again.code == 2 and f"there is a run {RUN} already" in again.said


def test_another_plan_than_the_one_that_was_looked_at_is_not_applied(
    engine: CommandEngine, world: Path
) -> None:
    ended = applied(engine, Wanted(selection="finance.budget"), plan_id="0123456789ab")
    assert ended.code == 2
    assert "the world has changed" in ended.said
    with opened(world) as log:
        assert not log.events(run=RUN)


def test_a_run_that_fails_says_what_it_said(engine: CommandEngine) -> None:
    ended = applied(engine, Wanted(selection="marts.ratio"))
    assert ended.code == 1


def test_what_people_want_of_an_asset_is_on_record_with_who_and_why(
    engine: CommandEngine, world: Path
) -> None:
    engine.pause(["marts.daily", "marts.people"], BEN)
    engine.resume(["marts.daily"], BEN)
    engine.unpin("finance.ledger", BEN)
    engine.rollback("marts.people", 1, "7d", BEN)
    engine.accept("marts.revenue", "no_city_earns_too_much", BEN)
    with opened(world) as log:
        events = [recorded.event for recorded in log.latest(limit=30)]
    found = [
        (type(event), event.target.asset, event.actor, event.reason)
        for event in events
        if isinstance(event, Paused | Resumed | Unpinned | Pinned | CheckAccepted)
        and event.actor == "ben"
    ]
    assert sorted(found, key=str) == sorted(
        [
            (Paused, "marts.daily", "ben", BEN.reason),
            (Paused, "marts.people", "ben", BEN.reason),
            (Resumed, "marts.daily", "ben", BEN.reason),
            (Unpinned, "finance.ledger", "ben", BEN.reason),
            (Pinned, "marts.people", "ben", BEN.reason),
            (CheckAccepted, "marts.revenue", "ben", BEN.reason),
        ],
        key=str,
    )


def test_what_was_accepted_is_published_by_the_next_run(engine: CommandEngine, world: Path) -> None:
    engine.accept("marts.revenue", "no_city_earns_too_much", BEN)
    assert applied(engine, Wanted(selection="marts.revenue")).code == 0


def test_rows_come_as_text_with_their_types(made_world: Path) -> None:
    engine = CommandEngine(made_world, "main")
    rows = engine.rows("staging.customers", 2)
    assert rows.columns == (("customer_id", "BIGINT"), ("name", "VARCHAR"), ("city", "VARCHAR"))
    assert len(rows.rows) == 2 and rows.more
    daily = engine.rows("marts.daily", 100)
    assert not daily.more
    assert any(value is None for row in daily.rows for value in row)


Ask = Callable[[CommandEngine], object]
REFUSED: list[tuple[Ask, type[FreshlineError], str, str]] = [
    (
        lambda engine: engine.plan(Wanted(selection="marts.dailly")),
        UsageError,
        'nothing is called "marts.dailly"',
        "marts.daily",
    ),
    (
        lambda engine: engine.plan(Wanted(selection="--version")),
        UsageError,
        "--version",
        "",
    ),
    (lambda engine: engine.rows("marts.ratio", 3), UsageError, "marts.ratio has no rows", ""),
    (
        lambda engine: engine.pause(["marts.daily"], By(actor="ben")),
        UsageError,
        "a pause needs a reason",
        "--reason",
    ),
    (
        lambda engine: engine.accept("marts.daily", "unique_day", BEN),
        UsageError,
        "none of these checks fails",
        "",
    ),
    (
        lambda engine: engine.cancel("01939c00-0000-7000-8000-00000000beef", BEN),
        UsageError,
        "no run",
        "",
    ),
    (
        lambda engine: engine.rollback("marts.daily", 77, None, BEN),
        UsageError,
        "77",
        "",
    ),
]


@pytest.mark.parametrize(
    ("ask", "kind", "words", "help"),
    REFUSED,
    ids=[
        "an asset that is not there",
        "a selection that looks like an option",
        "rows that are not there",
        "a pause without a reason",
        "a check that passes",
        "a run that is not there",
        "a version that is not there",
    ],
)
def test_errors_come_back_as_they_were(
    made_world: Path,
    ask: Ask,
    kind: type[FreshlineError],
    words: str,
    help: str,
) -> None:
    with pytest.raises(kind) as refused:
        ask(CommandEngine(made_world, "main"))
    assert words in refused.value.message
    assert help in refused.value.help


def test_a_project_that_cannot_be_read_comes_back_with_its_findings(
    engine: CommandEngine, world: Path
) -> None:
    (world / "freshline.yaml").write_text("project: [")
    with pytest.raises(DefinitionError) as refused:
        engine.survey()
    assert refused.value.diagnostics[0].span is not None
    assert refused.value.diagnostics[0].span.file == "freshline.yaml"


def test_a_stamp_changes_with_the_files_and_is_that_of_the_survey(
    engine: CommandEngine, world: Path
) -> None:
    first = engine.survey()
    assert engine.stamp() == first.stamp
    (world / "data/refunds.csv").write_text("order_id,amount\n2,6\n")
    second = engine.stamp()
    assert second != first.stamp
    assert engine.survey().stamp == second
    (world / "assets/marts/new.sql").write_text("SELECT 1 AS one\n")
    assert engine.stamp() != second


def test_a_run_goes_on_when_whoever_began_it_is_gone(engine: CommandEngine, world: Path) -> None:
    plan_id = str(engine.plan(Wanted(selection="finance.budget"))["plan_id"])
    engine.apply(Wanted(selection="finance.budget"), plan_id, BEN, RUN, lambda _: None)
    engine.close()
    target = Target("shop", "main", "finance.budget")
    with opened(world) as log, closing(log):
        eventually(
            lambda: log.snapshot("shop", "main").of(target).build, lambda build: build is not None
        )


def test_what_is_asked_of_a_closed_engine_is_ended(made_world: Path) -> None:
    engine = CommandEngine(made_world, "main")
    engine.close()
    with pytest.raises(TimedOutError):
        engine.plan(Wanted())
