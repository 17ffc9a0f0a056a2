"""Sensors: what is awaited, what fires them, exactly once, and what does not count and why."""

from dataclasses import replace

import pytest
from tests.unit.scenes import START, Stage, stage

from freshline.definitions import CheckDefinition, CheckKind, CheckSeverity
from freshline.errors import Span
from freshline.events import CheckResult, Outcome, RunFinished, RunStarted
from freshline.lineage.graph import Check
from freshline.operate.arrivals import part
from freshline.operate.scene import FileSeen, Remote, Said, Seen
from freshline.operate.sensors import globs, heard, memory_name, questions, read
from freshline.refresh import (
    AssetArrived,
    CallWebhook,
    Condition,
    Counts,
    EventArrived,
    FilesArrived,
    FunctionSaid,
    Manual,
    Materialize,
    Notify,
    Refresh,
    Result,
    RunEnded,
    SensorDefinition,
    WatermarkMoved,
)
from freshline.ticks import Arrival, Decided, Halt, Mover, TickOutcome
from freshline.versions import Output, Window

MANUAL = Refresh(rule=Manual())
PLACE = Span(file="sensors.yaml", line=1, column=1)


def awaiting(*conditions: Condition, **settings: object) -> Stage:
    """Return a stage with a sensor that makes `out` fresh; a, b and out are built by hand."""
    world = stage({"a": (), "b": (), "out": ("a",)}, a=MANUAL, b=MANUAL, out=MANUAL)
    world.sensors = (
        SensorDefinition(
            name="bell",
            conditions=conditions,
            acts=(Materialize(selection="out"),),
            file=PLACE.file,
            span=PLACE,
        ),
    )
    world.sensors = (replace(world.sensors[0], **settings),)  # type: ignore[arg-type]
    world.build_all().tick()
    world.kept.clear()
    return world


def ticks(world: Stage) -> list[Decided]:
    return [d for d in world.kept if d.tick.mover is Mover.SENSOR]


# ---- assets


def test_a_new_version_fires_once_however_many_there_were() -> None:
    world = awaiting(AssetArrived(key="a"))
    for content in ("one", "two", "three"):
        world.build("a", content)
    assert world.tick() == ("out",)
    assert world.tick() == ()


def test_the_same_content_again_is_no_arrival_unless_versions_are_awaited() -> None:
    content, version = (
        awaiting(AssetArrived(key="a")),
        awaiting(AssetArrived(key="a", changed=False)),
    )
    for world in (content, version):
        world.build("a", "one")
        assert world.tick() == ("out",)
        world.build("a", "one")
    assert content.tick() == ()
    assert version.tick() == ("out",)


def test_by_columns_only_what_these_show_counts() -> None:
    world = awaiting(AssetArrived(key="a", columns=("amount",)))

    def shows(amounts: str) -> None:
        build = world.builds["a"]
        outputs = (build.trace.outputs[0], Output(Window(("amount",)), amounts))
        world.builds["a"] = replace(build, trace=replace(build.trace, outputs=outputs))

    shows("amounts 1")
    world.tick()
    world.build("a", "other rows")
    shows("amounts 1")
    assert world.tick() == ()
    world.build("a", "other rows again")
    shows("amounts 2")
    assert world.tick() == ("out",)


def test_a_version_that_fails_a_blocking_check_is_ignored_and_told() -> None:
    world = awaiting(AssetArrived(key="a"))
    definition = CheckDefinition(
        name="positive", kind=CheckKind.SQL, span=PLACE, severity=CheckSeverity.BLOCK
    )
    world.plots["a"].checks = (Check(definition=definition, digest="c", query="from a"),)
    world.build("a", "bad")
    failed = CheckResult(
        name="positive",
        kind=CheckKind.SQL,
        severity=CheckSeverity.BLOCK,
        check="c",
        contents=("bad",),
        failing=1,
    )
    world.results["a"] = (failed, replace(failed, contents=("good",), failing=0))
    assert world.tick() == ()
    assert ticks(world)[-1].tick.details == (
        "awaited: a new version of a",
        "ignored: a: it fails its check positive",
    )
    assert world.evaluate().decided == ()
    world.build("a", "good")
    assert world.tick() == ("out",)


def test_a_version_has_to_rest_where_that_is_asked_for() -> None:
    world = awaiting(AssetArrived(key="a", settle=60))
    world.build("a", "one")
    assert world.tick() == ()
    assert world.evaluate().again == START + 60
    world.now += 60
    assert world.tick() == ("out",)


CATALOG = "catalog://finance/marts.rates"


