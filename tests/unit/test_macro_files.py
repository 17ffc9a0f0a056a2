"""Files of macros: each statement told apart, named and kept whole."""

import pytest

from freshline.declare.assembly import assemble
from freshline.declare.project import declare_file, read_settings

SETTINGS = read_settings("project: shop\n")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("CREATE MACRO net(a) AS a / 1.19", "net"),
        ("create or replace macro Net(a, b := 1) as a * b", "net"),
        ("CREATE FUNCTION net(a) AS a", "net"),
        ('CREATE MACRO "My ""net"""(a) AS a', 'my "net"'),
        ("CREATE /* why */ MACRO net -- so\n(a) AS a", "net"),
        ("CREATE MACRO net(a) AS TABLE SELECT a AS x", "net"),
        ("CREATE MACRO net() AS 1, (a) AS a", "net"),
        ("CREATE MACRO net(a := ')') AS a || ';'", "net"),
        ("CREATE MACRO net(a) AS $$;$$ || a", "net"),
    ],
)
def test_a_statement_is_kept_whole(text: str, name: str) -> None:
    found = declare_file("macros/a.sql", f"-- A file;\n\n{text};\n-- the end;\n", SETTINGS)
    assert found.diagnostics == ()
    (macro,) = found.macros
    assert (macro.name, macro.text) == (name, text)
    assert macro.span.line == 3 + text[: text.lower().find("net")].count("\n")


def test_the_good_statements_of_a_file_stand() -> None:
    text = "CREATE MACRO a(x) AS x; CREATE MACR b(x) AS x; CREATE MACRO c(x) AS ';'"
    found = declare_file("macros/deep/a.sql", text, SETTINGS)
    assert [macro.name for macro in found.macros] == ["a", "c"]
    assert [(d.code, str(d.span)) for d in found.diagnostics] == [
        ("E118", "macros/deep/a.sql:1:25")
    ]
    declared = assemble(SETTINGS, [found])
    assert [macro.name for macro in declared.macros] == ["a", "c"]


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("SELECT 1", "write `CREATE MACRO"),
        ("CREATE MACRO a.b(x) AS x", "remove the schema"),
        ("CREATE TEMPORARY MACRO a(x) AS x", "remove TEMPORARY"),
        ("CREATE MACRO IF NOT EXISTS a(x) AS x", "remove IF NOT EXISTS"),
        ("CREATE MACRO a AS 1", "write `CREATE MACRO"),
        ("CREATE MACRO a(x) x", "write `CREATE MACRO"),
        ("CREATE MACRO a(x AS x", "write `CREATE MACRO"),
        ("CREATE MACRO a('x", "write `CREATE MACRO"),
        ("CREATE MACRO a(x) AS x + ${var.y}", "make it a parameter"),
    ],
)
def test_anything_else_is_refused_with_the_way_out(text: str, fix: str) -> None:
    found = declare_file("macros/a.sql", text, SETTINGS)
    assert found.macros == ()
    (problem,) = found.diagnostics
    assert fix in problem.fix
    assert problem.asset is None


def test_two_macros_of_one_name_are_told_and_both_left_out() -> None:
    parts = [
        declare_file("macros/a.sql", "CREATE MACRO net(x) AS x", SETTINGS),
        declare_file("macros/b.sql", "\nCREATE MACRO NET(x) AS x", SETTINGS),
    ]
    found = assemble(SETTINGS, reversed(parts))
    assert found.macros == ()
    (problem,) = found.diagnostics
    assert (problem.code, str(problem.span)) == ("E110", "macros/b.sql:2:14")
    assert [str(span) for span, _ in problem.related] == ["macros/a.sql:1:14"]


@pytest.mark.parametrize("text", ["", ";", " ; ;\n", "-- nothing\n", "/* nothing */;"])
def test_a_file_without_statements_declares_nothing(text: str) -> None:
    found = declare_file("macros/a.sql", text, SETTINGS)
    assert (found.macros, found.diagnostics) == ((), ())
