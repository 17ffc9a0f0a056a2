"""Words: where names come apart, what is taken away from them, and what is marked in a text."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshline_catalog.search.words import Range, fold, marks, words

SPLIT = {
    "a key at its dots and underscores": ("staging.net_amount", ("staging", "net", "amount")),
    "camel case at its humps": ("netAmountEur", ("net", "amount", "eur")),
    "capitals before the last of them": ("parseSQLFile", ("parse", "sql", "file")),
    "capitals alone not at all": ("NET_AMOUNT", ("net", "amount")),
    "digits stay where they are": ("clv_12m", ("clv", "12m")),
    "hyphens and slashes": ("web-shop/orders", ("web", "shop", "orders")),
    "accents are taken away": ("Umsätze größe", ("umsatze", "grosse")),
    "wide letters become narrow ones": ("\N{FULLWIDTH LATIN CAPITAL LETTER O}rders", ("orders",)),
    "a script without capitals": ("売上高_店舗", ("売上高", "店舗")),
    "cyrillic": ("Загрузка складов", ("загрузка", "складов")),
    "signs are no words": ('"*+-:()', ()),
}


@pytest.mark.parametrize(("text", "found"), SPLIT.values(), ids=SPLIT)
def test_names_come_apart(text: str, found: tuple[str, ...]) -> None:
    assert words(text) == found


MARKED: dict[str, tuple[str, tuple[str, ...], list[str]]] = {
    "the whole word that begins so": ("daily orders", ("ord",), ["orders"]),
    "neighbours as one": ("x.net_amount_eur", ("net", "amount"), ["net_amount"]),
    "the hump that is meant": ("grossNetAmount", ("net",), ["Net"]),
    "what had accents": ("je Straße", ("strasse",), ["Straße"]),
    "nothing for nothing": ("orders", (), []),
    "not the middle of a word": ("reorders", ("orders",), []),
}


@pytest.mark.parametrize(("text", "wanted", "found"), MARKED.values(), ids=MARKED)
def test_what_matched_is_marked(text: str, wanted: tuple[str, ...], found: list[str]) -> None:
    assert [text[start:end] for start, end in marks(text, wanted)] == found


@given(st.text(), st.text(max_size=3))
def test_marks_lie_apart_in_order_and_within_the_text(text: str, beginning: str) -> None:
    ends = [Range(0, 0), *marks(text, words(beginning))]
    for before, after in pairwise(ends):
        assert before.end <= after.start < after.end <= len(text)


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert words(" ".join(words(text))) == words(text)


@given(st.text())
def test_words_hold_no_signs(text: str) -> None:
    assert all(word and '"' not in word and not word.isspace() for word in words(text))


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_of_plain_letters_only_the_case_is_taken_away(text: str) -> None:
    assert fold(text) == text.lower()
