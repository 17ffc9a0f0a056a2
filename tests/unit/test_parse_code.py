"""Code in YAML: run and command, inputs, outputs, config, limits, and the locations of files."""

from dataclasses import fields, replace

import pytest

from freshline.code import Code, CodeInput, Limits, Location
from freshline.declare.declared import FileDeclared
from freshline.declare.locations import location_of
from freshline.declare.project import Settings, declare_file, read_settings
from freshline.definitions import AssetDefinition, Kind

PROJECT = """project: shop
vars: {days: 90, words: [a, b]}
locations:
  risk: {path: assets/risk, python: "3.10"}
  deep: assets/risk/deep/
resources:
  warehouse: {type: "lib.clients:Warehouse", url: "${secret.warehouse.url}", days: "${var.days}"}
  mail: lib.clients:Mail
environments:
  prod:
  dev:
    vars: {days: 3}
    resources:
      warehouse: {url: test, pool: {size: 2}}
      mail: {type: "lib.fakes:Mail"}
    assets:
      ml.churn:
        config: {days: 1, window: {weeks: 2}}
        limits: {files: 64}
        isolation: null
"""


def settings() -> Settings:
    found = read_settings(PROJECT)
    assert found.diagnostics == ()
    return found


def declared(
    text: str, file: str = "assets/ml/churn.yaml", environment: str = "prod"
) -> FileDeclared:
    found = declare_file(file, text.encode(), settings(), environment)
    assert found.diagnostics == ()
    return found


def asset(
    text: str, file: str = "assets/ml/churn.yaml", environment: str = "prod"
) -> AssetDefinition:
    (found,) = declared(text, file, environment).assets
    return found


def code(text: str, file: str = "assets/ml/churn.yaml", environment: str = "prod") -> Code:
    found = asset(text, file, environment).code
    assert found is not None
    return found


def plain(found: tuple[CodeInput, ...]) -> tuple[CodeInput, ...]:
    return tuple(replace(each, span=None, line="") for each in found)


SAID: dict[str, tuple[str, dict[str, object]]] = {
    "a function": ("run: lib.churn:score", {"function": "lib.churn:score"}),
    "a method": ("run: lib.churn:Model.score", {"function": "lib.churn:Model.score"}),
    "a command as words": (
        "command: [Rscript, fit.R, '{output}', 3]",
        {"command": ("Rscript", "fit.R", "{output}", "3")},
    ),
    "a command as a text": (
        "command: Rscript 'a b.R' --to={output}",
        {"command": ("Rscript", "a b.R", "--to={output}")},
    ),
    "an input by its key": (
        "run: a:b\ninputs: [marts.daily]",
        {"inputs": (CodeInput(name="daily", key="marts.daily"),)},
    ),
    "inputs with columns, a name, and neither": (
        "run: a:b\ninputs:\n  m.a: [x, y]\n  m.b: {as: c, columns: z, optional: true}\n  m.d:",
        {
            "inputs": (
                CodeInput(name="a", key="m.a", columns=("x", "y")),
                CodeInput(name="c", key="m.b", columns=("z",), optional=True),
                CodeInput(name="d", key="m.d"),
            )
        },
    ),
    "inputs of a command are paths": (
        "command: cat\ninputs: [marts.daily]",
        {"inputs": (CodeInput(name="daily", key="marts.daily", form="path"),)},
    ),
    "config with variables and a secret": (
        'run: a:b\nconfig: {days: "${var.days}", list: "${var.words}", key: "${secret.a.b}"}',
        {"config": {"days": 90, "list": ["a", "b"], "key": "${secret.a.b}"}},
    ),
    "limits": (
        "run: a:b\nlimits: {memory: 2GiB, files: 64, file_size: 1.5 kB}",
        {"limits": Limits(memory=2 << 30, files=64, file_size=1500)},
    ),
    "limits below resources, beside a resource": (
        "run: a:b\nresources: {memory: 512MiB, client: warehouse}",
        {"limits": Limits(memory=512 << 20), "resources": {"client": "warehouse"}},
    ),
    "what is left to say": (
        "run: a:b\nisolation: fresh\npure: false\nreads_env: REGION\ncode_version: 3",
        {"fresh_process": True, "pure": False, "reads_env": ("REGION",)},
    ),
}


@pytest.mark.parametrize("case", SAID)
def test_yaml_says_what_code_is(case: str) -> None:
    text, said = SAID[case]
    found = code(text)
    expected = replace(found, **said)  # type: ignore[arg-type]
    assert replace(found, inputs=plain(found.inputs)) == expected
    unsaid = {field.name for field in fields(Code)} - said.keys()
    built_in = Code(outputs=(("", "ml.churn"),))
    ways = {"function", "command"}
    assert all(getattr(found, name) == getattr(built_in, name) for name in unsaid - ways)