def test_an_asset_of_another_catalog_that_nobody_can_reach_is_unknown_and_never_fires() -> None:
    world = awaiting(AssetArrived(key=CATALOG))

    def remote(content: str = "", error: str = "") -> None:
        found = Remote(key=CATALOG, content=content, at=world.now, error=error)
        world.seen = Seen(remotes={CATALOG: found})

    remote("v1")
    assert world.tick() == ()
    remote(error="connection refused")
    assert world.tick() == ()
    assert ticks(world)[-1].tick.outcome is TickOutcome.FAILED
    assert ticks(world)[-1].tick.why == f"{CATALOG}: connection refused"
    assert world.evaluate().decided == ()
    remote("v1")
    assert world.tick() == ()
    remote("v2")
    assert world.tick() == ("out",)


def test_the_first_version_fires_where_it_was_known_that_there_was_none() -> None:
    world = awaiting(AssetArrived(key=CATALOG))
    world.seen = Seen(remotes={CATALOG: Remote(key=CATALOG)})
    assert world.tick() == ()
    world.seen = Seen(remotes={CATALOG: Remote(key=CATALOG, content="v1", at=world.now)})
    assert world.tick() == ("out",)


# ---- several conditions

BOTH = (AssetArrived(key="a"), AssetArrived(key="b"))


def test_any_of_them_fires_each_time() -> None:
    world = awaiting(*BOTH)
    world.build("a", "one")
    assert world.tick() == ("out",)
    world.build("b", "one")
    assert world.tick() == ("out",)


def test_all_of_them_fire_once_and_begin_anew() -> None:
    world = awaiting(*BOTH, counts=Counts.ALL)
    world.build("a", "one")
    assert world.tick() == ()
    world.build("a", "two")
    assert world.tick() == ()
    world.build("b", "one")
    assert world.tick() == ("out",)
    assert ticks(world)[-1].tick.details[1].startswith("consumed: a of ")
    world.build("b", "two")
    assert world.tick() == ()


def test_what_arrived_and_waits_for_the_rest_is_told_once() -> None:
    world = awaiting(AssetArrived(key="a"), AssetArrived(key="b"), counts=Counts.ALL)
    world.build("a", "one")
    assert world.tick() == ()
    (told,) = [each.tick for each in ticks(world)]
    assert told.outcome is TickOutcome.NOTHING
    assert told.why == "1 of 2 arrived; awaited: a new version of b"
    assert [line.partition(":")[0] for line in told.details] == ["awaited", "arrived", "awaited"]
    assert world.tick() == () and len(ticks(world)) == 1
    world.build("b", "one")
    assert world.tick() == ("out",)
    assert world.tick() == () and len(ticks(world)) == 2


def test_so_many_of_them_are_enough() -> None:
    world = awaiting(*BOTH, EventArrived(name="go"), at_least=2)
    world.build("b", "one")
    assert world.tick() == ()
    world.seen = Seen(arrivals=(Arrival(sequence=1, name="go", at=world.now, actor="ci"),))
    assert world.tick() == ("out",)


def test_what_came_too_long_ago_does_not_count() -> None:
    world = awaiting(*BOTH, counts=Counts.ALL, within=60.0)
    world.build("a", "one")
    assert world.tick() == ()
    world.now += 61
    world.build("b", "one")
    assert world.tick() == ()
    assert any("came too long ago" in line for line in ticks(world)[-1].tick.details)
    world.build("a", "two")
    assert world.tick() == ("out",)


# ---- files


def files(world: Stage, *found: tuple[str, str]) -> None:
    seen = tuple(FileSeen(path=path, stamp=stamp, changed=world.now) for path, stamp in found)
    world.seen = Seen(files={"in/*.csv": seen})


def test_each_version_of_a_file_fires_once_and_not_before_it_has_settled() -> None:
    world = awaiting(FilesArrived(path="in/*.csv", settle=10))
    files(world, ("in/1.csv", "s1"))
    assert world.tick() == ()
    assert world.evaluate().again == world.now + 10
    world.now += 10
    assert world.tick() == ("out",)
    assert world.tick() == ()
    files(world, ("in/1.csv", "s2"))
    world.now += 10
    assert world.tick() == ("out",)


def test_a_file_that_goes_and_comes_back_unchanged_fires_nothing() -> None:
    world = awaiting(FilesArrived(path="in/*.csv"))
    files(world, ("in/1.csv", "s1"), ("in/2.csv", "s1"))
    assert world.tick() == ("out",)
    files(world)
    assert world.tick() == ()
    files(world, ("in/1.csv", "s1"))
    assert world.tick() == ()


