"""Staleness, rule by rule, on worlds built by hand."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest
from tests.unit.facts import Tale, changed, seen_as, tale

from freshline.definitions import ProjectDefinition, StorageDefinition
from freshline.ports import Condition, Inspection
from freshline.reconcile.facts import Relaid, Slice
from freshline.reconcile.inputs import Difference, Seen, compare, reads, reusable
from freshline.reconcile.slicing import EngineSlices
from freshline.reconcile.staleness import Judgement, judge
from freshline.verdicts import ReasonKind, Verdict
from freshline.versions import WHOLE, Logic, Output, Read, Window

CHAIN = {"a": ("raw",), "b": ("a",), "c": ("b",)}


def verdicts(world: Tale, active: Iterable[str] | None = None) -> dict[str, Judgement]:
    facts = world.facts()
    return judge(facts, facts.graph.assets if active is None else active)


def said(judgement: Judgement) -> str:
    """Return a verdict in one line: certainty, kinds of reasons, and the words."""
    if judgement.verdict is Verdict.FRESH:
        return "fresh"
    words = "; ".join(f"{r.kind}: {r.detail}" for r in judgement.reasons)
    sure = "" if judgement.certain else "perhaps "
    return f"{sure}{judgement.verdict} - {words}"


def nothing(world: Tale) -> None:
    """Leave it as it is."""


def never_built(world: Tale) -> None:
    del world.builds["a"], world.history["a"]


def lost(world: Tale) -> None:
    world.gone.add("a")
    del world.history["a"]


def damaged(world: Tale) -> None:
    detail = "data.parquet is not what was written"
    world.inspections["a"] = Inspection(Condition.DAMAGED, detail=detail)


def copied(world: Tale) -> None:
    world.inspections["a"] = Inspection(Condition.RESTAMPED, "another stamp")


def moved(world: Tale) -> None:
    storages = (StorageDefinition(name="other", adapter="lake"),)
    world.project = ProjectDefinition(name="p", storages=storages, default_storage="other")


def edited(world: Tale) -> None:
    world.texts["a"] = "select 2 as x"


def edited_twice(world: Tale) -> None:
    world.texts["a"] = "select 2 as y where true"


def new_data(world: Tale) -> None:
    world.observed["raw"] = "v2"


def both(world: Tale) -> None:
    edited(world)
    new_data(world)


def rebuilt_with_new_rows(world: Tale) -> None:
    world.built("a", "other rows")


def rebuilt_with_the_same_rows(world: Tale) -> None:
    world.built("a", "rows of a")


def reads_more(world: Tale) -> None:
    world.reads["b"] = ("a", "raw")


def middle_edited(world: Tale) -> None:
    world.texts["b"] = "select 3 as x"


CASES: list[tuple[str, Callable[[Tale], None], list[str]]] = [
    ("nothing happened", nothing, ["fresh", "fresh", "fresh"]),
    (
        "an asset was never built",
        never_built,
        [
            "missing - missing: never materialized",
            "perhaps stale - upstream: if a changes",
            "perhaps stale - upstream: if b changes",
        ],
    ),
    (
        "a version is gone",
        lost,
        [
            "missing - missing: the published version is gone",
            "perhaps stale - upstream: if a changes",
            "perhaps stale - upstream: if b changes",
        ],
    ),
    (
        "a version is damaged",
        damaged,
        [
            "stale - drift: data.parquet is not what was written",
            "perhaps stale - upstream: if a changes",
            "perhaps stale - upstream: if b changes",
        ],
    ),
    ("a version was copied", copied, ["fresh", "fresh", "fresh"]),
    ("the storage is another", moved, ["stale - config: storage changed"] * 3),
    (
        "the logic of the first was edited",
        edited,
        [
            "stale - code: column x: expression changed",
            "perhaps stale - upstream: if a changes",
            "perhaps stale - upstream: if b changes",
        ],
    ),
    (
        "the logic was edited in several places",
        edited_twice,
        [
            "stale - code: column y added and 2 more",
            "perhaps stale - upstream: if a changes",
            "perhaps stale - upstream: if b changes",
        ],
    ),
    (
        "the logic of the second was edited",
        middle_edited,
        [
            "fresh",
            "stale - code: column x: expression changed",
            "perhaps stale - upstream: if b changes",
        ],
    ),
    (
        "a source has new data",
        new_data,
        [
            "stale - input: raw has new data",
            "perhaps stale - upstream: if a changes",
            "perhaps stale - upstream: if b changes",
        ],
    ),
    (
        "logic and data are new",
        both,
        [
            "stale - code: column x: expression changed; input: raw has new data",
            "perhaps stale - upstream: if a changes",
            "perhaps stale - upstream: if b changes",
        ],
    ),
    (
        "an upstream was rebuilt with new rows",
        rebuilt_with_new_rows,
        ["fresh", "stale - input: a has new content", "perhaps stale - upstream: if b changes"],
    ),
    (
        "an upstream was rebuilt with the same rows: the early cutoff",
        rebuilt_with_the_same_rows,
        ["fresh", "fresh", "fresh"],
    ),
    (
        "an asset reads one input more",
        reads_more,
        ["fresh", "stale - input: now reads raw", "perhaps stale - upstream: if b changes"],
    ),
]


@pytest.mark.parametrize(
    ("event", "expected"), [pytest.param(*rest, id=name) for name, *rest in CASES]
)
def test_what_is_stale_and_why_when(event: Callable[[Tale], None], expected: list[str]) -> None:
    world = tale(CHAIN)
    event(world)
    assert [said(judgement) for judgement in verdicts(world).values()] == expected


def test_a_reader_of_what_is_not_acted_upon_sees_the_version_that_is_there() -> None:
    world = tale(CHAIN)
    new_data(world)
    found = verdicts(world, active=["b", "c"])
    assert [found[key].verdict for key in "abc"] == [Verdict.STALE, Verdict.FRESH, Verdict.FRESH]


def test_what_is_forced_is_stale_although_nothing_differs() -> None:
    world = tale(CHAIN)
    facts = world.facts()
    found = judge(facts, facts.graph.assets, forced=["b"])
    assert said(found["a"]) == "fresh"
    assert said(found["b"]) == "stale - forced: asked for by --force"
    assert said(found["c"]) == "perhaps stale - upstream: if b changes"
    assert found["b"].reuse is None


def test_an_edit_taken_back_points_to_the_version_of_before() -> None:
    world = tale(CHAIN)
    first = world.builds["a"]
    edited(world)
    world.built("a", "other rows")
    world.texts["a"] = "select 1 as x"
    found = verdicts(world)
    assert found["a"].reuse == first


def test_readers_of_a_reverted_asset_are_known_to_be_fresh_before_anything_runs() -> None:
    """The upstream's content will be what it was, so nothing hangs on it."""
    world = tale(CHAIN)
    edited(world)
    world.built("a", "other rows")
    world.texts["a"] = "select 1 as x"
    found = verdicts(world)
    assert [said(found[key]) for key in "bc"] == ["fresh", "fresh"]


