"""Sensing: looks up what sensors wait for, and keeps the daemon waiting for nothing of it.

1. Folders are looked at on the spot. All else is asked in threads: whatever is slow, hangs or
   fails holds up neither the daemon nor another sensor. An answer counts at the next look, and
   `stirs` says that there is one.
2. Functions run in worker processes of their locations, queries and measuring in a process of
   their own: neither people's code nor the engine ever comes into this one.
3. A warm worker stays between two looks, and goes when nobody has called it for a minute.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

from freshline.calls import Line
from freshline.cli.senses.elsewhere import Elsewhere
from freshline.cli.senses.functions import Functions
from freshline.cli.senses.inboxes import Inboxes
from freshline.cli.senses.inquiring import Inquiries
from freshline.cli.stamps import stamp
from freshline.codec import digest
from freshline.errors import CodeError, FreshlineError
from freshline.events import Event, RunFinished, RunStarted
from freshline.lineage.graph import Graph
from freshline.operate.arrivals import part
from freshline.operate.looking import (
    Answer,
    Known,
    Listed,
    Question,
    awaits_events,
    awaits_runs,
    local_globs,
    questions,
)
from freshline.operate.scene import Remote, Said, Seen
from freshline.operate.sensors import heard, memory_name, read
from freshline.ports import EventLog
from freshline.refresh import AssetArrived, FilesArrived, FunctionSaid, WatermarkMoved
from freshline.secrets import redacted
from freshline.ticks import Arrival, Automation, Mover, TickOutcome

_AT_ONCE = 4
_RUNS = 50  # whose ends are told again: who knows of them already ignores them
_RUNS_BEFORE, _EVENTS = 20, 10_000  # how much of what happened before is read at first


class Senses:
    """What sensors of the project below `root` see in an environment; `close` it at the end.

    `named` is the environment as commands are told it: None for the first. What functions log goes
    to `tell`; `rouse` is called when an answer is there that is another than before.
    """

    def __init__(
        self,
        root: Path,
        scope: tuple[str, str],
        kept: tuple[EventLog, Automation],
        named: str | None = None,
        tell: Callable[[Line], None] = lambda line: None,
        rouse: Callable[[], None] = lambda: None,
    ) -> None:
        self._root, self._scope = root, scope
        self._log, self._automation = kept
        self._known = Known()
        self._inboxes = Inboxes(root)
        self._inquiries = Inquiries(root, named)
        self._elsewhere = Elsewhere(root, self._inquiries)
        self._functions = Functions(root, scope[1], tell=tell)
        self._tell, self._rouse = tell, rouse
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="freshline sensing")
        self._lock = threading.Lock()
        self._has_news = False
        self._graph: Graph | None = None
        self._wanted: tuple[Question, ...] = ()
        self._sequence: int | None = None
        self._ends: deque[tuple[Event, ...]] = deque(maxlen=_RUNS)

    def seen(
        self,
        graph: Graph,
        memories: Mapping[str, str],
        now: float,
        patience: float = 0.0,
    ) -> Seen:
        """Return what is known now, and have asked what is due; wait for answers so many seconds.

        Nothing is looked up where there is no sensor.
        """
        self._functions.rest()
        if not graph.sensors:
            return Seen()
        if graph is not self._graph:
            self._graph, self._wanted = graph, questions(graph)
        with self._lock:
            self._known.keep_only(self._wanted)
            due = self._known.due(graph, self._wanted, now, lambda: self._basis(graph))
        begun = self._begin(graph, due, memories, now)
        if patience > 0:
            wait(begun, timeout=patience)
        local = Seen(
            files=self._inboxes.files(local_globs(graph)),
            happened=self._happened(graph),
            arrivals=self._arrivals(graph, memories),
        )
        with self._lock:
            self._has_news = False
            return self._known.tell(self._wanted, local)

    def stirs(self) -> bool:
        """Say whether an answer came since the last look that is another than before."""
        return self._has_news

    def close(self) -> None:
        """End every process that was begun for a sensor, and wait for nobody."""
        self._functions.close()
        self._inquiries.close()
        self._threads.shutdown(wait=True, cancel_futures=True)

    # Asking

    def _begin(
        self, graph: Graph, due: Sequence[Question], memories: Mapping[str, str], now: float
    ) -> list["Future[None]"]:
        queries = [each for each in due if isinstance(each.condition, WatermarkMoved)]
        begun: list[Future[None]] = []
        if queries:
            begun.append(self._threads.submit(self._query, queries))
        for each in due:
            if isinstance(each.condition, FunctionSaid):
                about = self._about(each, each.condition, memories)
                begun.append(self._threads.submit(self._call, graph, each, about))
            elif not isinstance(each.condition, WatermarkMoved):
                begun.append(self._threads.submit(self._look, graph, each, now))
        return begun

    def _query(self, queries: Sequence[Question]) -> None:
        """Ask all queries in one process; each answer counts as soon as it is there."""
        left = {each.name: each for each in queries}
        texts = [
            (each.name, each.condition.sql)
            for each in queries
            if isinstance(each.condition, WatermarkMoved)
        ]
        error = "it was not answered"
        try:
            for answered in self._inquiries.ask(queries=texts):
                question = left.pop(answered.name, None)
                if question is not None:
                    cursor, failed = answered.value, answered.error
                    self._take(question, Said(fires=False, why="", cursor=cursor, error=failed))
        except FreshlineError as problem:
            error = _words(problem)
        for question in left.values():
            self._take(question, Said(fires=False, why="", error=error))

    def _call(self, graph: Graph, question: Question, about: Mapping[str, str]) -> None:
        assert isinstance(question.condition, FunctionSaid)
        try:
            said = self._functions.call(graph, question.condition, about)
        except FreshlineError as error:
            place = f"{error.span.file}:{error.span.line}: " if error.span is not None else ""
            said = Said(fires=False, why="", error=redacted(place) + _words(error))
            for text in error.trace.splitlines() if isinstance(error, CodeError) else ():
                self._tell(Line(time.time(), "error", text))
        self._take(question, said)

    def _look(self, graph: Graph, question: Question, now: float) -> None:
        answer: Answer
        condition = question.condition
        try:
            if isinstance(condition, FilesArrived):
                answer = self._elsewhere.listed(condition.path, now)
            else:
                answer = self._elsewhere.current(graph, question.name, question.columns)
        except (FreshlineError, OSError) as error:
            words = _words(error) if isinstance(error, FreshlineError) else str(error)
            if isinstance(condition, AssetArrived):
                answer = Remote(key=question.name, error=words)
            else:
                answer = Listed(error=words)
        self._take(question, answer)

    def _take(self, question: Question, answer: Answer) -> None:
        with self._lock:
            self._has_news |= self._known.found(question, answer)
            has_news = self._has_news
        if has_news:
            self._rouse()

    # What it hangs on

    def _basis(self, graph: Graph) -> str:
        """Return what the answers of queries hang on: the catalog, and the files of sources."""
        newest = self._log.latest(limit=1)
        files = [name for source in graph.sources.values() for name in source.files]
        sequence = newest[0].sequence if newest else 0
        return digest(str(sequence), stamp(self._root, (), files))

    def _about(
        self, question: Question, condition: FunctionSaid, memories: Mapping[str, str]
    ) -> Mapping[str, str]:
        """Return what a function is told: its cursor, and when its sensor fired last."""
        memory = read(memories.get(memory_name(question.sensor)))
        cursor = memory.cursors.get(part(condition))
        ticks = self._automation.ticks(*self._scope, mover=Mover.SENSOR, name=question.sensor)
        fired = next((t.at for t in ticks if t.outcome is TickOutcome.REQUESTED), None)
        about = {"asset": question.sensor, "sensor": question.sensor}
        if cursor is not None and cursor.shown:
            about["cursor"] = cursor.shown
        if fired is not None:
            about["last_fired"] = repr(fired)
        return about

    def _arrivals(self, graph: Graph, memories: Mapping[str, str]) -> tuple[Arrival, ...]:
        """Return what came from outside and is not known to every sensor that waits for such."""
        if not awaits_events(graph):
            return ()
        return self._automation.arrivals(*self._scope, heard(graph, memories))

    def _happened(self, graph: Graph) -> tuple[Event, ...]:
        """Return how the latest runs of this environment began and ended."""
        if not awaits_runs(graph):
            self._sequence = None
            return ()
        if self._sequence is None:
            self._sequence = max((each.sequence for each in self._log.latest(limit=1)), default=0)
            self._ends.clear()
            for recorded in reversed(self._log.runs(self._scope[0], _RUNS_BEFORE)):
                run = recorded.event.run
                for each in self._log.events(run=run, after=recorded.sequence, limit=_EVENTS):
                    self._noticed(each.event)
        while found := self._log.events(after=self._sequence):
            self._sequence = found[-1].sequence
            for each in found:
                self._noticed(each.event)
        return tuple(event for pair in self._ends for event in pair)

    def _noticed(self, event: Event) -> None:
        if not isinstance(event, RunFinished):
            return
        for recorded in self._log.runs(self._scope[0], _RUNS):
            started = recorded.event
            if isinstance(started, RunStarted) and started.run == event.run:
                if started.environment == self._scope[1]:
                    self._ends.append((started, event))
                return


def _words(error: FreshlineError) -> str:
    return redacted(error.message.partition("\n")[0])
