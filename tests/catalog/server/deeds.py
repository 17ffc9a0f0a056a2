"""An engine for actions: it plans what it is told, has runs recorded, and may be told to fail."""

from collections.abc import Callable, Mapping, Sequence

from tests.catalog.server.conftest import IdleEngine

from freshline.catalog import By, Ended, Rows, Wanted
from freshline.errors import FreshlineError
from freshline.events import Outcome, RunFinished, RunStarted
from freshline.ports import Clock
from freshline_catalog.event_log import SqliteEventLog

PLAN = "7f3a01c2b9d4"


def planned(plan_id: str = PLAN, *keys: str) -> Mapping[str, object]:
    """Return a plan of some steps in its published shape."""
    return {
        "version": 1,
        "plan_id": plan_id,
        "environment": "main",
        "steps": [
            {
                "asset": key,
                "partition": None,
                "action": "rebuild",
                "certain": True,
                "reasons": [
                    {
                        "kind": "code",
                        "detail": "column amount: expression changed",
                        "upstream": None,
                        "columns": ["amount"],
                        "source": {"file": "assets/marts/daily.sql", "line": 3, "column": 8},
                    }
                ],
                "after": [],
                "for": ["marts.top"],
            }
            for key in keys or ("marts.daily",)
        ],
        "fresh": [{"asset": "staging.orders", "partition": None, "proof": "", "trust": "strong"}],
        "blocked": [{"asset": "marts.blocked", "why": "it needs marts.none"}],
        "quarantined": [{"asset": "marts.broken", "code": "E204", "because": None}],
        "pinned": [],
        "paused": [],
        "warnings": ["a source is only guessed at"],
    }


class RecordingEngine(IdleEngine):
    """It records a run as an apply would, at once; `refuses` and `begins` are raised."""

    def __init__(self, log: SqliteEventLog, clock: Clock) -> None:
        super().__init__()
        self.log, self.clock = log, clock
        self.planned = planned()
        self.refuses: FreshlineError | None = None
        self.begins: FreshlineError | None = None
        self.ends: Ended | None = Ended(0, "")
        self.records = True

    def plan(self, wanted: Wanted) -> Mapping[str, object]:
        super().plan(wanted)
        self._may_refuse()
        return self.planned

    def apply(
        self, wanted: Wanted, plan_id: str, by: By, run: str, ended: Callable[[Ended], None]
    ) -> None:
        self.asked.append(("apply", (wanted, plan_id, by, run)))
        if self.begins is not None:
            raise self.begins
        if self.records:
            self.log.append(self._run(by, run))
        if self.ends is not None:
            ended(self.ends)

    def pause(self, keys: Sequence[str], by: By) -> None:
        super().pause(keys, by)
        self._may_refuse()

    def rows(self, key: str, limit: int) -> Rows:
        super().rows(key, limit)
        return Rows((("id", "BIGINT"), ("note", "VARCHAR")), (("1", None), ("2", "x" * 5000)), True)

    def _may_refuse(self) -> None:
        if self.refuses is not None:
            raise self.refuses

    def _run(self, by: By, run: str) -> tuple[RunStarted, RunFinished]:
        at = self.clock.now()
        begun = RunStarted(
            at=at,
            run=run,
            project="shop",
            environment="main",
            plan_id=PLAN,
            actor=by.actor,
            command="freshline apply",
            steps=0,
        )
        return begun, RunFinished(at=at, run=run, outcome=Outcome.SUCCEEDED)
