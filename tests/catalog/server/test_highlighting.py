"""Code with colours: the text is the text, whatever stands in it, and every line has an anchor."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.catalog.server.html import parsed

from freshline_catalog.server.highlighting import LONGEST, diffed, highlighted


def lines_of(html: str) -> list[str]:
    """Return the lines of code as a browser would copy them, without their numbers."""
    found: list[str] = []
    for line in parsed(html).all("span", class_="line"):
        number = line.children[0]
        assert number.has(class_="ln")
        found.append(line.content[len(number.text) :].removesuffix("\n"))
    return found


SOURCES = {
    "a query": "SELECT a, 'x' -- why\nFROM b",
    "nothing": "",
    "an empty line in the middle": "SELECT 1\n\nFROM b",
    "blanks before the first line": "  SELECT 1",
    "what looks like HTML": "SELECT '<script>alert(1)</script>' AS \"a&b\"",
    "a comment over lines": "/* one\ntwo\nthree */ SELECT 1",
    "a text over lines": "SELECT 'one\ntwo'",
    "what is no SQL at all": "}{ \\ ∞ \u202e $$ ...",
    "a tab": "SELECT\t1",
}


@pytest.mark.parametrize("text", SOURCES.values(), ids=SOURCES)
def test_every_line_is_there_as_it_was_written(text: str) -> None:
    html = highlighted(text)
    assert "\n".join(lines_of(html)).replace("\t", " ") == text.replace("\t", " ")


def test_lines_are_numbered_from_where_they_stand_in_the_file() -> None:
    lines = parsed(highlighted("a\nb", first=12, prefix="R")).all("span", class_="line")
    assert [line.attributes["id"] for line in lines] == ["R12", "R13"]
    assert [line.children[0].text for line in lines] == ["12", "13"]


def test_keywords_texts_and_comments_have_classes_and_no_style() -> None:
    html = highlighted("SELECT 'x', 1 -- why")
    for name in ("c-k", "c-s", "c-m", "c-c"):
        assert f'class="{name}"' in html
    assert "style=" not in html


def test_a_language_that_nobody_knows_is_shown_plain() -> None:
    assert lines_of(highlighted("a <b>", language="klingon")) == ["a <b>"]


def test_what_is_too_long_to_colour_is_shown_plain() -> None:
    text = "SELECT 1 -- x\n" * (LONGEST // 10)
    assert "c-k" not in highlighted(text)


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=100))
def test_no_text_becomes_markup(text: str) -> None:
    assert all(element.name in ("code", "span") for element in parsed(highlighted(text)).within())


def test_a_difference_marks_what_came_and_what_went() -> None:
    page = parsed(diffed("SELECT a\nFROM b\n", "SELECT <c>\nFROM b\n"))
    assert page.one(class_="c-gd").text == "-SELECT a"
    assert page.one(class_="c-gi").text == "+SELECT <c>"


def test_equal_texts_have_no_difference() -> None:
    assert parsed(diffed("a", "a")).all("span") == []
