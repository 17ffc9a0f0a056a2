"""Which assets the words of a selection mean, and what is said where they mean none."""

from collections.abc import Mapping
from itertools import pairwise

import pytest

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

#   raw.orders -> stg.orders -> int.enriched -> marts.daily -> marts.ops.weekly
#   raw.customers -> stg.customers -> int.enriched -> marts.ltv
EDGES = {
    "stg.orders": ("raw.orders",),
    "stg.customers": ("raw.customers",),
    "int.enriched": ("stg.orders", "stg.customers"),
    "marts.daily": ("int.enriched",),
    "marts.ltv": ("int.enriched",),
    "marts.ops.weekly": ("marts.daily",),
}
KEYS = ("raw.orders", "raw.customers", *EDGES)


def reversed_edges(edges: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    downstream: dict[str, tuple[str, ...]] = {}
    for key, upstream in edges.items():
        for name in upstream:
            downstream[name] = (*downstream.get(name, ()), key)
    return downstream


SHOP = Selectable(
    keys=KEYS,
    upstream=EDGES,
    downstream=reversed_edges(EDGES),
    facets={
        "tag": {
            "nightly": frozenset({"marts.daily", "marts.ltv"}),
            "for people": frozenset({"marts.ltv"}),
        },
        "owner": {"data": frozenset(EDGES), "dana": frozenset({"raw.orders"})},
        "group": {"marts": frozenset({"marts.daily", "marts.ltv", "marts.ops.weekly"})},
        "kind": {"table": frozenset(EDGES), "source": frozenset({"raw.orders", "raw.customers"})},
        "state": {"stale": frozenset({"marts.ltv"}), "missing": frozenset()},
    },
    files={
        "assets/stg/orders.sql": ("stg.orders",),
        "assets/stg/customers.sql": ("stg.customers",),
        "assets/marts/rest.yaml": ("marts.daily", "marts.ltv"),
        "assets/my marts/weekly.sql": ("marts.ops.weekly",),
        "freshline.yaml": ("int.enriched",),
        "sources/shop.yaml": ("raw.orders", "raw.customers"),
    },
)

MEANINGS = {
    "a key selects its asset": ("stg.orders", {"stg.orders"}),
    "a star selects all": ("*", set(KEYS)),
    "a star at the end selects below a prefix": ("stg.*", {"stg.orders", "stg.customers"}),
    "a star runs over dots": (
        "marts.*",
        {"marts.daily", "marts.ltv", "marts.ops.weekly"},
    ),
    "a star in front selects by last name": ("*.orders", {"raw.orders", "stg.orders"}),
    "a star inside": ("m*.*y", {"marts.daily", "marts.ops.weekly"}),
    "a dot is only a dot": ("*.ops.*", {"marts.ops.weekly"}),
    "a path selects the assets of a file": ("assets/stg/orders.sql", {"stg.orders"}),
    "a path may begin with ./": ("./assets/stg/orders.sql", {"stg.orders"}),
    "a file may declare many": ("assets/marts/rest.yaml", {"marts.daily", "marts.ltv"}),
    "a file at the root needs no slash": ("freshline.yaml", {"int.enriched"}),
    "a folder selects all below": ("assets/stg", {"stg.orders", "stg.customers"}),
    "a folder may end in a slash": ("assets/stg/", {"stg.orders", "stg.customers"}),
    "a star in a path": ("assets/*/orders.sql", {"stg.orders"}),
    "a path with blanks in quotes": ('"assets/my marts/weekly.sql"', {"marts.ops.weekly"}),
    "all upstream": ("+stg.orders", {"stg.orders", "raw.orders"}),
    "all downstream": (
        "stg.orders+",
        {"stg.orders", "int.enriched", "marts.daily", "marts.ltv", "marts.ops.weekly"},
    ),
    "upstream by depth": ("1+int.enriched", {"int.enriched", "stg.orders", "stg.customers"}),
    "downstream by depth": (
        "stg.orders+2",
        {"stg.orders", "int.enriched", "marts.daily", "marts.ltv"},
    ),
    "depth nought is the asset itself": ("0+marts.daily", {"marts.daily"}),
    "both ways is a union, not a detour": (
        "1+marts.daily+1",
        {"int.enriched", "marts.daily", "marts.ops.weekly"},
    ),
    "all ways from a source": (
        "+raw.orders+",
        set(KEYS) - {"raw.customers", "stg.customers"},
    ),
    "a plus behind brackets": (
        "(stg.orders or stg.customers)+1",
        {"stg.orders", "stg.customers", "int.enriched"},
    ),
    "a plus in front of brackets": (
        "1+(marts.daily and tag:nightly)",
        {"marts.daily", "int.enriched"},
    ),
    "a plus at a facet": ("tag:nightly+1", {"marts.daily", "marts.ltv", "marts.ops.weekly"}),
    "words side by side are a union": ("stg.orders marts.ltv", {"stg.orders", "marts.ltv"}),
    "plus at the second word": ("marts.ltv +stg.orders", {"marts.ltv", "stg.orders", "raw.orders"}),
    "or is a union": ("stg.orders or marts.ltv", {"stg.orders", "marts.ltv"}),
    "and is an intersection": ("marts.* and tag:nightly", {"marts.daily", "marts.ltv"}),
    "not is the rest": ("not owner:data", {"raw.orders", "raw.customers"}),
    "not not is nothing": ("not not stg.orders", {"stg.orders"}),
    "and binds before or": (
        "stg.orders or marts.* and tag:nightly",
        {"stg.orders", "marts.daily", "marts.ltv"},
    ),
    "and binds before a blank": (
        "stg.orders marts.* and tag:nightly",
        {"stg.orders", "marts.daily", "marts.ltv"},
    ),
    "not binds before and": ("marts.* and not tag:nightly", {"marts.ops.weekly"}),
    "brackets bind first": ("marts.* and not (tag:nightly or *.weekly)", set[str]()),
    "operators in capitals": ("marts.* AND NOT tag:nightly", {"marts.ops.weekly"}),
    "not may stand at a bracket": ("not(stg.* or int.*) and *.orders", {"raw.orders"}),
    "tags": ("tag:nightly", {"marts.daily", "marts.ltv"}),
    "a value with blanks in quotes": ('tag:"for people"', {"marts.ltv"}),
    "a star in a value": ("owner:da*", {*EDGES, "raw.orders"}),
    "kinds": ("kind:source", {"raw.orders", "raw.customers"}),
    "groups": ("group:marts and *.daily", {"marts.daily"}),
    "states": ("state:stale", {"marts.ltv"}),
    "a state that nothing is in is empty": ("state:missing", set[str]()),
    "blanks and line ends do not count": (
        "  stg.orders\n or\tmarts.ltv ",
        {"stg.orders", "marts.ltv"},
    ),
}


@pytest.mark.parametrize(("text", "keys"), MEANINGS.values(), ids=MEANINGS)
def test_a_selection_means(text: str, keys: set[str]) -> None:
    assert resolve(parse(text), SHOP) == keys


TREES: dict[str, tuple[str, Selection]] = {
    "or stays flat": (
        "a b or c",
        Or(parts=(Keys(pattern="a"), Keys(pattern="b"), Keys(pattern="c"))),
    ),
    "brackets keep their shape": (
        "(a and b) and c",
        And(parts=(And(parts=(Keys(pattern="a"), Keys(pattern="b"))), Keys(pattern="c"))),
    ),
    "not takes the plus along": ("not a+", Not(of=Reach(of=Keys(pattern="a"), down=None))),
    "a quoted operator is a word": ('"and"', Keys(pattern="and")),
    "a quoted colon is a word": ('"tag:x"', Keys(pattern="tag:x")),
    "two quotes are one": ('tag:"a""b"', Facet(method="tag", value='a"b')),
    "a method name in front only": ("tag:a:b", Facet(method="tag", value="a:b")),
}


@pytest.mark.parametrize(("text", "tree"), TREES.values(), ids=TREES)
def test_a_text_is_read_as(text: str, tree: Selection) -> None:
    assert parse(text) == tree
    assert parse(render(tree)) == tree


# text, the sentence, what the caret stands under, the help
UNREADABLE = {
    "nothing at all": (" ", "the selection is empty", "", "leave it out"),
    "an operator without its right": ("stg.orders and", "a word or a bracket is missing", "", ""),
    "an operator without its left": ("or stg.orders", "a word or a bracket is missing", "or", ""),
    "an open bracket": ("a or (b and c", "this bracket is never closed", "(", ""),
    "a bracket too many": ("(a or b))", 'there is no "(" for this ")"', ")", ""),
    "empty brackets": ("a or ()", "a word or a bracket is missing", ")", ""),
    "an open quote": ('tag:"nightly', "quote is never closed", '"', ""),
    "a plus between blanks": ("a + b", "this + stands neither", "+", '"2+x"'),
    "a plus between words": ("a+b", "this + stands neither", "+", "blank"),
    "two pluses": ("++a", "this + stands neither", "+", '"2+x"'),
    "a plus at an operator": ("a and+ b", "a word or a bracket is missing", "+", ""),
    "an open quote after a word": ('a or b"c', "quote is never closed", '"', ""),
    "a word at a bracket": ("roots(a)", "two words stick together", "(", "blank"),
    "a word at a quote": ('a"b"', "two words stick together", '"b"', "blank"),
    "a method without a value": ("a or tag:", 'a ":" stands between', "tag:", "tag:nightly"),
    "a value without a method": (":nightly", 'a ":" stands between', ":nightly", "tag:nightly"),
    "a hundred brackets and one": ("(" * 101 + "a" + ")" * 101, "more than 100 deep", "(", ""),
    "a hundred nots and one": ("not " * 101 + "a", "more than 100 deep", "not", ""),
    "thirty thousand brackets": ("(" * 30_000, "more than 100 deep", "(", ""),
}


def marked(error: UsageError) -> str:
    """Return what the caret of an error stands under."""
    _, line, caret = error.message.split("\n")
    return line[caret.index("^") : caret.rindex("^") + 1]


@pytest.mark.parametrize(("text", "sentence", "under", "help"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_pointed_at(text: str, sentence: str, under: str, help: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert sentence in caught.value.message.split("\n")[0]
    assert marked(caught.value) == under
    assert help in caught.value.help


# text, what the caret stands under, the help
EMPTY = {
    "an unknown key": ("+stg.ordres or *", "stg.ordres", 'did you mean "stg.orders"?'),
    "an unknown key under not": ("not stg.ordres", "stg.ordres", 'did you mean "stg.orders"?'),
    "a pattern without a match": ("zzz.*", "zzz.*", '"marts.daily"'),
    "an unknown file": ("assets/stg/order.sql", "assets/stg/order.sql", "assets/stg/orders.sql"),
    "a path from elsewhere": ("/x/y/z", "/x/y/z", "the project's root"),
    "a comma": ("stg.orders,marts.ltv", "stg.orders,marts.ltv", "comma"),
    "a foreign operator": ("stg.orders && marts.ltv", "&&", 'write "and"'),
    "an unknown method": ("tga:nightly", "tga:nightly", 'did you mean "tag:"?'),
    "an unknown tag": ("* and tag:nigthly", "tag:nigthly", 'did you mean "nightly"?'),
    "a tag unlike any": ("tag:zzz", "tag:zzz", "known: for people, nightly"),
    "an unknown state": ("state:stael", "state:stael", 'did you mean "stale"?'),
    "the empty word": ('""', '""', "keys look like"),
}


@pytest.mark.parametrize(("text", "under", "help"), EMPTY.values(), ids=EMPTY)
def test_what_matches_nothing_is_an_error(text: str, under: str, help: str) -> None:
    with pytest.raises(UsageError) as caught:
        resolve(parse(text), SHOP)
    assert marked(caught.value) == under
    assert help in caught.value.help


def test_a_selection_built_by_hand_points_into_its_own_rendering() -> None:
    with pytest.raises(UsageError) as caught:
        resolve(Not(of=Facet(method="tag", value="no such")), SHOP)
    assert marked(caught.value) == 'tag:"no such"'


def test_a_chain_of_ten_thousand_assets_is_walked_to_its_end() -> None:
    keys = tuple(f"chain.a{number}" for number in range(10_000))
    upstream = {key: (before,) for before, key in pairwise(keys)}
    chain = Selectable(
        keys=keys, upstream=upstream, downstream=reversed_edges(upstream), facets={}, files={}
    )
    assert resolve(parse(f"+{keys[-1]}"), chain) == frozenset(keys)
    assert resolve(parse(f"{keys[0]}+9998"), chain) == frozenset(keys[:-1])
