"""Laws of the selection language: it prints what it reads, and it is an algebra of sets."""

from fnmatch import fnmatchcase

from hypothesis import given
from hypothesis import strategies as st

from freshline.errors import UsageError
from freshline.lineage.selection import (
    And,
    Facet,
    Keys,
    Not,
    Or,
    Reach,
    Selectable,
    Selection,
    parse,
    render,
    resolve,
)

DEPTHS = st.none() | st.integers(min_value=0, max_value=99)
TEXTS = st.text(max_size=8) | st.sampled_from(
    ["and", "OR", "2", "a.b", "*", "x y", 'a"b', "+", "("]
)
METHODS = st.sampled_from(["tag", "owner", "state"])


def grow(inner: st.SearchStrategy[Selection]) -> st.SearchStrategy[Selection]:
    several = st.lists(inner, min_size=2, max_size=4).map(tuple)
    return (
        st.builds(Reach, of=inner, up=DEPTHS, down=DEPTHS)
        | st.builds(Not, of=inner)
        | st.builds(And, parts=several)
        | st.builds(Or, parts=several)
    )


ANY_LEAF = st.builds(Keys, pattern=TEXTS) | st.builds(Facet, method=METHODS, value=TEXTS)
ANY_SELECTION: st.SearchStrategy[Selection] = st.recursive(ANY_LEAF, grow, max_leaves=12)


@given(ANY_SELECTION)
def test_what_is_rendered_is_read_back(selection: Selection) -> None:
    assert parse(render(selection)) == selection


@given(st.text(max_size=60) | st.text(alphabet='ab.*+()":2 \n', max_size=60))
def test_any_text_is_a_selection_or_a_usage_error(text: str) -> None:
    try:
        selection = parse(text)
    except UsageError:
        return
    assert parse(render(selection)) == selection


KEYS = tuple(f"k{number}" for number in range(8))


@st.composite
def subjects(draw: st.DrawFn) -> Selectable:
    """Eight assets, each downstream of some of those before it, under two tags."""
    upstream = {
        key: tuple(draw(st.sets(st.sampled_from(KEYS[:place]), max_size=3))) if place else ()
        for place, key in enumerate(KEYS)
    }
    downstream = {key: tuple(k for k in KEYS if key in upstream[k]) for key in KEYS}
    tags = {tag: draw(st.frozensets(st.sampled_from(KEYS))) for tag in ("red", "blue")}
    return Selectable(
        keys=KEYS, upstream=upstream, downstream=downstream, facets={"tag": tags}, files={}
    )


LEAVES = st.builds(Keys, pattern=st.sampled_from([*KEYS, "*", "k*"])) | st.builds(
    Facet, method=st.just("tag"), value=st.sampled_from(["red", "blue", "*"])
)
SELECTIONS: st.SearchStrategy[Selection] = st.recursive(LEAVES, grow, max_leaves=8)


@given(subjects(), SELECTIONS)
def test_not_not_is_nothing(subject: Selectable, a: Selection) -> None:
    assert resolve(Not(of=Not(of=a)), subject) == resolve(a, subject)


@given(subjects(), SELECTIONS, SELECTIONS)
def test_or_and_and_are_union_and_intersection(
    subject: Selectable, a: Selection, b: Selection
) -> None:
    left, right = resolve(a, subject), resolve(b, subject)
    assert resolve(Or(parts=(a, b)), subject) == left | right
    assert resolve(Or(parts=(b, a)), subject) == left | right
    assert resolve(And(parts=(a, b)), subject) == left & right
    assert resolve(parse(f"({render(a)}) ({render(b)})"), subject) == left | right


@given(subjects(), SELECTIONS, SELECTIONS)
def test_not_turns_or_into_and(subject: Selectable, a: Selection, b: Selection) -> None:
    neither = And(parts=(Not(of=a), Not(of=b)))
    assert resolve(Not(of=Or(parts=(a, b))), subject) == resolve(neither, subject)


@given(subjects(), SELECTIONS)
def test_reaching_all_the_way_twice_reaches_no_further(subject: Selectable, a: Selection) -> None:
    once = Reach(of=a, up=None)
    assert resolve(Reach(of=once, up=None), subject) == resolve(once, subject)


@given(subjects(), SELECTIONS, st.integers(0, 4), st.integers(0, 4))
def test_depths_add_up(subject: Selectable, a: Selection, m: int, n: int) -> None:
    stepwise = Reach(of=Reach(of=a, down=m), down=n)
    assert resolve(stepwise, subject) == resolve(Reach(of=a, down=m + n), subject)


@given(st.text(alphabet="ab*", max_size=8), st.lists(st.text(alphabet="ab", max_size=8)))
def test_a_star_is_any_run_of_characters(pattern: str, keys: list[str]) -> None:
    subject = Selectable(keys=tuple(keys), upstream={}, downstream={}, facets={}, files={})
    # The shell's patterns know the star too, and were written by others.
    expected = {key for key in keys if fnmatchcase(key, pattern)}
    try:
        found = resolve(Keys(pattern=pattern), subject)
    except UsageError:
        found = frozenset[str]()
    assert found == expected


@given(subjects(), st.sampled_from(KEYS), st.sampled_from(KEYS))
def test_up_and_down_are_each_others_mirror(subject: Selectable, a: str, b: str) -> None:
    above = resolve(parse(f"+{a}"), subject)
    below = resolve(parse(f"{b}+"), subject)
    assert (b in above) == (a in below)