def test_one_file_still_being_written_does_not_keep_another() -> None:
    world = awaiting(FilesArrived(path="in/*.csv", settle=10))
    files(world, ("in/1.csv", "s1"))
    old = world.seen.files["in/*.csv"]
    world.now += 10
    files(world, ("in/2.csv", "s1"))
    world.seen = Seen(files={"in/*.csv": (*old, *world.seen.files["in/*.csv"])})
    assert world.tick() == ("out",)
    assert world.tick() == ()
    world.now += 10
    assert world.tick() == ("out",)


# ---- runs, events, functions, queries


def ended(run: str, outcome: Outcome, *assets: str) -> Seen:
    started = RunStarted(
        at=START,
        run=run,
        project="p",
        environment="main",
        plan_id="",
        actor="ada",
        command="apply",
        steps=1,
        assets=assets,
    )
    return Seen(happened=(started, RunFinished(at=START, run=run, outcome=outcome)))


@pytest.mark.parametrize(
    ("outcome", "assets", "fires"),
    [
        (Outcome.FAILED, ("a",), True),
        (Outcome.INTERRUPTED, ("a",), True),
        (Outcome.SUCCEEDED, ("a",), False),
        (Outcome.CANCELLED, ("a",), False),
        (Outcome.FAILED, ("b",), False),
    ],
    ids=[
        "a run that failed",
        "a run that was interrupted",
        "not one that succeeded",
        "not one that somebody cancelled",
        "not one of other assets",
    ],
)
def test_a_run_that_failed(outcome: Outcome, assets: tuple[str, ...], fires: bool) -> None:
    world = awaiting(RunEnded(result=Result.FAILED, selection="a"))
    world.seen = ended("r7", outcome, *assets)
    assert world.tick() == (("out",) if fires else ())
    assert world.tick() == ()


def test_an_event_fires_once_though_it_is_told_again() -> None:
    world = awaiting(EventArrived(name="go"))
    one = Arrival(sequence=4, name="go", at=START, actor="ci")
    world.seen = Seen(arrivals=(one, Arrival(sequence=5, name="stop", at=START, actor="ci")))
    assert world.tick() == ("out",)
    assert world.tick() == ()
    world.seen = Seen(arrivals=(one, Arrival(sequence=6, name="go", at=START, actor="ci")))
    assert world.tick() == ("out",)


def test_what_comes_while_a_sensor_is_halted_is_kept_for_later() -> None:
    world = awaiting(EventArrived(name="go"), AssetArrived(key="a"))
    world.halts = (Halt(mover=Mover.SENSOR, name="bell", actor="ada", reason="", at=START),)
    world.seen = Seen(arrivals=(Arrival(sequence=1, name="go", at=START, actor="ci"),))
    assert world.tick() == ()
    assert ticks(world)[-1].tick.outcome is TickOutcome.SKIPPED
    world.seen = Seen()
    assert world.tick() == ()
    world.halts = ()
    assert world.tick() == ("out",)


def test_a_function_fires_when_it_says_so_and_its_cursor_moves() -> None:
    condition = FunctionSaid(function="sensors:new_rows", location="main")
    world = awaiting(condition)

    def says(fires: bool, cursor: str, error: str = "") -> None:
        said = Said(fires=fires, why="40 new rows", cursor=cursor, error=error)
        world.seen = Seen(values={f"bell:{part(condition)}": said})

    says(False, "10")
    assert world.tick() == ()
    says(True, "50")
    assert world.tick() == ("out",)
    assert world.tick() == ()
    says(True, "", error="KeyError: 'rows'")
    assert world.tick() == ()
    assert ticks(world)[-1].tick.outcome is TickOutcome.FAILED
    says(True, "60")
    assert world.tick() == ("out",)


def test_a_function_that_names_no_cursor_keeps_the_one_that_it_has() -> None:
    condition = FunctionSaid(function="sensors:new_rows", location="main")
    world = awaiting(condition)
    kept: list[str | None] = []
    for fires, cursor in ((True, "5"), (True, ""), (False, ""), (True, "5"), (True, "6")):
        said = Said(fires=fires, why="so", cursor=cursor)
        world.seen = Seen(values={f"bell:{part(condition)}": said})
        kept.append("fired" if world.tick() else None)
        memory = read(world.memories[memory_name("bell")])
        kept.append(memory.cursors[part(condition)].shown)
    assert kept == ["fired", "5", "fired", "5", None, "5", None, "5", "fired", "6"]


def test_a_run_that_ended_before_the_sensor_was_first_looked_at_is_not_new() -> None:
    world = awaiting(RunEnded(result=Result.FAILED))
    started, finished = ended("r1", Outcome.FAILED, "a").happened
    before = (replace(started, at=START - 60), replace(finished, at=START - 50))
    world.seen = Seen(happened=before)
    assert world.tick() == ()
    world.seen = Seen(happened=(*before, *ended("r2", Outcome.FAILED, "a").happened))
    assert world.tick() == ("out",)
    assert world.tick() == ()


