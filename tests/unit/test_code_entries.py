"""Entries of what code makes: what runs, where, and what it is given; secrets stay out of it."""

import json
from dataclasses import replace

import pytest
from tests.unit.facts import Tale, asset

from freshline import codec
from freshline.cli.surveying import without_secrets_in
from freshline.code import Code, CodeInput, Location
from freshline.definitions import SqlText
from freshline.errors import Span
from freshline.lineage.columns import Transformation
from freshline.lineage.graph import Asset
from freshline.lineage.hops import Hops
from freshline.reconcile.entries import entries, traced_by
from freshline.reconcile.plan import make_plan
from freshline.reconcile.planned import Wish
from freshline.survey import Entry, EntryCode, EntryParameter, Language
from freshline.versions import Window

SOURCE = "def churn(customers):\n    return customers\n"
FILE = "assets/marts/models.py"
CODE = Code(
    location="risk",
    function=f"{FILE}:churn",
    inputs=(CodeInput(name="customers", key="customers", columns=("x",), form="pandas"),),
    config={"rounds": 3, "api_token": "abc", "deep": {"password": "def"}},
    resources={"shop": "warehouse"},
    reads_env=("REGION",),
    packages={"pandas": "2.2.3", "numpy": "2.0.0"},
    files=(FILE, "lib/rates.py"),
)


def of_code(code: Code) -> Asset:
    """Return an asset that this code makes from staging.customers."""
    plain = asset("marts.churn", 'FROM "\x01staging.customers"', ("staging.customers",))
    definition = replace(
        plain.definition,
        file=FILE,
        code=code,
        sql=SqlText(text="", original=SOURCE, file=FILE, line=7),
    )
    return replace(plain, definition=definition, parameters=(("customers", "staging.customers"),))


def entry_of(code: Code) -> Entry:
    facts = Tale({"staging.customers": (), "marts.churn": ("staging.customers",)}).facts()
    graph = facts.graph
    project = replace(graph.project, locations=(Location(name="risk", path="risk", python="3.12"),))
    graph = replace(graph, project=project, assets={**graph.assets, "marts.churn": of_code(code)})
    facts = replace(facts, graph=graph)
    found = entries(make_plan(facts, Wish()), facts, {}, str)
    return next(entry for entry in found if entry.key == "marts.churn")


def test_an_entry_says_what_runs_and_what_it_is_given() -> None:
    entry = entry_of(CODE)
    assert (entry.language, entry.sql, entry.query) == (Language.PYTHON, "", "")
    assert entry.code == EntryCode(
        function=f"{FILE}:churn",
        source=SOURCE,
        place=Span(file=FILE, line=7, column=1),
        location="risk",
        python="3.12",
        files=(FILE, "lib/rates.py"),
        config=CODE.config,
        resources=(("shop", "warehouse"),),
        reads_env=("REGION",),
        packages=(("numpy", "2.0.0"), ("pandas", "2.2.3")),
        parameters=(EntryParameter("customers", "staging.customers", ("x",), "pandas"),),
    )


LANGUAGES = {
    "a function": (CODE, Language.PYTHON, False),
    "a command": (replace(CODE, function="", command=("Rscript", "a.R")), Language.COMMAND, False),
    "a function that makes files": (replace(CODE, returns="path"), Language.PYTHON, True),
}


@pytest.mark.parametrize(("code", "language", "is_files"), LANGUAGES.values(), ids=LANGUAGES)
def test_the_language_of(code: Code, language: Language, is_files: bool) -> None:
    entry = entry_of(code)
    assert entry.code is not None
    assert (entry.language, entry.code.makes_files) == (language, is_files)


def test_what_is_kept_for_pages_has_no_secrets() -> None:
    code = without_secrets_in(entry_of(CODE)).code
    assert code is not None
    assert code.config == {"rounds": 3, "api_token": "***", "deep": {"password": "***"}}


def test_an_entry_comes_back_from_its_text() -> None:
    entry = entry_of(CODE)
    assert codec.decode(codec.encode(entry), Entry) == entry


def test_an_entry_that_was_written_before_there_was_code_is_read() -> None:
    told = json.loads(codec.encode(entry_of(CODE)))
    del told["language"], told["code"]
    old = codec.decode(json.dumps(told), Entry)
    assert (old.key, old.language, old.code) == ("marts.churn", None, None)


def test_nobody_says_which_column_code_makes_from_which() -> None:
    plain = Tale({"staging.customers": (), "marts.churn": ("staging.customers",)}).graph()
    window = Window(("x",), ordered=True)
    asset = replace(of_code(CODE), windows=(("staging.customers", window),))
    hops = Hops(replace(plain, assets={**plain.assets, "marts.churn": asset})).into("marts.churn")
    assert {(str(hop.origin), str(hop.reader), hop.kind) for hop in hops} == {
        ("staging.customers.x", "marts.churn (rows)", Transformation.OPAQUE),
        ("staging.customers (rows)", "marts.churn (rows)", Transformation.INDIRECT),
    }


def test_what_code_is_given_is_part_of_what_its_lineage_hangs_on() -> None:
    graph = Tale({"staging.customers": (), "marts.churn": ("staging.customers",)}).graph()
    asset = of_code(CODE)
    narrow = replace(asset, windows=(("staging.customers", Window(())),))
    assert traced_by(asset, graph) != traced_by(narrow, graph)
