"""Definitions that are broken: told once, with since when, however often they are looked at."""

from tests.unit.scenes import stage

from freshline.codec import decode
from freshline.errors import Diagnostic, Severity, Span
from freshline.operate.definitions import told
from freshline.operate.world import Defined
from freshline.ticks import DEFINITIONS, Broken, TickOutcome

SCOPE = ("shop", "main")
GRAPH = stage({"a": ()}).graph()


def defined(*messages: str, is_old: bool = False) -> Defined:
    found = tuple(
        Diagnostic(
            code="E102",
            severity=Severity.ERROR,
            message=message,
            span=Span(file="freshline.yaml", line=1, column=1),
        )
        for message in messages
    )
    return Defined(graph=GRAPH, problems=found, is_old=is_old)


class Kept:
    """What is remembered, as a catalog would keep it."""

    def __init__(self) -> None:
        self.memories: dict[str, str] = {}
        self.outcomes: list[TickOutcome] = []

    def look(self, now: float, found: Defined) -> Broken | None:
        for decided in told(SCOPE, found, self.memories, now):
            self.outcomes.append(decided.tick.outcome)
            for name, text in decided.memories.items():
                self.memories = {} if text is None else {name: text}
        text = self.memories.get(DEFINITIONS)
        return decode(text, Broken) if text is not None else None


def test_what_is_wrong_is_told_once_with_since_when() -> None:
    kept = Kept()
    for now in (10.0, 20.0):
        broken = kept.look(now, defined("one", is_old=True))
        assert broken is not None and (broken.since, broken.is_old) == (10.0, True)
    broken = kept.look(30.0, defined("one", "two", is_old=True))
    assert broken is not None and (broken.since, broken.count) == (10.0, 2)
    assert kept.look(40.0, defined()) is None
    broken = kept.look(50.0, defined("one", is_old=True))
    assert broken is not None and broken.since == 50.0
    failed, well = TickOutcome.FAILED, TickOutcome.NOTHING
    assert kept.outcomes == [failed, failed, well, failed]


def test_that_nothing_can_be_read_is_counted_from_when_it_came_about() -> None:
    """Not from when one asset was set aside."""
    kept = Kept()
    kept.look(10.0, defined("one"))
    broken = kept.look(20.0, defined("one", is_old=True))
    assert broken is not None and broken.since == 20.0


def test_what_another_release_kept_is_told_anew() -> None:
    kept = Kept()
    kept.memories = {DEFINITIONS: '{"is_old": true}'}
    broken = kept.look(10.0, defined("one", is_old=True))
    assert broken is not None and broken.since == 10.0
