"""Pairs of projects by hand: what was once wrong is right, and unsound rules do not pass."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field

import pytest
from tests.oracle.author import MACROS
from tests.oracle.projects import NUMBER, TEXT, Field, Model, Project, Query, Source, Special
from tests.oracle.seeded import SEEDED
from tests.oracle.swift import swift
from tests.oracle.world import World, WronglyFresh

ROWS = [(1, 1, 5, "x"), (2, 2, 4, "y"), (3, None, 3, "x"), (4, 1, 2, None), (4, 1, 2, None)]
FIELDS = [Field("id", NUMBER), Field("n", NUMBER), Field("m", NUMBER), Field("s", TEXT)]
TYPES = ["INTEGER", "INTEGER", "INTEGER", "VARCHAR"]


@dataclass
class Pair:
    """Queries by asset before an edit; what of them, of macros and of rows is another after it."""

    before: dict[str, str]
    after: dict[str, str] = field(default_factory=dict[str, str])
    macros: dict[str, str] = field(default_factory=dict[str, str])
    rows: list[tuple[object, ...]] | None = None

    def projects(self) -> tuple[Project, Project]:
        """Return both projects. A name that begins with v is a view's."""
        source = Source(list(FIELDS), list(TYPES), list(ROWS))
        variables = {"shift": 1, "most": 5}
        one = Project({"raw.a": source}, models(self.before), dict(MACROS), variables)
        other = deepcopy(one)
        other.models |= models(self.after)
        other.macros |= self.macros
        if self.rows is not None:
            other.sources["raw.a"].rows = self.rows
        return one, other


def models(texts: dict[str, str]) -> dict[str, Model]:
    found: dict[str, Model] = {}
    for key, text in texts.items():
        view, loose = text.startswith("view "), "LIMIT" in text or "POSITIONAL" in text
        sql = text.removeprefix("view ")
        special = Special("by hand", sql, {}, [], loose=loose)
        read = sql.split(" FROM ")[1].split()[0].strip("(),")
        found[key] = Model(Query([], read, special=special, star=True), "view" if view else "table")
    return found


@pytest.fixture
def world() -> Iterator[World]:
    with swift(1):
        made = World(Project({}, {}, {}, {}))
        yield made
        made.close()


ONCE_WRONG = {
    "rows by position behind other rows in another order": Pair(
        {
            "w.a": "SELECT id, n FROM raw.a ORDER BY id",
            "w.b": "SELECT p.id, q.m FROM w.a AS p POSITIONAL JOIN raw.a AS q",
        },
        {"w.a": "SELECT id, n FROM raw.a ORDER BY id DESC"},
    ),
    "a semi join that works out what it does not use": Pair(
        {
            "w.b": "SELECT p.n, sum(p.id) AS q FROM (SELECT DISTINCT n, id FROM raw.a) AS p"
            " SEMI JOIN raw.a AS t ON p.n = t.id GROUP BY 1"
        },
        {"w.b": "SELECT n FROM raw.a"},
    ),
    "a macro that calls one of a later name": Pair(
        {"w.a": "SELECT thrice(n) AS p FROM raw.a", "w.b": "SELECT p FROM w.a"},
        macros={"thrice": "CREATE MACRO thrice(a) AS a + twice(a)"},
    ),
    "a type that decides though its column is not read": Pair(
        {
            "w.a": "SELECT id, n, m FROM raw.a",
            "w.b": "SELECT typeof(n + m) AS p, id FROM w.a",
            "w.c": "SELECT id, (CASE WHEN 1 = 0 THEN n ELSE id END)::varchar AS p FROM w.a",
            "w.d": "SELECT id FROM w.a UNION ALL SELECT n FROM w.a WHERE 1 = 0",
        },
        {"w.a": "SELECT id, n::double AS n, m FROM raw.a"},
    ),
    "a view that is the same query, over what is a view now": Pair(
        {"w.a": "SELECT id, n FROM raw.a", "w.b": "view SELECT 7 AS p FROM w.a WHERE 7 < 5"},
        {"w.a": "view SELECT id, n FROM raw.a"},
    ),
    "a view that is the same query, but names a column that is gone": Pair(
        {
            "w.a": "SELECT id, n AS p FROM raw.a",
            "w.v": "view SELECT id, p FROM w.a",
            "w.x": "view SELECT id FROM w.v",
        },
        {"w.a": "SELECT id, n AS q FROM raw.a", "w.v": "view SELECT id, q FROM w.a"},
    ),
    "a view that is the same query, over what is a table now": Pair(
        {"w.a": "view SELECT id, n FROM raw.a", "w.b": "view SELECT 7 AS p FROM w.a WHERE 7 < 5"},
        {"w.a": "SELECT id, n FROM raw.a"},
    ),
}


