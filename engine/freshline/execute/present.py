"""The present: what the catalog says of an environment now, and what others did since the look.

Kept up to date by reading what was appended: a run asks before each step, and a snapshot of
everything would cost more than most steps.
"""

import threading
from dataclasses import dataclass, field

from freshline.events import Materialized, RunStarted
from freshline.keys import Target
from freshline.ports import EventLog, Holder
from freshline.state import State, TargetState, fold

_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """One instant: the state, who published since the look, and which runs began since then."""

    state: State
    publishers: dict[Target, str] = field(default_factory=dict[Target, str])
    began: dict[str, int] = field(default_factory=dict[str, int])

    def is_later(self, run: str, than: str) -> bool:
        """Say whether a run has looked at the world after another one did."""
        return self.began.get(run, 0) > self.began.get(than, 0)


class Present:
    """What is so in one environment at the moment of asking. Several threads may ask at a time."""

    def __init__(self, events: EventLog, holder: Holder, seen: State) -> None:
        """Begin with what a look has seen; `holder` is who asks."""
        self._events = events
        self._holder = holder
        self._lock = threading.Lock()
        self._now = Now(state=seen)
        self._seen = seen

    @property
    def holder(self) -> Holder:
        """Who asks."""
        return self._holder

    @property
    def seen(self) -> State:
        """What the look saw with which it began."""
        return self._seen

    def now(self) -> Now:
        """Return what the catalog says now."""
        with self._lock:
            known = self._now
            publishers, began, state = dict(known.publishers), dict(known.began), known.state
            while entries := self._events.events(after=state.sequence, limit=_AT_ONCE):
                for entry in entries:
                    match entry.event:
                        case Materialized(target=target, run=run):
                            publishers[target] = run
                        case RunStarted(run=run):
                            began[run] = entry.sequence
                        case _:
                            pass
                state = fold(entries, state)
            if state is not known.state:
                self._now = Now(state=state, publishers=publishers, began=began)
            return self._now

    def of(self, target: Target) -> TargetState:
        """Return what is known of a target now."""
        return self.now().state.of(target)

    def lives(self, run: str) -> bool:
        """Say whether a run is under way here, ours among them."""
        every = self._events.holders(self._holder.name)
        return run == self._holder.run or any(each.run == run for each in every)
