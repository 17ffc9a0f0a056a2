"""Where values of assets come from that code makes: the line of the decorator, as any other."""

from pathlib import Path

import pytest

from freshline.calls import FunctionKind, ToldFile, ToldFunction, ToldOutput, ToldParameter
from freshline.declare.limits import spelled_size
from freshline.declare.origins import origins
from freshline.declare.process import ProcessVariables
from freshline.declare.project import declare_file, layers_of, read_settings, scope_of
from freshline.declare.python.told import declare_python_file
from freshline.declare.python.version import Surroundings
from freshline.definitions import AssetDefinition

FILE = "assets/ml/models.py"
PROJECT = """\
project: shop
defaults: {owner: data}
environments:
  main:
    assets:
      ml.churn: {config: {days: 1}}
"""
FOLDER = "kind: view\nlimits: {memory: 1.5GiB}\nretries: 1\n"
TEXT = '''from freshline import Output, asset, multi_asset

@asset(
    tags=["ml"],
    config={"days": 3, "name": "x"},
    limits={"files": 64},
    isolation="fresh",
    timeout=LATER,
)
def churn(orders):
    """Who left."""

@multi_asset(owner="ada", outputs={"a": Output("ml.one", tags=["own"]), "b": Output()})
def both(): ...
'''
CHURN = ToldFunction(
    kind=FunctionKind.ASSET,
    name="churn",
    line=3,
    end=11,
    parameters=(ToldParameter(name="orders"),),
    settings={
        "tags": ["ml"],
        "config": {"days": 3, "name": "x"},
        "limits": {"files": 64},
        "isolation": "fresh",
    },
    description="Who left.",
    config="config",
    config_schema={"properties": {"rate": {"default": 0.5}}},
)
BOTH = ToldFunction(
    kind=FunctionKind.MULTI_ASSET,
    name="both",
    line=13,
    end=14,
    outputs=(
        ToldOutput(name="a", key="ml.one", settings={"tags": ["own"]}),
        ToldOutput(name="b"),
    ),
    settings={"owner": "ada"},
)


@pytest.fixture
def told(tmp_path: Path) -> dict[str, dict[str, str]]:
    """Return what is said of each asset, and by which line, apart from what is built in."""
    files = {"freshline.yaml": PROJECT, "assets/ml/_folder.yaml": FOLDER, FILE: TEXT}
    for file, text in files.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text)
    settings = read_settings(PROJECT)
    folder = declare_file("assets/ml/_folder.yaml", FOLDER, settings)
    scope = scope_of(FILE, settings.scope("main"), layers_of([folder]))
    around = Surroundings(process=ProcessVariables({}))
    functions = ToldFile(file=FILE, functions=(CHURN, BOTH))
    declared = declare_python_file(FILE, TEXT, functions, scope, {}, around)
    assert declared.diagnostics == ()

    def said(asset: AssetDefinition) -> dict[str, str]:
        found = origins(tmp_path, settings.project, "main", asset)
        by = {f"{each.key}={each.value}": (each.by, each.place) for each in found}
        return {
            key: f"{Path(place.file).name}:{place.line} {who}" if place else who
            for key, (who, place) in by.items()
            if who != "built-in" or key.startswith("config")
        }

    return {asset.key: said(asset) for asset in declared.assets}


def test_what_a_decorator_spells_out_has_its_line(told: dict[str, dict[str, str]]) -> None:
    assert told["ml.churn"] == {
        "description=Who left.": "models.py:10 asset",
        "owner=data": "freshline.yaml:2 defaults",
        "kind=table": "models.py:10 asset",
        "retries=1, after 5s, each wait x2": "_folder.yaml:3 folder",
        "config.days=1": "freshline.yaml:6 environment",
        "config.name=x": "models.py:5 asset",
        "config.rate=0.5": "built-in",
        "limits.memory=1.5GiB": "_folder.yaml:2 folder",
        "limits.files=64": "models.py:6 asset",
        "isolation=fresh": "models.py:7 asset",
        "tags=ml": "models.py:4 asset",
    }


def test_an_output_has_what_is_said_of_it_and_of_all(told: dict[str, dict[str, str]]) -> None:
    one, other = told["ml.one"], told["ml.b"]
    assert one["owner=ada"] == other["owner=ada"] == "models.py:13 asset"
    assert one["tags=own"] == "models.py:13 asset"
    assert "tags=own" not in other


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (2 << 30, "2GiB"),
        (1_500_000_000, "1.5GB"),
        (1536, "1.5KiB"),
        (500_000, "500kB"),
        (64 << 20, "64MiB"),
        (1 << 40, "1TiB"),
        (7, "7B"),
    ],
)
def test_a_size_is_spelled_as_people_write_it(size: int, text: str) -> None:
    assert spelled_size(size) == text
