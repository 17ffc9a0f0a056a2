"""Macros: whose logic they are part of, what they may do, and what follows when one is broken."""

from pathlib import Path

import pytest

from freshline.declare.project import read_project
from freshline.definitions import Declared, MacroDefinition, ProjectDefinition
from freshline.errors import Span
from freshline.lineage.binder import Binder
from freshline.lineage.compile import compile_graph
from freshline.lineage.graph import Graph
from freshline.lineage.macros import Macros, compile_macros


def macros(*statements: str) -> Macros:
    found = (
        MacroDefinition(
            name=text.split("(")[0].split()[-1].lower(),
            file="macros/m.sql",
            span=Span(file="macros/m.sql", line=1, column=14),
            text=text,
        )
        for text in statements
    )
    binder = Binder()
    try:
        return compile_macros(
            binder, Declared(project=ProjectDefinition(name="p"), macros=tuple(found))
        )
    finally:
        binder.close()


def project(root: Path, asset: str, *statements: str) -> Graph:
    (root / "assets/m").mkdir(parents=True, exist_ok=True)
    (root / "macros").mkdir(exist_ok=True)
    (root / "freshline.yaml").write_text("project: p\n")
    (root / "assets/m/a.sql").write_text(asset)
    (root / "macros/m.sql").write_text(";\n".join(statements) + ";\n")
    graph, _ = compile_graph(read_project(root), root, {})
    return graph


def version(root: Path, asset: str, *statements: str) -> str:
    return project(root, asset, *statements).assets["m.a"].code_version


def test_a_macro_calls_one_that_stands_behind_it() -> None:
    found = macros(
        "CREATE MACRO a(x) AS b(x) + 1", "CREATE MACRO b(x) AS c(x)", "CREATE MACRO c(x) AS x"
    )
    assert found.known["a"].calls == ("b", "c")
    assert [m.definition.name for m in found.called("SELECT A (1)")] == ["a", "b", "c"]
    assert found.called("SELECT a, b FROM c") == ()


ASSET = "SELECT outer_(2) AS x, 1 AS y"
INNER, OUTER = "CREATE MACRO inner_(x) AS x + 1", "CREATE MACRO outer_(x) AS inner_(x)"
OTHER = "CREATE MACRO other(x) AS x"


@pytest.mark.parametrize(
    ("edited", "same"),
    [
        ((INNER.replace("+ 1", "+ 2"), OUTER, OTHER), False),
        ((INNER, OUTER.replace("inner_(x)", "inner_(x) * 2"), OTHER), False),
        ((INNER, OUTER, OTHER.replace("AS x", "AS x + 5")), True),
        ((INNER.replace("x + 1", "x  +  1 -- more"), OUTER, OTHER), True),
        ((INNER, OUTER), True),
    ],
    ids=[
        "an edit of what is called by what is called counts",
        "an edit of what is called counts",
        "an edit of another does not",
        "neither does formatting",
        "nor that another one is gone",
    ],
)
def test_a_macro_is_logic_of_its_callers_alone(
    edited: tuple[str, ...], same: bool, tmp_path: Path
) -> None:
    before = version(tmp_path, ASSET, INNER, OUTER, OTHER)
    # A comment ends its line: the semicolon comes on the next.
    after = version(tmp_path, ASSET, *(f"{text}\n" for text in edited))
    assert (before == after) is same


def test_what_a_macro_picks_by_order_makes_its_callers_sensitive_to_it(tmp_path: Path) -> None:
    text = "SELECT pick(x) AS x FROM (VALUES (1), (2)) AS t(x)"
    assert project(tmp_path, text, "CREATE MACRO pick(x) AS first(x)").assets["m.a"].order_sensitive
    plain = project(tmp_path, text, "CREATE MACRO pick(x) AS max(x)")
    assert not plain.assets["m.a"].order_sensitive


def test_what_a_macro_draws_by_lot_makes_its_callers_opaque(tmp_path: Path) -> None:
    drawn = project(tmp_path, "SELECT lot() AS x", "CREATE MACRO lot() AS random()")
    assert drawn.assets["m.a"].opaque


def test_a_broken_macro_takes_its_callers_down_and_nobody_else() -> None:
    found = macros(
        "CREATE MACRO bad(x) AS nothing_of_that_name(x)",
        "CREATE MACRO upon(x) AS bad(x)",
        "CREATE MACRO good(x) AS x",
    )
    assert list(found.known) == ["good"]
    assert list(found.broken) == ["bad", "upon"]
    assert found.missed("SELECT upon(1)") == "upon"
    assert found.missed("SELECT good(1)") is None


@pytest.mark.parametrize(
    "text",
    [
        "CREATE MACRO m() AS (SELECT max(x) FROM stg.orders)",
        "CREATE MACRO m(p) AS TABLE SELECT * FROM read_csv(p)",
        "CREATE MACRO m() AS TABLE FROM 'file.csv'",
        "CREATE MACRO m(t) AS TABLE SELECT * FROM query_table(t)",
        "CREATE MACRO m() AS (SELECT count(*) FROM information_schema.tables)",
    ],
    ids=["an asset", "a file", "a file by its name", "whatever it is told", "the database"],
)
def test_a_macro_may_not_read(text: str) -> None:
    assert list(macros(text).broken) == ["m"]
