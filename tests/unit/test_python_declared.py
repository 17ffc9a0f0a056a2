"""Python files below assets/: what a worker told of them, as definitions with their places."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from freshline.calls import (
    Frame,
    FunctionKind,
    Raised,
    ToldFile,
    ToldFunction,
    ToldInput,
    ToldOutput,
    ToldParameter,
)
from freshline.code import Code, CodeCheck, CodeInput, Limits
from freshline.declare.assembly import assemble
from freshline.declare.declared import FileDeclared
from freshline.declare.process import ProcessVariables
from freshline.declare.project import declare_file, layers_of, read_settings, scope_of
from freshline.declare.python.reached import EnvRead, Reached
from freshline.declare.python.told import declare_python_file
from freshline.declare.python.version import Surroundings
from freshline.definitions import CheckKind, Kind
from freshline.errors import Diagnostic, Span
from freshline.refresh import Every

FILE = "assets/ml/models.py"
PROJECT = """project: shop
locations: {learning: assets/ml}
resources: {warehouse: {type: "lib.clients:Warehouse", url: x}}
defaults: {owner: data, tags: [shop]}
environments:
  prod:
  dev:
    assets: {ml.churn: {config: {days: 1}, tags: [dev]}}
"""
SOURCE = '''from freshline import Input, asset
from lib.clients import Warehouse


@asset(
    inputs={"customers": Input("stg.customers", columns=["id"])},
    columns={"id": "bigint!"},
    tags=["ml"],
    config={"days": 90},
    limits={"memory": "1GiB"},
    was="ml.old_churn",
)
def churn(customers, rates, warehouse: Warehouse, days=3):
    """Customers who left."""
    return customers
'''
CHURN = ToldFunction(
    kind=FunctionKind.ASSET,
    name="churn",
    line=5,
    end=15,
    parameters=(
        ToldParameter(name="customers", form="polars"),
        ToldParameter(name="rates"),
        ToldParameter(name="warehouse", resource="lib.clients:Warehouse"),
        ToldParameter(name="days", has_default=True),
    ),
    inputs={"customers": ToldInput(key="stg.customers", columns=("id",))},
    settings={
        "columns": {"id": "bigint!"},
        "tags": ["ml"],
        "config": {"days": 90},
        "limits": {"memory": "1GiB"},
        "was": "ml.old_churn",
    },
    description="Customers who left.",
    config="config",
    returns="polars",
)
REACHED = Reached(text="def churn(): ...", files=(FILE, "lib/clients.py"))


@dataclass(frozen=True, kw_only=True)
class Told:
    """A Python file as a worker told it, and what else it is declared with."""

    functions: tuple[ToldFunction, ...] = (CHURN,)
    text: str = SOURCE
    error: Raised | None = None
    environment: str = "prod"
    folder: str = ""
    reached: Reached | None = REACHED
    process: Mapping[str, str] = field(default_factory=dict[str, str])
    packages: str = "polars 1.0"
    project: str = PROJECT
    client: str = "class Warehouse: ..."

    def declared(self) -> FileDeclared:
        settings = read_settings(self.project)
        folder = declare_file("assets/ml/_folder.yaml", self.folder, settings)
        assert settings.diagnostics == folder.diagnostics == ()
        scope = scope_of(FILE, settings.scope(self.environment), layers_of([folder]))
        reach = {each.name: self.reached for each in self.functions if self.reached is not None}
        told = ToldFile(file=FILE, functions=self.functions, error=self.error)
        process = ProcessVariables(self.process)
        around = Surroundings(
            packages=self.packages,
            process=process,
            follow={"lib.clients:Warehouse": self.client}.__getitem__,
        )
        return declare_python_file(FILE, self.text, told, scope, reach, around)

    def code(self) -> Code:
        (found,) = self.declared().assets
        assert found.code is not None
        return found.code

    def problems(self) -> tuple[Diagnostic, ...]:
        return self.declared().diagnostics


def at(line: int, column: int, length: int, file: str = FILE) -> Span:
    return Span(file=file, line=line, column=column, length=length)


def test_a_decorated_function_is_an_asset_like_any_other() -> None:
    declared = Told(folder="kind: view\nretries: 2\n").declared()
    (found,) = declared.assets
    assert declared.diagnostics == ()
    assert (found.key, found.file, found.span) == ("ml.churn", FILE, at(13, 5, 5))
    assert (found.kind, found.owner, found.tags) == (Kind.TABLE, "data", ("shop", "ml"))
    assert (found.description, found.group) == ("Customers who left.", "ml")
    assert found.retries is not None and found.retries.count == 2
    assert found.was is not None
    assert (found.was.key, found.was.span) == ("ml.old_churn", at(11, 9, 14))
    assert [(c.kind, c.columns, c.span) for c in found.checks] == [
        (CheckKind.NOT_NULL, ("id",), at(7, 14, 4))
    ]
    assert found.sql.original == "\n".join(SOURCE.split("\n")[4:15])
    assert (found.sql.text, found.sql.line) == ("", 5)


def test_its_code_says_where_it_runs_and_what_it_gets() -> None:
    code = Told().code()
    line = "def churn(customers, rates, warehouse: Warehouse, days=3):"
    assert code == replace(
        Code(),
        location="learning",
        function=f"{FILE}:churn",
        inputs=(
            CodeInput(
                name="customers",
                key="stg.customers",
                columns=("id",),
                form="polars",
                span=at(6, 26, 38),
                line='    inputs={"customers": Input("stg.customers", columns=["id"])},',
            ),
            CodeInput(name="rates", key="rates", span=at(13, 22, 5), line=line),
        ),
        outputs=(("", "ml.churn"),),
        config={"days": 90},
        resources={"warehouse": "warehouse"},
        limits=Limits(memory=1 << 30),
        returns="polars",
        version=code.version,
        text=REACHED.text,
        files=REACHED.files,
    )
    assert len(code.version) == 32


def test_an_environment_says_more_of_it() -> None:
    found = Told(environment="dev").declared().assets[0]
    assert found.tags == ("shop", "ml", "dev")
    assert found.code is not None
    assert found.code.config == {"days": 1}


def test_a_key_may_be_given_and_a_frame_with_a_default_is_optional() -> None:
    text = '@asset(key="marts.left")\ndef churn(orders=None): ...\n'
    parameter = ToldParameter(name="orders", form="pandas", has_default=True)
    told = ToldFunction(
        kind=FunctionKind.ASSET,
        name="churn",
        line=1,
        end=2,
        key="marts.left",
        parameters=(parameter,),
    )
    (found,) = Told(functions=(told,), text=text).declared().assets
    assert found.key == "marts.left"
    assert found.code is not None
    assert [(each.key, each.optional) for each in found.code.inputs] == [("orders", True)]


def test_outputs_are_assets_of_one_call() -> None:
    text = """from freshline import Output, multi_asset