@pytest.mark.parametrize("pair", ONCE_WRONG.values(), ids=ONCE_WRONG)
def test_what_was_once_wrong_is_right(world: World, pair: Pair) -> None:
    for project in (*pair.projects(), *pair.projects()):
        world.settle(project)


_FILTERED = Pair(
    {"w.a": "SELECT id, n FROM raw.a", "w.b": "SELECT id FROM w.a WHERE n > 1"},
    {"w.a": "SELECT id, n + 1 AS n FROM raw.a"},
)
_CHANGED = Pair(
    {"w.a": "SELECT id, n FROM raw.a", "w.b": "SELECT id, n FROM w.a"},
    {"w.a": "SELECT id, n + 1 AS n FROM raw.a"},
)
SHOWN_BY: dict[str, Pair] = {
    "windows without the columns of conditions": _FILTERED,
    "the hash of projected columns alone": _FILTERED,
    "types that do not count": Pair(
        _CHANGED.before, {"w.a": "SELECT id, n::bigint AS n FROM raw.a"}
    ),
    "a cut-off that does not count rows": Pair(
        {"w.a": "SELECT id FROM raw.a", "w.b": "SELECT count(*) AS p FROM w.a"},
        {"w.a": "SELECT id FROM raw.a WHERE n > 1"},
    ),
    "each column hashed alone": Pair(
        _CHANGED.before, rows=[(1, 2, 5, "x"), (2, 1, 4, "y"), *ROWS[2:]]
    ),
    "every text alike": _CHANGED,
    "no slice that changes": _CHANGED,
    "order that does not count": Pair(
        {"w.a": "SELECT id FROM raw.a ORDER BY id", "w.b": "SELECT id FROM w.a LIMIT 2"},
        {"w.a": "SELECT id FROM raw.a ORDER BY id DESC"},
    ),
    "views not looked through": Pair(
        {"w.a": "view SELECT id, n FROM raw.a", "w.b": "SELECT id, n FROM w.a"},
        {"w.a": "view SELECT id, n + 1 AS n FROM raw.a"},
    ),
    "macros that do not count": Pair(
        {"w.a": "SELECT twice(n) AS p FROM raw.a"},
        macros={"twice": "CREATE MACRO twice(a) AS a * 3"},
    ),
    "sources known by their names": Pair(_CHANGED.before, rows=[*ROWS, (5, 5, 5, "z")]),
    "a recheck that always cuts off": _CHANGED,
}


@pytest.mark.parametrize("pair", SHOWN_BY.values(), ids=SHOWN_BY)
def test_the_judge_agrees_with_the_product_on(world: World, pair: Pair) -> None:
    for project in pair.projects():
        world.settle(project)


@pytest.mark.parametrize("rule", SEEDED)
def test_the_judge_does_not_let_pass(
    world: World, rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil: Callable[[pytest.MonkeyPatch], None] = SEEDED[rule][0]
    one, other = SHOWN_BY[rule].projects()
    spoil(monkeypatch)
    world.settle(one)
    with pytest.raises(WronglyFresh):
        world.settle(other)
