"""`show` tells of code what runs, where, and what it is given; `history` what it told."""

from dataclasses import replace

import pytest
from tests.unit.test_code_entries import CODE, FILE, of_code

from freshline.calls import Datum
from freshline.cli.code_facts import code_facts, code_lines
from freshline.cli.telling import briefly
from freshline.code import Location
from freshline.definitions import ProjectDefinition

RISK = Location(name="risk", path="risk", python="3.12", requirements="risk/requirements.txt")
PROJECT = ProjectDefinition(name="p", locations=(RISK,))


def test_code_is_told_in_lines() -> None:
    assert code_lines(code_facts(of_code(CODE), CODE, PROJECT)) == [
        f"  runs         {FILE}:churn",
        f"  at           {FILE}:7",
        "  location     risk (python 3.12, risk/requirements.txt)",
        f"  comes from   {FILE}, lib/rates.py",
        "  packages     pandas 2.2.3, numpy 2.0.0",
        '  config       rounds=3, api_token=***, deep={"password":"***"}',
        "  resources    shop=warehouse",
        "  reads env    REGION",
        "",
        "parameter  is                 as      columns",
        "---------  -----------------  ------  -------",
        "customers  staging.customers  pandas  x",
    ]


def test_a_command_that_gives_files_and_runs_always() -> None:
    code = replace(
        CODE,
        function="",
        command=("Rscript", "plot it.R"),
        inputs=(),
        pure=False,
        returns="path",
    )
    lines = code_lines(code_facts(of_code(code), code, PROJECT))
    assert lines[0] == "  runs         Rscript 'plot it.R'"
    assert lines[-2:] == ["  runs always  yes: it is not pure", "  gives        files"]


BRIEF = {
    "a share": ({"auc": Datum("float", 0.931234567)}, "auc 0.931235"),
    "a count": ({"rows": Datum("int", 12345)}, "rows 12,345"),
    "nothing of a secret": ({"api_token": Datum("text", "abc")}, "api_token ***"),
    "yes": ({"converged": Datum("bool", True)}, "converged yes"),
    "a long text": ({"note": Datum("markdown", "word " * 20)}, f"note {('word ' * 8)[:39]}…"),
    "a table": ({"top": Datum("table", {"columns": ["a"], "rows": [[1]]})}, "top 1 row"),
    "a picture": (
        {"plot": Datum("image", {"media_type": "image/png", "data": ""})},
        "plot image/png",
    ),
    "plain data": ({"p": Datum("json", {"a": [1]})}, 'p {"a":[1]}'),
    "many": ({name: Datum("int", 1) for name in "abcdef"}, "a 1, b 1, c 1, d 1 (+2)"),
}


@pytest.mark.parametrize(("metadata", "expected"), BRIEF.values(), ids=BRIEF)
def test_metadata_in_a_few_words(metadata: dict[str, Datum], expected: str) -> None:
    assert briefly(metadata) == expected
