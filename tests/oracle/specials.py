"""Constructs that are easily got wrong, as they stand in specials.sql."""

from pathlib import Path
from typing import NamedTuple

from tests.oracle.projects import NUMBER, TEXT, Field


class Form(NamedTuple):
    """One construct: the template, its columns (none: those of its upstream), its traps."""

    template: str
    out: str
    traps: frozenset[str]
    loose: bool
    volatile: bool


def _read() -> dict[str, Form]:
    found: dict[str, Form] = {}
    _, *parts = (Path(__file__).parent / "specials.sql").read_text().split("\n\n")
    for part in parts:
        head, text = part.strip().split("\n")
        name, out, traps, more = (word.strip() for word in f"{head} |".split("|")[:4])
        found[name.removeprefix("-- ")] = Form(
            template=text.removesuffix(";"),
            out=out,
            traps=frozenset(traps.split()),
            loose="loose" in more,
            volatile="volatile" in more,
        )
    return found


FORMS = _read()
_KINDS = {"n": NUMBER, "s": TEXT}


def fields_of(form: Form, picks: dict[str, str]) -> list[Field]:
    """Return the columns of a construct, none where they are those of its upstream."""
    found: list[Field] = []
    for word in form.out.split():
        name, kind = word.split(":")
        found.append(Field(picks[name[1]] if name[0] == "{" else name, _KINDS[kind]))
    return found
