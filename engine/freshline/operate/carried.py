"""Runs that were asked for: begun once each, attended to, and written down when they ended.

1. A process is begun first, and waits. Then the catalog is told which process has the run. Then the
   process is told. So a run that was begun is on record, whoever dies in between.
2. A process that dies before it began its run takes nothing with it: the run is queued again, a few
   times at most. One that had begun is lost; whether it is tried again is decided like all else.
3. A daemon that starts takes over the runs of the one before: their processes are still there.
"""

from collections.abc import Mapping

from freshline.events import Outcome, RunFinished, RunStarted
from freshline.failpoints import failpoint
from freshline.operate.queue import Who, to_begin
from freshline.operate.world import BUSY, Ended, World
from freshline.ports import Lease
from freshline.ticks import Request, Requested, RequestState

LOST = "lost"
_OUTCOMES: Mapping[int, str] = {
    0: Outcome.SUCCEEDED.value,
    1: Outcome.FAILED.value,
    2: Outcome.FAILED.value,
    130: Outcome.CANCELLED.value,
}
_MOST_DEATHS = 3
_LATER = 1.0  # seconds before a run is begun again that somebody kept from beginning
_MOST_EVENTS = 1_000_000


class Carried:
    """The requested runs of one environment, in the hands of its leader."""

    def __init__(self, world: World, leader: Lease) -> None:
        self._world, self._leader = world, leader
        self._later: dict[str, float] = {}
        self._deaths: dict[str, int] = {}
        self._turns: dict[Who, float] = {}
        self._known: tuple[Requested, ...] | None = None
        for each in self.requests:
            if each.state is RequestState.LAUNCHED:
                since = each.launched if each.launched is not None else 0.0
                world.processes.adopt(each.request.run, each.pid or 0, since)

    @property
    def requests(self) -> tuple[Requested, ...]:
        """The requests that have not ended."""
        if self._known is None:
            self._known = self._world.automation.requests(*self._world.scope)
        return self._known

    def moved(self) -> None:
        """Take notice that the catalog changed: somebody may have withdrawn a request."""
        self._known = None

    def begin(self, at_once: int) -> int:
        """Begin what may begin now; return how many runs that were."""
        if not any(each.state is RequestState.QUEUED for each in self.requests):
            return 0
        now = self._world.clock.now()
        due = {
            each.request.run
            for each in self.requests
            if self._later.get(each.request.run, 0.0) <= now
        }
        chosen = to_begin(self.requests, at_once, now, due, self._turns)
        return sum(self._begun(request, now) for request in chosen)

    def _begun(self, request: Request, now: float) -> bool:
        processes = self._world.processes
        failpoint("launch.before")
        process = processes.waiting()
        self._known = None
        try:
            is_ours = self._world.automation.launched(self._leader, request.run, now, process.pid)
        except BaseException:
            processes.keep(process)
            raise
        if not is_ours:
            processes.keep(process)
            return False
        self._turns[request.mover, request.name] = now
        failpoint("launch.after")
        processes.go(process, request.run)
        failpoint("launch.told")
        return True

    def settle(self) -> bool:
        """Write down which runs have ended; say whether any did."""
        ended = self._world.processes.ended()
        for each in ended:
            self._settle(each)
        return bool(ended)

    def _settle(self, ended: Ended) -> None:
        world, now, run = self._world, self._world.clock.now(), ended.run
        self._known = None
        if ended.code == BUSY:
            self._again(run, now + _LATER)
            return
        has_begun, outcome = self._recorded(run)
        if outcome is None and ended.code is not None:
            outcome = _OUTCOMES.get(ended.code)
        if outcome is not None:
            failpoint("launch.ended")
            said = "" if outcome == Outcome.SUCCEEDED else ended.said
            world.automation.ended(run, now, outcome, said)
            return
        deaths = self._deaths[run] = self._deaths.get(run, 0) + 1
        if has_begun or deaths >= _MOST_DEATHS:
            world.automation.ended(run, now, LOST, ended.said)
        else:
            self._again(run, now + _LATER * (deaths - 1))

    def _again(self, run: str, at: float) -> None:
        self._later[run] = at
        self._world.automation.requeue(self._leader, run)

    def _recorded(self, run: str) -> tuple[bool, str | None]:
        """Return whether a run began, and how it ended as far as its events tell."""
        events = [r.event for r in self._world.events.events(run=run, limit=_MOST_EVENTS)]
        finished = [event.outcome.value for event in events if isinstance(event, RunFinished)]
        started = any(isinstance(event, RunStarted) for event in events)
        return started, finished[-1] if finished else None