def test_a_revert_goes_through_several_levels() -> None:
    world = tale(CHAIN)
    edited(world)
    for key in "abc":
        world.built(key, f"other rows of {key}")
    world.texts["a"] = "select 1 as x"
    found = verdicts(world)
    numbers = [(r.reuse.version.mat_id if r.reuse else None) for r in found.values()]
    assert numbers == ["a#1", "b#1", "c#1"]
    assert all(judgement.certain for judgement in found.values())


def test_a_version_whose_bytes_are_gone_is_not_pointed_to() -> None:
    world = tale(CHAIN)
    edited(world)
    world.built("a", "other rows")
    world.texts["a"] = "select 1 as x"
    world.history = {}
    found = verdicts(world)
    assert found["a"].reuse is None
    assert said(found["b"]).startswith("perhaps")


def test_a_damaged_version_is_never_pointed_to_again() -> None:
    world = tale(CHAIN)
    damaged(world)
    assert verdicts(world)["a"].reuse is None


def test_an_older_version_with_the_same_rows_stands_in_for_a_damaged_one() -> None:
    world = tale({"a": ("raw",)})
    new_data(world)
    world.built("a", "rows of v2")
    world.observed["raw"] = "v1"
    world.built("a", "rows of v1 again")
    damaged(world)
    reuse = verdicts(world)["a"].reuse
    assert reuse is not None and reuse.version.mat_id == "a#1"


