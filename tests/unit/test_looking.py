"""Looking: when somebody has to be asked again, and what is told until the next answer is there."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count

import pytest
from tests.unit.facts import PROJECT

from freshline.definitions import MacroDefinition
from freshline.errors import Span
from freshline.lineage.graph import Graph
from freshline.operate.looking import (
    Known,
    Listed,
    Question,
    local_globs,
    questions,
    since_seen,
    varies,
)
from freshline.operate.scene import FileSeen, Remote, Said, Seen
from freshline.refresh import (
    AssetArrived,
    Condition,
    EventArrived,
    FilesArrived,
    FunctionSaid,
    SensorDefinition,
    WatermarkMoved,
)

PLACE = Span(file="sensors.yaml", line=1, column=1)
NOW = 1_000.0
RATES = "catalog://finance/marts.rates"


def sensor(name: str, *conditions: Condition, every: float = 30.0) -> SensorDefinition:
    return SensorDefinition(
        name=name, conditions=conditions, acts=(), file=PLACE.file, span=PLACE, every=every
    )


def graph(*sensors: SensorDefinition, macros: str = "") -> Graph:
    found = {
        "week": MacroDefinition(name="week", file="m.sql", span=PLACE, text=macros),
    }
    return Graph(project=PROJECT, assets={}, sources={}, sensors=sensors, macros=found)


# ---- what is asked


def test_what_somebody_has_to_be_asked_for() -> None:
    conditions = (
        AssetArrived(key="marts.daily"),
        AssetArrived(key=RATES),
        FilesArrived(path="in/*.csv"),
        FilesArrived(path="s3://bucket/in/*.csv"),
        WatermarkMoved(sql="SELECT 1"),
        EventArrived(name="go"),
        FunctionSaid(function="lib:ready", location="main"),
    )
    wanted = questions(graph(sensor("bell", *conditions)))
    asked = (RATES, "s3://bucket/in/*.csv", conditions[4], conditions[6])
    found = [q.name if "://" in q.name else q.condition for q in wanted]
    assert found == [*asked]
    assert local_globs(graph(sensor("bell", *conditions))) == ("in/*.csv",)


def test_what_two_sensors_wait_for_is_asked_once_for_the_columns_of_both() -> None:
    first = sensor("first", AssetArrived(key=RATES, columns=("rate",)), every=60.0)
    second = sensor("second", AssetArrived(key=RATES, columns=("day", "rate")), every=10.0)
    third = sensor("third", AssetArrived(key=RATES))
    (question,) = questions(graph(first, second, third))
    assert question.every == 10.0
    assert question.columns == (("rate",), ("day", "rate"))


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT max(day) FROM raw.orders", False),
        ("SELECT count(*) FROM raw.orders WHERE day < CURRENT_DATE", True),
        ("SELECT hash(now())", True),
        ("SELECT random() FROM raw.orders", True),
        ("SELECT snow FROM weather", False),
        ("SELECT week(day) FROM raw.orders", True),
    ],
    ids=["the data alone", "the day", "the time", "chance", "a word within a word", "by a macro"],
)
def test_a_query_that_hangs_on_the_clock_is_told_by_its_words(sql: str, expected: bool) -> None:
    macro = "CREATE MACRO week(d) AS date_diff('week', d, today())"
    assert varies(sql, graph(macros=macro)) is expected


# ---- when it is due


@dataclass
class Asker:
    """Somebody who looks again and again, with a catalog that moves when it is told to."""

    sensors: tuple[SensorDefinition, ...]
    now: float = NOW
    basis: str = "log 1"
    known: Known = field(default_factory=Known)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def due(self) -> tuple[str, ...]:
        found = graph(*self.sensors)
        wanted = questions(found)
        asked = self.known.due(found, wanted, self.now, lambda: self.basis)
        for question in asked:
            self.answer(question)
        return tuple(question.sensor for question in asked)

    def answer(self, question: Question) -> None:
        match question.condition:
            case FilesArrived():
                self.known.found(question, Listed())
            case AssetArrived(key=key):
                self.known.found(question, Remote(key=key))
            case _:
                said = Said(fires=False, why="", cursor=str(next(self.numbers)))
                self.known.found(question, said)


@pytest.mark.parametrize(
    ("condition", "moves", "expected"),
    [
        (WatermarkMoved(sql="SELECT max(a) FROM b"), False, 1),
        (WatermarkMoved(sql="SELECT max(a) FROM b"), True, 2),
        (WatermarkMoved(sql="SELECT max(a) FROM b WHERE d < today()"), False, 2),
        (FunctionSaid(function="lib:ready", location="main"), False, 2),
        (AssetArrived(key=RATES), False, 2),
        (FilesArrived(path="s3://bucket/*.csv"), False, 2),
    ],
    ids=[
        "a query whose data stood still is not asked again",
        "a query whose data may have moved is",
        "a query that reads the clock is",
        "a function is",
        "another catalog is",
        "a store of objects is",
    ],
)
def test_what_is_asked_again_when_its_time_has_come(
    condition: Condition, moves: bool, expected: int
) -> None:
    asker = Asker((sensor("bell", condition, every=30.0),))
    asked = len(asker.due())
    asker.now += 29
    asker.basis = "log 2" if moves else asker.basis
    assert asker.due() == ()
    asker.now += 1
    asked += len(asker.due())
    assert asked == expected


def test_nobody_is_asked_twice_at_the_same_time() -> None:
    found = graph(sensor("bell", FunctionSaid(function="lib:slow", location="main"), every=1.0))
    wanted, known = questions(found), Known()
    (question,) = known.due(found, wanted, NOW, str)
    assert known.due(found, wanted, NOW + 60, str) == ()
    known.found(question, Said(fires=False, why=""))
    assert known.due(found, wanted, NOW + 61, str) == (question,)


def test_a_query_that_failed_is_asked_again_though_nothing_moved() -> None:
    found = graph(sensor("bell", WatermarkMoved(sql="SELECT max(a) FROM b"), every=30.0))
    wanted, known = questions(found), Known()
    (question,) = known.due(found, wanted, NOW, lambda: "log 1")
    known.found(question, Said(fires=False, why="", error="no memory"))
    assert known.due(found, wanted, NOW + 30, lambda: "log 1") == (question,)


def test_a_clock_that_was_set_back_keeps_nobody_from_being_asked() -> None:
    asker = Asker((sensor("bell", AssetArrived(key=RATES)),))
    asker.due()
    asker.now -= 3600
    assert asker.due() == ("bell",)


# ---- what is told


def test_that_a_function_fires_is_told_once_and_all_else_until_there_is_another_answer() -> None:
    fire = FunctionSaid(function="lib:fire", location="main")
    fail = FunctionSaid(function="lib:fail", location="main")
    found = graph(sensor("bell", fire, fail, AssetArrived(key=RATES)))
    known, wanted = Known(), questions(found)
    yes, no, there = known.due(found, wanted, NOW, str)
    known.found(yes, Said(fires=True, why="it is time"))
    known.found(no, failed := Said(fires=False, why="", error="KeyError"))
    known.found(there, remote := Remote(key=RATES, content="c"))
    first, second = known.tell(wanted, Seen()), known.tell(wanted, Seen())
    assert first.values == {yes.name: Said(fires=True, why="it is time"), no.name: failed}
    assert second.values == {no.name: failed}
    assert first.remotes == second.remotes == {RATES: remote}


def test_a_store_that_cannot_be_listed_is_a_trouble_and_not_an_empty_one() -> None:
    found = graph(sensor("bell", FilesArrived(path="s3://bucket/*.csv")))
    known, wanted = Known(), questions(found)
    (question,) = known.due(found, wanted, NOW, str)
    known.found(question, Listed(error="no credentials"))
    seen = known.tell(wanted, Seen())
    assert seen.files == {}
    assert seen.troubles == {"s3://bucket/*.csv": "no credentials"}


def test_an_answer_is_news_when_it_is_another() -> None:
    found = graph(sensor("bell", AssetArrived(key=RATES)))
    known, wanted = Known(), questions(found)
    (question,) = known.due(found, wanted, NOW, str)
    assert known.found(question, Remote(key=RATES, content="a"))
    assert not known.found(question, Remote(key=RATES, content="a"))
    assert known.found(question, Remote(key=RATES, content="b"))


def test_what_no_sensor_asks_any_more_is_forgotten() -> None:
    found = graph(sensor("bell", AssetArrived(key=RATES)))
    known, wanted = Known(), questions(found)
    (question,) = known.due(found, wanted, NOW, str)
    known.found(question, Remote(key=RATES, content="a"))
    known.keep_only(())
    assert known.tell(wanted, Seen()).remotes == {}
    assert known.due(found, wanted, NOW + 1, str) == (question,)


def test_a_file_whose_time_nobody_tells_changed_when_it_was_first_seen_so() -> None:
    old = FileSeen(path="a", stamp="1", changed=NOW)
    again = replace(old, changed=NOW + 60)
    other = replace(again, stamp="2")
    assert since_seen({"a": old}, (again,)) == (old,)
    assert since_seen({"a": old}, (other,)) == (other,)
