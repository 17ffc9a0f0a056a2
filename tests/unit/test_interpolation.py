"""References in SQL: where they stand, what they become, and the way back to the file."""

import pytest

from freshline.declare.interpolation import Place, Values, regions, render
from freshline.definitions import SqlText

VALUES = Values(
    variables={
        "n": "10",
        "minus": "(-5)",
        "t": "'it''s'",
        "b": "TRUE",
        "d": "DATE '2024-01-31'",
        "l": "(1, 'a')",
        "unset": None,
    },
    environment="dev",
)


def sql(text: str) -> SqlText:
    return SqlText(text=text, original=text, file="a.sql")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("SELECT ${var.n}", "SELECT 10", id="a number"),
        pytest.param("SELECT 1-${var.minus}", "SELECT 1-(-5)", id="a minus that is no comment"),
        pytest.param("WHERE a=${var.t}", "WHERE a='it''s'", id="text with a quote"),
        pytest.param("WHERE ${var.b}", "WHERE TRUE", id="a truth"),
        pytest.param("a >= ${var.d}", "a >= DATE '2024-01-31'", id="a date"),
        pytest.param("a IN ${var.l}", "a IN (1, 'a')", id="a list"),
        pytest.param("IN (${var.n},${var.n})", "IN (10,10)", id="two side by side"),
        pytest.param("x[1:${var.n}]", "x[1:10]", id="in brackets"),
        pytest.param("-- ${var.x}\nSELECT 1", "-- ${var.x}\nSELECT 1", id="in a line comment"),
        pytest.param("/* /* */ ${var.x} */ 1", "/* /* */ ${var.x} */ 1", id="in nested comments"),
        pytest.param("SELECT '$${a}'", "SELECT '${a}'", id="escaped in a string"),
        pytest.param("SELECT $a$ $${b} $a$", "SELECT $a$ ${b} $a$", id="escaped in a dollar quote"),
        pytest.param('SELECT "$${a}"', 'SELECT "${a}"', id="escaped in a quoted name"),
        pytest.param("$${'a': 1}$$", "$${'a': 1}$$", id="a dollar quote that begins with a brace"),
        pytest.param("$$a$${b}", "$$a$${b}", id="a dollar quote that ends before a brace"),
        pytest.param("'\\' || ${var.t}", "'\\' || 'it''s'", id="a backslash is plain in a string"),
        pytest.param("E'\\'' || ${var.n}", "E'\\'' || 10", id="an escaped quote in an E string"),
        pytest.param("'😀é' || ${var.n}", "'😀é' || 10", id="behind wide characters"),
    ],
)
def test_references_become_one_literal_each(text: str, expected: str) -> None:
    rendered, problems = render(sql(text), VALUES)
    assert (rendered.text, problems) == (expected, ())
    assert rendered.original == text