def test_a_record_of_another_release_of_ours_is_fresh_when_its_text_says_the_same() -> None:
    world = tale({"a": ()})
    world.texts["a"] = "select 1 as x"
    world.built("a", "rows of a")
    for text, verdict in (
        ("SELECT 1 AS x -- one", Verdict.FRESH),
        ("select 2 as x", Verdict.STALE),
    ):
        world.builds["a"] = changed(
            world.builds["a"], code_version="of then", canonicaliser="0+of-then"
        )
        world.logic["a#2"] = Logic(text=text, schemas=(), compiled=text)
        facts = world.facts()
        slices = EngineSlices(facts.graph, facts.builds, facts.logic)
        found = judge(replace(facts, slices=slices), facts.graph.assets)
        assert found["a"].verdict is verdict


def test_a_record_of_another_release_without_its_text_is_stale() -> None:
    world = tale({"a": ()})
    world.builds["a"] = changed(world.builds["a"], canonicaliser="0+of-then")
    world.logic = {}
    assert said(verdicts(world)["a"]) == "stale - code: logic changed"


def test_the_proof_of_freshness_tells_the_version() -> None:
    proofs = [judgement.proof for judgement in verdicts(tale(CHAIN)).values()]
    assert proofs == ["version 1: same logic, same input"] * 3
    two = tale({"a": ("raw", "web")})
    assert verdicts(two)["a"].proof == "version 1: same logic, same inputs"


def test_every_reason_that_has_a_place_gives_it() -> None:
    world = tale(CHAIN)
    both(world)
    places = {r.kind: str(r.source) for r in verdicts(world)["a"].reasons}
    assert places == {
        ReasonKind.CODE: "assets/a.sql:1:8",
        ReasonKind.INPUT: "sources/raw.yaml:2:3",
    }


def test_equal_content_is_equal_and_equal_version_is_equal_whatever_else() -> None:
    world = tale({"a": ("raw",), "b": ("a",)})
    build = world.builds["b"]
    assert compare(build, {"a": Seen("a#1", "never mind")}) == Difference()
    assert compare(build, {"a": Seen("a#9", "rows of a")}) == Difference()
    assert compare(build, {"a": Seen("a#9", "other rows")}) == Difference(changed=("a",))
    more = {"a": Seen("a#1", "rows of a"), "z": Seen("1", "1")}
    assert compare(build, more) == Difference(changed=("z",))


AMOUNT, NOTE = Window(("amount",)), Window(("note",))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (Seen("a#9", "all", (Output(AMOUNT, "same"),)), Difference()),
        (Seen("a#9", "all", (Output(AMOUNT, "other"),)), Difference(changed=("a",))),
        (Seen("a#9", "all", (Output(NOTE, "same"),)), Difference(unsure=("a",))),
        (Seen("a#9", "same", ()), Difference(unsure=("a",))),
        (Seen("a#1", "whatever", ()), Difference()),
        (Seen("a#9", "other", None), Difference(changed=("a",))),
    ],
    ids=[
        "what is seen is the same",
        "what is seen is another",
        "only another window was taken",
        "only the whole was taken",
        "it is the version that was read",
        "one token stands for all windows",
    ],
)
def test_an_input_counts_as_far_as_it_is_seen(now: Seen, expected: Difference) -> None:
    world = tale({"a": (), "b": ("a",)})
    build = changed(world.builds["b"], inputs=(Read("a", "a#1", "same", AMOUNT),))
    assert compare(build, {"a": now}) == expected


