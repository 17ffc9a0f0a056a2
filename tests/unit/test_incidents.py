"""Incidents: opened at the first cause, closed by themselves, told once each way."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.facts import source
from tests.unit.scenes import Stage, stage

from freshline.acts import Change, Incident, Kind, Trouble
from freshline.errors import Diagnostic
from freshline.lineage.graph import without
from freshline.operate.incidents import Scope, Wrong, Wrongs, changes, look, owners_of
from freshline.operate.scene import Scene
from freshline.reconcile.plan import make_plan
from freshline.reconcile.planned import Wish
from freshline.refresh import Freshness

NEEDS = {"a": (), "b": ("a",), "c": ("b",), "d": ("b",), "e": ("c", "d"), "x": ()}


class Watch:
    """Incidents as they are kept, and what was told."""

    def __init__(self, needs: Mapping[str, Sequence[str]] = NEEDS) -> None:
        self.needs = needs
        self.open: dict[str, Incident] = {}
        self.closed: list[Incident] = []
        self.told: list[str] = []
        self.now = 0.0

    def look(self, *wrong: str | tuple[str, float], held: Sequence[str] = ()) -> tuple[Change, ...]:
        """Look once at what is wrong: since now, or since a moment."""
        self.now += 10.0
        pairs = [each if isinstance(each, tuple) else (each, self.now) for each in wrong]
        found = {k: Wrong(key=k, trouble=Trouble.FAILED, why="no", since=at) for k, at in pairs}
        wrongs = Wrongs(
            found=found,
            needs=self.needs,
            held=frozenset(held),
            owners={key: f"owner of {key}" for key in self.needs},
        )
        made = changes(tuple(self.open.values()), wrongs, Scope("shop", "main", self.now))
        for change in made:
            incident = change.incident
            self.told += [f"{d.happening.kind.value} {incident.cause}" for d in change.deliveries]
            if incident.closed is None:
                self.open[incident.id] = incident
            else:
                del self.open[incident.id]
                self.closed.append(incident)
        return made

    @property
    def causes(self) -> dict[str, tuple[str, ...]]:
        return {each.cause: each.below for each in self.open.values()}


def test_the_first_upstream_that_fails_owns_the_incident() -> None:
    watch = Watch()
    watch.look("b", "c", "e", held=["d"])
    assert watch.causes == {"b": ("c", "d", "e")}
    assert watch.told == ["incident_opened b"]


def test_what_hangs_on_nothing_that_fails_is_an_incident_of_its_own() -> None:
    watch = Watch()
    watch.look("c", "d", "e", "x")
    assert watch.causes == {"c": ("e",), "d": ("e",), "x": ()}


def test_nobody_is_told_in_between() -> None:
    watch = Watch()
    watch.look("b")
    watch.look("b", "c")
    watch.look("b", "c", "e")
    assert watch.causes == {"b": ("c", "e")} and watch.told == ["incident_opened b"]


def test_nothing_changes_where_all_is_as_it_was() -> None:
    watch = Watch()
    watch.look(("b", 1.0))
    assert watch.look(("b", 1.0)) == ()


def test_it_closes_when_all_that_hangs_on_it_is_well_too() -> None:
    watch = Watch()
    watch.look(("b", 1.0), ("c", 2.0))
    watch.look(("c", 2.0))
    assert watch.causes == {"b": ("c",)}
    watch.look()
    assert watch.causes == {} and watch.told == ["incident_opened b", "incident_closed b"]
    assert [each.closed for each in watch.closed] == [30.0]


def test_what_fails_anew_after_its_cause_was_well_is_another_incident() -> None:
    watch = Watch()
    watch.look(("b", 1.0), ("c", 2.0))
    watch.look(("c", 2.0))
    watch.look(("c", 25.0))
    assert list(watch.causes) == ["c"]
    assert watch.told == ["incident_opened b", "incident_closed b", "incident_opened c"]


def test_a_cause_that_fails_again_goes_on_in_the_same_incident() -> None:
    watch = Watch()
    watch.look(("b", 1.0), ("c", 2.0))
    watch.look(("c", 2.0))
    watch.look(("b", 30.0), ("c", 2.0))
    watch.look()
    assert watch.told == ["incident_opened b", "incident_closed b"]


def test_one_that_is_open_stays_when_something_above_fails_later() -> None:
    watch = Watch()
    watch.look("c")
    watch.look("a", "c")
    assert watch.causes == {"c": (), "a": ("c",)}


def test_who_owns_nothing_is_told_nothing() -> None:
    wrong = Wrong(key="a", trouble=Trouble.FAILED, why="no", since=1.0)
    wrongs = Wrongs(found={"a": wrong}, needs=NEEDS, owners={})
    (change,) = changes((), wrongs, Scope("shop", "main", 1.0))
    assert change.deliveries == () and change.incident.owner == ""


looks = st.lists(st.sets(st.sampled_from(sorted(NEEDS))), min_size=1, max_size=12)


@given(looks)
def test_whatever_happens_all_that_is_wrong_is_in_an_incident_and_each_is_told_twice(
    sets: list[set[str]],
) -> None:
    watch = Watch()
    for wrong in [*sets, set[str](), set[str]()]:
        watch.look(*sorted(wrong))
        covered = {key for cause, below in watch.causes.items() for key in (cause, *below)}
        assert wrong <= covered
        assert len({each.cause for each in watch.open.values()}) == len(watch.open)
    assert watch.causes == {}
    opened = [words for words in watch.told if words.startswith(Kind.OPENED)]
    assert len(opened) == len(watch.closed) == len(watch.told) - len(opened)


# ---- what is wrong, in a scene


def shop() -> Stage:
    return stage({"stg.a": ["raw.x"], "marts.b": ["stg.a"]}).build_all()


def of_scene(played: Stage, known: Sequence[Incident] = ()) -> dict[str, tuple[Trouble, str]]:
    found = look(played.scene(), played.evaluate(), known, {})
    return {c.incident.cause: (c.incident.trouble, c.incident.why) for c in found}


def test_a_project_that_is_well_has_no_incidents() -> None:
    assert of_scene(shop()) == {}


@pytest.mark.parametrize(
    ("code", "trouble"),
    [
        pytest.param("F300", Trouble.FAILED, id="a query that fails"),
        pytest.param("F310", Trouble.CHECK, id="rows that are not as a check wants them"),
    ],
)
def test_a_last_attempt_that_failed_is_an_incident(code: str, trouble: Trouble) -> None:
    played = shop()
    played.fail("stg.a", "r1", code)
    why = "its last attempt failed: division by zero"
    assert of_scene(played) == {"stg.a": (trouble, why)}


def test_a_freshness_that_fails_is_an_incident() -> None:
    played = shop()
    played.plots["marts.b"].freshness = Freshness(fail=60.0)
    played.arrive("raw.x", "v2")
    played.tick()
    played.now += 3600.0
    found = of_scene(played)
    assert (
        found["marts.b"][0] is Trouble.FRESHNESS
        and "longer ago than 1 minute" in found["marts.b"][1]
    )


def test_a_source_that_cannot_be_read_is_an_incident_of_its_owner_with_all_that_reads_it() -> None:
    played = shop()
    declared = played.graph()
    raw = source("raw.x")
    raw = replace(raw, definition=replace(raw.definition, owner="ada"))
    declared = replace(declared, sources={"raw.x": raw})
    gone = Diagnostic(code="E101", message="cannot read raw.x: gone", asset="raw.x")
    facts = replace(played.facts(), graph=without(declared, [gone]), sources={})
    scene = Scene(plan=make_plan(facts, Wish()), facts=facts)
    (change,) = look(scene, played.evaluate(), (), owners_of(declared))
    incident = change.incident
    assert (incident.cause, incident.trouble) == ("raw.x", Trouble.SOURCE)
    assert incident.why == "cannot read raw.x: gone" and incident.below == ("marts.b", "stg.a")
    assert change.deliveries[0].recipient == incident.owner == "ada"