@pytest.mark.parametrize(
    ("text", "code", "column", "fix"),
    [
        ("SELECT '%${var.t}%'", "E113", 10, "write `'%' || ${var.t} || '%'`"),
        ("SELECT '${var.t}${var.n}'", "E113", 9, "write `${var.t} || ${var.n}`"),
        ("SELECT '${var.t}'", "E113", 9, "write `${var.t}`"),
        ('SELECT "${var.t}"', "E113", 9, "a name cannot be put together"),
        ("SELECT $$ ${var.t} $$", "E113", 11, "write `${var.p} || '%'`"),
        ("SELECT 'open ${var.t}", "E113", 14, ""),
        ("FROM t_${var.t}", "E113", 8, "a name cannot be put together"),
        ("FROM ${var.t}_t", "E113", 6, "a name cannot be put together"),
        ("FROM s.${var.t}", "E113", 8, "put spaces around it"),
        ("SELECT 1.${var.n}", "E113", 10, "put spaces around it"),
        ("SELECT ${var.n}.5", "E113", 8, "put spaces around it"),
        ("SELECT 'a'${var.t}", "E113", 11, "put spaces around it"),
        ("SELECT ${var.t}'a'", "E113", 8, "put spaces around it"),
        ("SELECT ${var.n}${var.n}", "E113", 8, "put spaces around it"),
        ("SELECT é${var.n}", "E113", 9, "put spaces around it"),
        ("SELECT ${var.n", "E113", 8, "write `${var.name}`"),
        ("SELECT ${n}", "E113", 8, "did you mean `${var.n}`?"),
        ("SELECT ${vars.n}", "E113", 8, "did you mean `${var.n}`?"),
        ("SELECT ${ var.n }", "E113", 8, "did you mean `${var.n}`?"),
        ("SELECT ${}", "E113", 8, "write `${var.name}`"),
        ("SELECT ${var.minsu}", "E114", 8, 'did you mean "minus"?'),
        ("SELECT ${var.unset}", "E115", 8, "give it a `default:`"),
        *((f"SELECT ${{{later}}}", "E104", 8, "use a variable") for later in ("this", "start")),
        ("SELECT ${end}", "E104", 8, ""),
        ("SELECT ${env.UNSET}", "E117", 8, "export UNSET="),
        ("SELECT ${env.a-b}", "E113", 8, "${env.REGION}"),
        ("SELECT ${env.FRESHLINE_SECRET_A}", "E113", 8, "${secret.name}"),
        ("SELECT ${secret.a}", "E113", 8, "secrets belong in the settings of a storage"),
        ("SELECT ${partition.day}", "E104", 8, "use a variable"),
    ],
)
def test_misplaced_references_are_refused_where_they_stand(
    text: str, code: str, column: int, fix: str
) -> None:
    rendered, problems = render(sql(text), VALUES)
    assert problems[0].code == code
    assert problems[0].span is not None and problems[0].span.column == column
    assert fix in problems[0].fix
    assert rendered.variables == () or "${var.n}${" in text


def test_every_misplaced_reference_is_found() -> None:
    _, problems = render(
        sql("SELECT ${var.a}, '${var.n}'\n, ${var.b}, ${var.c} -- ${var.d}"), VALUES
    )
    places = [(p.span.line, p.span.column) for p in problems if p.span]
    assert places == [(1, 8), (1, 19), (2, 13)]


def test_an_unset_variable_names_its_environment() -> None:
    _, problems = render(sql("${var.unset}"), VALUES)
    assert '"dev"' in problems[0].message


def test_nothing_is_called_unknown_while_the_settings_are() -> None:
    _, problems = render(sql("${var.n}"), Values(variables={}, is_complete=False))
    assert [p.code for p in problems] == ["E115"]


def test_the_variables_that_were_read_are_recorded_once_in_order() -> None:
    rendered, _ = render(sql("${var.t}, ${var.n}, ${var.t} /* ${var.d} */"), VALUES)
    assert rendered.variables == ("t", "n")


def test_places_in_the_result_lead_back_to_the_file() -> None:
    rendered, _ = render(sql("SELECT ${var.n} AS a,\n  '$${x}', ${var.t} AS b, missing"), VALUES)
    assert rendered.text == "SELECT 10 AS a,\n  '${x}', 'it''s' AS b, missing"
    found = rendered.span(rendered.text.index("missing"), len("missing"))
    assert (found.line, found.column, found.length) == (2, 27, 7)
    inside = rendered.span(rendered.text.index("it''s"))
    assert (inside.line, inside.column, inside.length) == (2, 12, len("${var.t}"))


def test_text_without_references_is_the_same_value() -> None:
    plain = sql("SELECT 1")
    assert render(plain, VALUES) == (plain, ())


def test_a_text_is_divided_as_duckdb_divides_it() -> None:
    text = "a 'b''c' E'\\'' \"d\" $$e$$ $f$ $$ $f$ /* /* */ */ --g\n x$y$z 'open"
    found = [(region.place, text[region.start : region.end]) for region in regions(text)]
    assert found == [
        (Place.STRING, "'b''c'"),
        (Place.STRING, "E'\\''"),
        (Place.NAME, '"d"'),
        (Place.DOLLAR, "$$e$$"),
        (Place.DOLLAR, "$f$ $$ $f$"),
        (Place.COMMENT, "/* /* */ */"),
        (Place.COMMENT, "--g"),
        (Place.STRING, "'open"),
    ]