class Told:
    """Slices as they are told: which windows of an asset an edit does not show through."""

    def __init__(self, **same: dict[Window, tuple[tuple[str, Window], ...]]) -> None:
        self.same = same

    def alike(self, key: str) -> bool:
        return False

    def relaid(self, key: str) -> Relaid | None:
        return None

    def through(self, key: str, window: Window) -> Slice | None:
        inputs = self.same.get(key, {}).get(window)
        return Slice(changed=True) if inputs is None else Slice(changed=False, inputs=inputs)


def _read_by(world: Tale, reader: str, upstream: str, window: Window) -> None:
    read = Read(upstream, f"{upstream}#1", f"{upstream} through it", window)
    world.builds[reader] = changed(world.builds[reader], inputs=(read,))
    shown = Output(window, f"{upstream} through it")
    build = world.builds[upstream]
    world.builds[upstream] = changed(build, outputs=(*build.trace.outputs, shown))


def test_an_edit_that_does_not_show_through_the_window_is_no_cause() -> None:
    world = tale(CHAIN)
    _read_by(world, "b", "a", AMOUNT)
    edited(world)
    blind, seeing = Told(a={AMOUNT: (("raw", WHOLE),)}), Told(a={NOTE: ()})
    facts = world.facts()
    proven = judge(replace(facts, slices=blind), facts.graph.assets)
    assert [said(proven[key]) for key in "bc"] == ["fresh", "fresh"]
    assert proven["b"].proof == "version 1: no change shows of a"
    assert said(judge(replace(facts, slices=seeing), facts.graph.assets)["b"]).startswith("perhaps")


def test_a_proof_goes_down_to_what_has_not_changed() -> None:
    """c sees of b what b takes from a through a window in which nothing changed."""
    world = tale(CHAIN)
    _read_by(world, "c", "b", AMOUNT)
    edited(world)
    told = Told(b={AMOUNT: (("a", NOTE),)}, a={NOTE: (("raw", WHOLE),)})
    facts = replace(world.facts(), slices=told)
    found = judge(facts, facts.graph.assets)
    assert said(found["b"]) == "perhaps stale - upstream: if a changes"
    assert said(found["c"]) == "fresh"


def test_new_data_below_ends_a_proof() -> None:
    world = tale(CHAIN)
    _read_by(world, "b", "a", AMOUNT)
    edited(world)
    world.observed["raw"] = "v2"
    facts = replace(world.facts(), slices=Told(a={AMOUNT: (("raw", WHOLE),)}))
    assert said(judge(facts, facts.graph.assets)["b"]).startswith("perhaps")


def test_the_latest_of_several_fitting_versions_is_reused_and_none_that_misses_in_anything() -> (
    None
):
    world = tale({"a": ("raw",)})
    build = world.builds["a"]
    trace = build.trace
    version = seen_as("raw", "v1")
    now = {"raw": Seen(version, version)}
    again = world.built("a", "the same")
    reader = world.facts().graph.assets["a"]
    wanted = (reader, trace.config, now)
    assert reusable([again, build], *wanted) == again
    for other in (
        changed(build, code_version="other"),
        changed(build, canonicaliser="other"),
        changed(build, config="other"),
        changed(build, inputs=()),
        changed(build, inputs=(*trace.inputs, *reads(reader, {"web": Seen("1", "1")}))),
        changed(build, inputs=reads(reader, {"raw": Seen("v2", "v2")})),
    ):
        assert reusable([other], *wanted) is None


def test_a_reader_that_hangs_on_order_is_stale_with_another_version_of_the_same_rows() -> None:
    build = tale({"a": (), "b": ("a",)}).builds["b"]
    (read,) = build.trace.inputs
    same_rows = {"a": Seen("another mat_id", read.data_version)}
    assert compare(build, same_rows) == Difference()
    assert compare(build, same_rows, in_order=True) == Difference(changed=("a",))
    same_version = {"a": Seen(read.version, read.data_version)}
    assert compare(build, same_version, in_order=True) == Difference()
