"""What a run left undone, from what is on record of it."""

from dataclasses import replace

from tests.unit.facts import Tale

from freshline.events import Event, Outcome, Recorded, RunFinished, RunStarted
from freshline.execute.unfinished import last_run, to_build, unfinished
from freshline.keys import Target
from freshline.testing.specimens import attempt_failed, materialized


def started(run: str = "r1", environment: str = "main", *assets: str) -> RunStarted:
    return RunStarted(
        at=1.0,
        run=run,
        project="p",
        environment=environment,
        plan_id="",
        actor="ada",
        command="apply",
        steps=len(assets),
        assets=assets,
    )


def entries(*events: Event) -> list[Recorded]:
    return [Recorded(sequence=i, event=event) for i, event in enumerate(events, 1)]


def at(key: str) -> Target:
    return Target("p", "main", key)


def test_a_run_that_ended_says_itself_what_it_left() -> None:
    end = RunFinished(
        at=9.0, run="r1", outcome=Outcome.FAILED, unfinished={"b": "failed", "c": "skipped"}
    )
    assert unfinished(entries(started("r1", "main", "a", "b", "c"), end)) == {"b", "c"}


def test_of_a_run_that_died_all_is_left_that_is_not_on_record_as_done() -> None:
    events = (
        started("r1", "main", "a", "b", "c"),
        materialized("r1", at("a"), "m1"),
        attempt_failed("r1", at("b"), "m2"),
    )
    assert unfinished(entries(*events)) == {"b", "c"}


def test_a_run_that_ended_well_left_nothing() -> None:
    end = RunFinished(at=9.0, run="r1", outcome=Outcome.SUCCEEDED)
    assert unfinished(entries(started("r1", "main", "a"), end)) == frozenset()


def test_the_last_run_is_that_of_the_environment() -> None:
    newest_first = entries(started("r3", "dev"), started("r2"), started("r1"))
    last = last_run(newest_first, "main")
    assert last is not None and last.run == "r2"
    assert last_run(newest_first, "prod") is None


def test_in_place_of_a_source_its_readers_are_asked_for() -> None:
    graph = Tale({"a": ("raw",), "b": ("a",), "c": ()}).graph()
    assert to_build(frozenset({"raw", "c", "not declared any more"}), graph) == {"a", "c"}


def test_events_of_older_versions_name_no_assets_and_leave_nothing() -> None:
    assert unfinished(entries(replace(started(), steps=3))) == frozenset()
