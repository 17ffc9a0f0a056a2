"""Diagnostic codes: the table names every code that is given, and none that is not."""

import re
from pathlib import Path

import pytest

from freshline.codes import CODES

_ENGINE = Path(__file__).parent.parent.parent / "engine/freshline"
_GIVEN = re.compile(r'"([EW]\d{3})"')


def _given() -> set[str]:
    texts = (p.read_text() for p in _ENGINE.rglob("*.py") if p.name != "codes.py")
    return {code for text in texts for code in _GIVEN.findall(text)}


def test_every_code_that_is_given_is_in_the_table() -> None:
    assert _given() - CODES.keys() == set()


def test_every_code_in_the_table_is_given() -> None:
    assert CODES.keys() - _given() == set()


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_title_is_a_phrase(code: str) -> None:
    title = CODES[code]
    assert (title and title[0].islower()) or title.startswith("SQL")
    assert not title.endswith(".")