def test_the_values_of_variables_are_words_of_a_command() -> None:
    assert code('command: [sh, "days=${var.days}"]').command == ("sh", "days=90")


def test_an_environment_merges_config_and_limits_at_every_depth() -> None:
    text = """
run: a:b
config: {days: 90, window: {days: 3, weeks: 1}}
limits: {memory: 1GiB}
isolation: fresh
"""
    prod, dev = code(text), code(text, environment="dev")
    assert (prod.config, prod.limits) == (
        {"days": 90, "window": {"days": 3, "weeks": 1}},
        Limits(memory=1 << 30),
    )
    assert prod.fresh_process and not dev.fresh_process
    assert dev.config == {"days": 1, "window": {"days": 3, "weeks": 2}}
    assert dev.limits == Limits(memory=1 << 30, files=64)


def test_an_environment_says_other_settings_of_resources() -> None:
    def resources(environment: str) -> dict[str, tuple[str, object]]:
        project = settings().in_force(environment).project
        return {each.name: (each.type, each.settings) for each in project.resources}

    assert resources("prod") == {
        "warehouse": ("lib.clients:Warehouse", {"url": "${secret.warehouse.url}", "days": 90}),
        "mail": ("lib.clients:Mail", {}),
    }
    assert resources("dev") == {
        "warehouse": ("lib.clients:Warehouse", {"url": "test", "days": 3, "pool": {"size": 2}}),
        "mail": ("lib.fakes:Mail", {}),
    }


@pytest.mark.parametrize(
    ("file", "location"),
    [
        ("assets/ml/a.yaml", "main"),
        ("assets/risk/a.yaml", "risk"),
        ("assets/risk/deep/a.yaml", "deep"),
        ("assets/risky/a.yaml", "main"),
    ],
)
def test_a_file_belongs_to_the_location_with_the_longest_path(file: str, location: str) -> None:
    assert code("run: a:b", file).location == location


def test_a_location_of_everything_gives_way_to_all_others() -> None:
    everything, folder = Location(name="all", path="."), Location(name="some", path="assets/x")
    for locations in ((everything, folder), (folder, everything)):
        assert location_of("assets/x/a.py", locations) == folder
        assert location_of("assets/y/a.py", locations) == everything
    assert location_of("assets/y/a.py", (folder,)) == Location(name="main")


def test_main_may_be_given_an_interpreter_without_a_path() -> None:
    found = read_settings("project: a\nlocations:\n  main: {python: 3.10}\n")
    assert [(each.name, each.path, each.python) for each in found.project.locations] == [
        ("main", ".", "3.10")
    ]


def test_outputs_are_assets_of_one_call_each_with_what_is_said_of_it() -> None:
    text = """
run: lib.split:split
tags: [ml]
outputs:
  train:
  test: {key: ml.held_out, optional: true, tags: [small], columns: {id: bigint!}}
  rest: other.rest
"""
    found = {each.key: each for each in declared(text, "assets/ml/split.yaml").assets}
    assert list(found) == ["ml.train", "ml.held_out", "other.rest"]
    outputs = (("train", "ml.train"), ("test", "ml.held_out"), ("rest", "other.rest"))
    for each, (name, key) in zip(found.values(), outputs, strict=True):
        assert each.code is not None
        assert (each.code.output, each.key, each.code.outputs) == (name, key, outputs)
        assert each.code.optional is (name == "test")
    assert found["ml.held_out"].tags == ("ml", "small")
    assert [column.name for column in found["ml.held_out"].columns] == ["id"]
    assert found["ml.train"].tags == ("ml",)


def test_a_folder_of_views_does_not_make_a_view_of_code() -> None:
    folder = declare_file("assets/ml/_folder.yaml", b"kind: view\nlimits: {files: 99}", settings())
    assert folder.layer is not None
    layers = {"assets/ml": folder.layer}
    found = declare_file("assets/ml/a.yaml", b"run: a:b", settings(), "prod", layers)
    (made,) = found.assets
    assert made.kind is Kind.TABLE
    assert made.code is not None
    assert made.code.limits == Limits(files=99)


def test_what_a_worker_has_to_tell_is_left_open_with_its_places() -> None:
    text = "run: lib.churn:score\ninputs: [m.a]\nconfig:\n  window: {days: [1, 2]}\n"
    found = declared(text)
    said = found.code["ml.churn"]
    places = {path: (quote.span.line, quote.span.column) for path, quote in said.places.items()}
    assert said.has_inputs
    assert (said.place.span.line, said.place.span.column) == (1, 6)
    assert places["inputs.a"] == (2, 10)
    assert places["config.window.days:"] == (4, 12)
    assert places["config.window.days[1]"] == (4, 22)
    assert found.assets[0].sql.text == ""


def test_sql_has_no_code() -> None:
    found = declared("sql: SELECT 1 AS one")
    assert found.assets[0].code is None
    assert found.code == {}