@multi_asset(
    tags=["split"],
    outputs={"train": Output(), "test": Output("other.test", optional=True, owner="ada")},
)
def split(rows): ...
"""
    told = ToldFunction(
        kind=FunctionKind.MULTI_ASSET,
        name="split",
        line=3,
        end=7,
        parameters=(ToldParameter(name="rows"),),
        outputs=(
            ToldOutput(name="train"),
            ToldOutput(name="test", key="other.test", optional=True, settings={"owner": "ada"}),
        ),
        settings={"tags": ["split"]},
        subset=True,
        description="Both.",
    )
    train, test = Told(functions=(told,), text=text).declared().assets
    assert (train.key, train.span, train.owner) == ("ml.train", at(5, 14, 7), "data")
    assert (test.key, test.span, test.owner) == ("other.test", at(5, 33, 6), "ada")
    for each, name in ((train, "train"), (test, "test")):
        assert each.tags == ("shop", "split")
        assert each.description == "Both."
        assert each.code is not None
        assert (each.code.output, each.code.subset) == (name, True)
        assert each.code.outputs == (("train", "ml.train"), ("test", "other.test"))
        assert each.code.optional is (name == "test")
    assert train.code is not None and test.code is not None
    assert train.code.version == test.code.version


CHECK = ToldFunction(
    kind=FunctionKind.CHECK,
    name="positive",
    line=1,
    end=2,
    of="ml.churn",
    parameters=(ToldParameter(name="rows"), ToldParameter(name="rates")),
    settings={"severity": "warn"},
    description="All scores are positive.",
)
CHECK_TEXT = '@check("ml.churn", severity="warn")\ndef positive(rows, rates): ...\n'


def check(told: ToldFunction = CHECK) -> CodeCheck:
    (found,) = Told(functions=(told,), text=CHECK_TEXT).declared().code_checks
    return found


def test_a_check_gets_the_rows_of_its_asset_and_whatever_else_it_asks_for() -> None:
    found = check()
    assert (found.of, found.name, found.is_blocking) == ("ml.churn", "positive", False)
    assert (found.span, found.description) == (at(2, 5, 8), "All scores are positive.")
    assert [(each.name, each.key) for each in found.code.inputs] == [
        ("rows", "ml.churn"),
        ("rates", "rates"),
    ]
    named = (ToldParameter(name="rates"), ToldParameter(name="churn"))
    assert [
        (each.name, each.key) for each in check(replace(CHECK, parameters=named)).code.inputs
    ] == [
        ("rates", "rates"),
        ("churn", "ml.churn"),
    ]


def test_checks_are_put_beside_their_assets_each_name_once() -> None:
    both = Told(functions=(CHURN, CHECK, CHECK)).declared()
    declared = assemble(read_settings(PROJECT).in_force("prod"), [both])
    assert [each.code for each in declared.diagnostics] == ["E110"]
    once = Told(functions=(CHURN, CHECK)).declared()
    declared = assemble(read_settings(PROJECT).in_force("prod"), [once])
    assert [each.name for each in declared.code_checks] == ["positive"]
    assert declared.assets[0].code is not None
    assert declared.assets[0].code.checks == (f"{FILE}:positive",)
    lonely = Told(functions=(CHECK,)).declared()
    declared = assemble(read_settings(PROJECT.replace("assets: {ml", "pause: {ml")), [lonely])
    assert "E203" in [each.code for each in declared.diagnostics]
    assert declared.code_checks == ()


def test_a_check_that_cannot_be_sets_its_asset_aside() -> None:
    told = replace(CHECK, inputs={"rates": ToldInput(key="No Key")})
    found = Told(functions=(CHURN, told)).declared()
    assert found.code_checks == ()
    assert found.broken == ("ml.churn",)


COUNTING: dict[str, Told] = {
    "the code that it reaches": Told(reached=replace(REACHED, text="def churn(): pass")),
    "what is installed": Told(packages="polars 2.0"),
    "a value of config": Told(environment="dev"),
    "what the function says of its config": Told(
        functions=(replace(CHURN, config_schema={"type": "object"}),)
    ),
    "the form of an input": Told(
        functions=(
            replace(CHURN, parameters=(ToldParameter(name="customers"), *CHURN.parameters[1:])),
        )
    ),
    "the form of what it returns": Told(functions=(replace(CHURN, returns="pandas"),)),
    "a setting of a resource": Told(project=PROJECT.replace("url: x", "url: y")),
    "the class of a resource": Told(client="class Warehouse: url = 1"),
    "a process variable that it is declared to read": Told(
        functions=(replace(CHURN, reads_env=("REGION",)),)
    ),
    "a version that its author gives": Told(functions=(replace(CHURN, code_version="1"),)),
}


@pytest.mark.parametrize("told", COUNTING.values(), ids=COUNTING)
def test_the_version_of_code_is_another_with(told: Told) -> None:
    assert told.code().version != Told().code().version


NOT_COUNTING: dict[str, Told] = {
    "its description and tags": Told(
        functions=(replace(CHURN, description="x", settings={**CHURN.settings, "tags": ["z"]}),)
    ),
    "its place in the file": Told(text="\n" + SOURCE, functions=(replace(CHURN, line=6, end=16),)),
    "its limits": Told(folder="limits: {files: 64}"),
    "an order of keys": Told(
        functions=(replace(CHURN, settings=dict(reversed([*CHURN.settings.items()]))),)
    ),
    "a process variable that nobody declares": Told(process={"REGION": "north"}),
}


@pytest.mark.parametrize("told", NOT_COUNTING.values(), ids=NOT_COUNTING)
def test_the_version_of_code_is_the_same_with_another(told: Told) -> None:
    assert told.code().version == Told().code().version


def test_the_value_of_a_declared_process_variable_counts_and_is_not_kept() -> None:
    reading = replace(CHURN, reads_env=("REGION",))
    north, south = (
        Told(functions=(reading,), process={"REGION": region}) for region in ("north", "south")
    )
    assert north.code().version != south.code().version
    assert north.code().reads_env == ("REGION",)
    assert list(north.declared().process) == ["REGION"]
    assert "north" not in str(north.declared())


def test_a_version_of_the_author_counts_in_the_place_of_code_and_packages() -> None:
    own = Told(functions=(replace(CHURN, code_version="1"),))
    other = replace(own, reached=replace(REACHED, text="x"), packages="polars 3")
    assert own.code().version == other.code().version
    assert own.code().text == "code_version: 1"
    assert own.code().version != replace(own, environment="dev").code().version
    later = Told(functions=(replace(CHURN, code_version="2"),))
    assert own.code().version != later.code().version


def test_of_a_function_that_nobody_followed_the_whole_file_counts() -> None:
    unknown = Told(reached=None)
    assert unknown.code().text == SOURCE
    assert unknown.code().version != replace(unknown, text=SOURCE + "x = 1\n").code().version


def test_what_is_read_and_not_declared_is_told_once_and_what_cannot_be_followed() -> None:
    here, there = at(15, 5, 6), at(3, 1, 4, "lib/x.py")
    reached = replace(
        REACHED,
        env=(EnvRead("REGION", here), EnvRead("REGION", there), EnvRead("*", there)),
        unsure=((here, "exec() runs what is not written here"),),
    )
    declared = Told(reached=reached).declared()
    assert [(d.code, d.span, d.excerpt) for d in declared.diagnostics] == [
        ("W513", here, "    return customers"),
        ("W513", there, ""),
        ("W514", here, "    return customers"),
    ]
    assert declared.broken == ()
    declaring = replace(CHURN, reads_env=("REGION", "*"))
    assert [d.code for d in Told(functions=(declaring,), reached=reached).problems()] == ["W514"]
    own = replace(CHURN, code_version="1")
    assert Told(functions=(own,), reached=reached).problems() == ()


MISSING = Raised(
    type="ModuleNotFoundError",
    message="No module named 'polrs'",
    frames=(
        Frame(FILE, 1, "<module>", "from freshline import Input, asset", is_user=True),
        Frame("lib/clients.py", 7, "<module>", "import polrs", is_user=True),
        Frame("/usr/lib/importlib.py", 1, "load", "raise", is_user=False),
    ),
)


def test_of_a_file_that_cannot_be_imported_the_keys_are_broken() -> None:
    text = (
        SOURCE + '\n@asset(key="other.key")\ndef second(): ...\n\n@fl.asset\ndef not_ours(): ...\n'
    )
    declared = Told(functions=(), error=MISSING, text=text).declared()
    assert declared.assets == ()
    assert declared.broken == ("ml.churn", "other.key")
    assert declared.causes == {"other.key": "E121"}
    (problem,) = declared.diagnostics
    assert (problem.code, problem.asset) == ("E121", "ml.churn")
    assert "No module named 'polrs'" in problem.message
    assert problem.span == at(7, 1, 12, "lib/clients.py")
    assert problem.related == ((at(1, 1, 34), "imported from here"),)
    assert "install `polrs`" in problem.fix


def test_a_location_that_is_not_ready_is_told_once_for_all_its_files() -> None:
    lost = Raised(
        type="location learning",
        message="there is no Python 3.99 on this machine\nlooked for python3.99",
        frames=(Frame("freshline.yaml", 2, "", is_user=True),),
    )
    declared = Told(functions=(), error=lost).declared()
    assert declared.broken == ("ml.churn",)
    assert declared.causes == {"ml.churn": "E124"}
    (problem,) = declared.diagnostics
    assert (problem.code, problem.asset, problem.fix) == ("E124", None, "looked for python3.99")
    assert (problem.span, problem.message) == (
        at(2, 1, 1, "freshline.yaml"),
        "there is no Python 3.99 on this machine",
    )


NAMED = {
    "by another name": "from freshline import asset as a\n@a\ndef churn(): ...\n",
    "as an attribute": "import freshline as fl\n@fl.asset()\ndef churn(): ...\n",
    "async": "from freshline import asset\n@asset\nasync def churn(): ...\n",
    "beside others": "from freshline import asset\n@other\n@asset\ndef churn(): ...\n",
    "in a file that does not parse": (
        "from freshline import asset\n@asset()\ndef churn():\n  x = (\n"
    ),
    "in a list of outputs": (
        "from freshline import multi_asset\n@multi_asset(outputs=['churn'])\ndef f(): ...\n"
    ),
    "as an output with a key": (
        "from freshline import multi_asset as m\n@m(outputs={'x': O('ml.churn')})\ndef f(): ...\n"
    ),
    "as an output without": (
        "from freshline import *\n@multi_asset(outputs={'churn': O(tags=[])})\ndef f(): ...\n"
    ),
}


@pytest.mark.parametrize("text", NAMED.values(), ids=NAMED)
def test_the_text_shows_the_key_of_a_function_that_is_decorated(text: str) -> None:
    assert Told(functions=(), error=MISSING, text=text).declared().broken == ("ml.churn",)


NO_ASSET = {
    "another library's asset": "from dagster import asset\n@asset\ndef churn(): ...\n",
    "a function without a decorator": "from freshline import asset\ndef churn(): ...\n",
    "a check": "from freshline import check\n@check('a.b')\ndef churn(): ...\n",
    "nothing": "",
}


@pytest.mark.parametrize("text", NO_ASSET.values(), ids=NO_ASSET)
def test_nothing_is_broken_that_is_no_asset(text: str) -> None:
    declared = Told(functions=(), error=MISSING, text=text).declared()
    assert declared.broken == ()
    assert [each.code for each in declared.diagnostics] == ["E121"]


def test_a_function_that_the_source_does_not_show_stands_where_the_worker_found_it() -> None:
    told = replace(CHURN, name="made", line=3, end=4, settings={"retries": "x"})
    made = "from factory import make\n\nmade = make(3)\n"
    (problem,) = Told(functions=(told,), text=made).problems()
    assert problem.span == at(3, 1, 14)


def test_a_name_that_is_no_key_is_told_with_how_to_give_another() -> None:
    text = "from freshline import asset\n\n\n@asset\ndef Churn(a): ...\n"
    told = ToldFunction(kind=FunctionKind.ASSET, name="Churn", line=4, end=5)
    (problem,) = Told(functions=(told,), text=text).problems()
    assert (problem.code, problem.span) == ("E103", at(5, 5, 5))
    assert problem.fix == 'give it another with `key="ml.churn"`'


def test_lines_are_counted_as_python_does_and_columns_as_people_do() -> None:
    text = 'from freshline import asset\r\n@asset(owner="ä", tags=["not one"])\r\ndef f(): ...\r\n'
    settings = {"owner": "data", "tags": ["not one"]}
    told = ToldFunction(kind=FunctionKind.ASSET, name="f", line=2, end=3, settings=settings)
    (problem,) = Told(functions=(told,), text="\ufeff" + text).problems()
    assert problem.span == at(2, 25, 9)
    assert problem.excerpt == '@asset(owner="ä", tags=["not one"])'


def test_a_decorator_says_when_its_asset_is_kept_fresh_and_which_inputs_count() -> None:
    text = SOURCE.replace('tags=["ml"],', 'refresh={"cron": "0 25 * * *"},')
    bad = replace(CHURN, settings={"refresh": {"cron": "0 25 * * *"}})
    (found,) = Told(functions=(bad,), text=text).declared().diagnostics
    assert (found.code, found.span and found.span.line) == ("E127", 8)
    inputs = {"customers": ToldInput(key="stg.customers", trigger=False, ignore_checks=True)}
    good = replace(CHURN, inputs=inputs, settings={"refresh": "15m", "freshness": "26h"})
    (asset,) = Told(functions=(good,)).declared().assets
    assert asset.refresh.rule == Every(seconds=900)
    assert asset.freshness is not None and asset.freshness.fail == 93_600
    (trigger,) = asset.triggers
    assert (trigger.key, trigger.trigger, trigger.ignore_checks) == ("stg.customers", False, True)
    assert trigger.span is not None and trigger.span.line == 6
