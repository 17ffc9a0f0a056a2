"""The contract of event logs, as far as reading goes: snapshots, builds and pages of the log."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import pytest

from freshline.events import Recorded
from freshline.ports import EventLog
from freshline.state import State, fold
from freshline.testing.specimens import (
    DAILY,
    DEV,
    MONDAY,
    ORDERS,
    OTHER_PROJECT,
    attempt_failed,
    build,
    claim,
    logic,
    materialized,
    one_of_each,
    run_started,
)
from freshline.versions import PublishKind

OpenLog = Callable[[], EventLog]


def sequences(recorded: Iterable[Recorded]) -> list[int]:
    """Return the places of events in their log."""
    return [entry.sequence for entry in recorded]


def folded(log: EventLog, project: str = "shop", environment: str = "main") -> State:
    """Return the state that the whole log leads to in one environment, folded here and now."""
    state = fold(log.events(limit=1_000_000))
    here = {
        target: known
        for target, known in state.targets.items()
        if (target.project, target.environment) == (project, environment)
    }
    return State(sequence=state.sequence, targets=here)


class EventLogReading:
    """What every event log owes its readers; `EventLogContract` adds what it owes its writers."""

    @pytest.fixture
    def open_log(self) -> OpenLog:
        """Return how the log under test is opened; subclasses must say."""
        raise NotImplementedError("give a fixture `open_log` that opens your event log")

    @pytest.fixture
    def log(self, open_log: OpenLog) -> EventLog:
        """Return one open log."""
        return open_log()

    # State

    def test_a_snapshot_is_the_fold_of_the_log(self, log: EventLog) -> None:
        """For each environment on its own, as of the last event of all."""
        log.append(one_of_each())
        log.claim([claim("r2", target, "m5") for target in (DAILY, MONDAY, DEV, OTHER_PROJECT)])
        log.append([materialized("r2", MONDAY, "m5")])
        for project, environment in (("shop", "main"), ("shop", "dev"), ("farm", "main")):
            assert log.snapshot(project, environment) == folded(log, project, environment)
        assert log.snapshot("nowhere", "main") == State(sequence=log.events()[-1].sequence)

    def test_an_empty_log_gives_an_empty_snapshot(self, log: EventLog) -> None:
        """Nothing known is a state too."""
        assert log.snapshot("shop", "main") == State()

    def test_builds_come_latest_first(self, log: EventLog) -> None:
        """Only those of the target, as many as asked for."""
        for mat_id in ("m1", "m2", "m3"):
            log.append([materialized("r1", ORDERS, mat_id), materialized("r1", DEV, f"{mat_id}d")])
        assert [b.version.mat_id for b in log.builds(ORDERS)] == ["m3", "m2", "m1"]
        assert [b.version.mat_id for b in log.builds(ORDERS, limit=2)] == ["m3", "m2"]
        assert log.builds(MONDAY) == ()

    def test_a_reverted_build_appears_once(self, log: EventLog) -> None:
        """As its latest publish left it, and in that publish's place."""
        old, new = build(ORDERS, "m1"), build(ORDERS, "m2", number=2)
        version = replace(old.version, number=3, publish_id="p3", kind=PublishKind.REVERT)
        again = replace(old, version=version, stamp="3")
        for each in (old, new, again):
            log.append([replace(materialized("r1", ORDERS, "m1"), build=each)])
        assert log.builds(ORDERS) == (again, new)

    def test_logic_is_found_by_mat_id(self, open_log: OpenLog) -> None:
        """Of any target; unknown ones are left out."""
        open_log().append([materialized("r1", ORDERS, "m1"), materialized("r1", MONDAY, "m2")])
        log = open_log()
        assert log.logic(["m2", "m1", "m9"]) == {"m1": logic("m1"), "m2": logic("m2")}
        assert log.logic([]) == {}

    # Reading the log

    def test_the_log_is_read_page_by_page(self, log: EventLog) -> None:
        """Reading on from the last sequence seen gives every event once."""
        log.append([attempt_failed("r1", ORDERS, f"m{n}") for n in range(10)])
        pages: list[Sequence[Recorded]] = []
        after = 0
        while page := log.events(after=after, limit=4):
            pages.append(page)
            after = page[-1].sequence
        assert [len(page) for page in pages] == [4, 4, 2]
        assert [entry for page in pages for entry in page] == list(log.events())
        assert log.events(limit=0) == ()

    def test_events_are_found_by_asset_and_run(self, log: EventLog) -> None:
        """An asset's are those of all its partitions and environments; both filters may meet."""
        asked = [("r1", ORDERS), ("r2", DAILY), ("r1", MONDAY), ("r2", DEV), ("r1", DAILY)]
        log.append([attempt_failed(run, target, "m") for run, target in asked])
        log.append([run_started("r1")])
        places = sequences(log.events())
        for asset, run, expected in (
            ("marts.daily", None, [1, 2, 4]),
            ("staging.orders", None, [0, 3]),
            (None, "r1", [0, 2, 4, 5]),
            ("marts.daily", "r1", [2, 4]),
            ("marts.weekly", None, []),
            (None, "r3", []),
        ):
            found = log.events(asset=asset, run=run)
            assert sequences(found) == [places[n] for n in expected]
        assert sequences(log.events(asset="marts.daily", after=places[1], limit=1)) == [places[2]]
        assert sequences(log.events(run="r1", after=places[0], limit=2)) == [places[2], places[4]]

    def test_the_latest_events_come_newest_first(self, log: EventLog) -> None:
        """Of all assets or of one."""
        for number, target in enumerate((ORDERS, DAILY, MONDAY, DEV)):
            log.append([attempt_failed("r1", target, f"m{number}")])
        places = sequences(log.events())
        assert sequences(log.latest()) == places[::-1]
        assert sequences(log.latest(limit=2)) == [places[3], places[2]]
        assert sequences(log.latest(asset="staging.orders")) == [places[3], places[0]]
        assert sequences(log.latest(asset="marts.daily", limit=1)) == [places[2]]

    def test_runs_come_newest_first(self, log: EventLog) -> None:
        """Those of the project, in whichever environment."""
        farm = replace(run_started("r3"), project="farm")
        dev = replace(run_started("r4"), environment="dev")
        log.append([run_started("r1"), run_started("r2"), farm, dev])
        assert [entry.event.run for entry in log.runs("shop")] == ["r4", "r2", "r1"]
        assert [entry.event.run for entry in log.runs("shop", limit=1)] == ["r4"]
        assert [entry.event for entry in log.runs("farm")] == [farm]