def test_files_that_nobody_can_look_for_are_a_failure_told_once() -> None:
    world = awaiting(FilesArrived(path="s3://bucket/*.csv"))
    world.seen = Seen(troubles={"s3://bucket/*.csv": "no credentials"})
    assert world.tick() == ()
    assert (ticks(world)[-1].tick.outcome, ticks(world)[-1].tick.why) == (
        TickOutcome.FAILED,
        "no credentials",
    )
    assert world.evaluate().decided == ()


def test_a_version_elsewhere_with_the_same_content_arrives_where_versions_are_awaited() -> None:
    content, version = (
        awaiting(AssetArrived(key=CATALOG)),
        awaiting(AssetArrived(key=CATALOG, changed=False)),
    )
    for world, fires in ((content, ()), (version, ("out",))):
        found = Remote(key=CATALOG, version="1", content="same", at=world.now)
        world.seen = Seen(remotes={CATALOG: found})
        assert world.tick() == ()
        world.seen = Seen(remotes={CATALOG: replace(found, version="2")})
        assert world.tick() == fires


def test_a_query_fires_when_its_answer_is_another() -> None:
    world = awaiting(WatermarkMoved(sql="select max(day) from a"))
    for answer, fires in (("1", ()), ("1", ()), ("2", ("out",)), ("2", ()), ("1", ("out",))):
        world.seen = Seen(values={"bell": Said(fires=False, why="", cursor=answer)})
        assert world.tick() == fires


# ---- acts


def test_what_is_not_a_run_is_handed_out_with_the_decision() -> None:
    world = awaiting(AssetArrived(key="a"))
    hook, note = CallWebhook(url="https://example.org/hook"), Notify(to=("ada",))
    (sensor,) = world.sensors
    world.sensors = (replace(sensor, acts=(hook, Materialize(selection="out"), note)),)
    world.build("a", "one")
    first, second = world.evaluate(), world.evaluate()
    (found,) = world.keep(first.decided)
    assert found.acts == (hook, note)
    assert [request.selection for request in found.requests] == ["out"]
    assert world.keep(second.decided) == ()


def test_an_idle_sensor_decides_nothing() -> None:
    world = awaiting(*BOTH, FilesArrived(path="in/*.csv"), counts=Counts.ALL)
    world.now += 30
    found = world.evaluate()
    assert found.decided == ()
    assert found.again == world.now + 30


def test_a_sensor_of_runs_is_not_set_off_by_its_own() -> None:
    world = awaiting(RunEnded(result=Result.SUCCEEDED))
    world.seen = ended("r7", Outcome.SUCCEEDED, "a")
    assert world.tick() == ("out",)
    own = world.requests[0].request.run
    world.seen = ended(own, Outcome.SUCCEEDED, "out")
    assert world.tick() == ()


def test_an_event_of_before_anybody_awaited_it_does_not_count() -> None:
    world = awaiting(AssetArrived(key="a"))
    world.seen = Seen(arrivals=(Arrival(sequence=4, name="go", at=START, actor="ci"),))
    (sensor,) = world.sensors
    world.sensors = (replace(sensor, conditions=(EventArrived(name="go"),)),)
    assert heard(world.graph(), world.memories) == 0
    assert world.tick() == ()
    assert world.tick() == ()
    assert heard(world.graph(), world.memories) == 4


def test_an_edit_of_how_long_something_has_to_rest_fires_nothing() -> None:
    world = awaiting(AssetArrived(key="a"), FilesArrived(path="in/*.csv"))
    files(world, ("in/1.csv", "s1"))
    assert world.tick() == ("out",)
    (sensor,) = world.sensors
    slower = (AssetArrived(key="a", settle=1), FilesArrived(path="in/*.csv", settle=1))
    world.sensors = (replace(sensor, conditions=slower),)
    world.now += 2
    assert world.tick() == ()


def test_whom_to_ask_and_what_to_look_for() -> None:
    query = WatermarkMoved(sql="select max(day) from a")
    world = awaiting(query, FilesArrived(path="in/*.csv"), every=45.0)
    world.seen = Seen(values={"bell": Said(fires=False, why="", cursor="3")})
    world.tick()
    (question,) = questions(world.graph(), world.memories)
    assert (question.condition, question.cursor, question.every) == (query, "3", 45.0)
    world.seen = Seen(values={question.name: Said(fires=False, why="", cursor="4")})
    assert world.tick() == ("out",)
    assert globs(world.graph()) == ("in/*.csv",)
