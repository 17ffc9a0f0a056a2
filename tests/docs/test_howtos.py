"""What the how-tos show works as it stands there."""

import re
import shutil
from pathlib import Path

import pytest

import freshline
from freshline.calls import Call, Datum, Format, Line, Wanted
from freshline.cli.senses.functions import Functions
from freshline.code import Location
from freshline.declare.project import declare_file, read_project, read_settings
from freshline.declare.readers import OPTIONS
from freshline.lineage.graph import Graph
from freshline.locations.workers import LocationWorkers
from freshline.operate.scene import Said
from freshline.refresh import FunctionSaid

ROOT = Path(__file__).parents[2]
HOWTO = ROOT / "docs/howto"


def blocks(page: str, language: str) -> list[str]:
    text = (HOWTO / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def test_the_cells_of_the_notebook_run_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ignored = shutil.ignore_patterns(".freshline", "*.duckdb")
    shutil.copytree(ROOT / "projects/quickstart", tmp_path / "shop", ignore=ignored)
    monkeypatch.chdir(tmp_path / "shop")
    cells = blocks("notebooks.md", "python")
    names: dict[str, object] = {}
    for cell in cells:
        exec(compile(cell, "notebooks.md", "exec"), names)
    assert len(cells) > 4
    assert getattr(names["done"], "succeeded", False)
    assert names["rows"]


@pytest.mark.parametrize("yaml", blocks("sources.md", "yaml"))
def test_the_sources_that_are_shown_are_understood(yaml: str) -> None:
    found = declare_file("sources/raw.yaml", yaml, read_settings("project: shop\n"))
    assert found.diagnostics == ()
    assert found.sources


def test_the_options_that_are_told_are_those_there_are() -> None:
    text = (HOWTO / "sources.md").read_text(encoding="utf-8")
    table = text.partition("| option | of | holds |")[2].partition("\n\n")[0]
    short = {"decimal": "decimal_separator", "hive": "hive_partitioning"}
    for line in table.strip().splitlines()[1:]:
        names, formats = line.split("|")[1:3]
        for name in re.findall(r"`(\w+)`", names):
            for format in formats.split(","):
                assert short.get(name, name) in OPTIONS[format.strip()], f"{name} of {format}"


_WRITTEN = re.compile(r"^`([^`\n]+)`:\n\n```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize(("environment", "owner"), [("dev", "ada"), ("prod", "data")])
def test_the_project_of_folders_and_environments_is_understood(
    environment: str, owner: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGION", "eu")
    text = (HOWTO / "folders-and-environments.md").read_text(encoding="utf-8")
    for file, content in _WRITTEN.findall(text):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(content, encoding="utf-8")
    for folder in ("data", "data/small"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "orders.csv").write_text("order_id,amount\n1,2\n", encoding="utf-8")
    found = read_project(tmp_path, environment)
    assert found.diagnostics == ()
    assert [asset.owner for asset in found.assets] == [owner]
    assert found.project.strict is (environment == "prod")
    assert len(found.sources) == 2


@pytest.mark.parametrize("key", ["lifecycle", "retries"])
def test_what_is_said_of_an_asset_there_is_understood(key: str) -> None:
    (yaml,) = (b for b in blocks("folders-and-environments.md", "yaml") if b.startswith(key))
    found = declare_file("assets/a.yaml", f"{yaml}sql: SELECT 1\n", read_settings("project: a\n"))
    assert found.diagnostics == ()
    assert getattr(found.assets[0], key) is not None


KEEPING = blocks("keep-fresh.md", "yaml")


@pytest.mark.parametrize(
    "yaml", [each for each in KEEPING if each.startswith(("refresh", "freshness", "sql"))]
)
def test_what_keeps_an_asset_fresh_is_understood(yaml: str) -> None:
    (settings,) = (each for each in KEEPING if each.startswith("project"))
    text = yaml if yaml.startswith("sql") else f"{yaml}sql: SELECT 1 AS one\n"
    found = declare_file("assets/a.yaml", text, read_settings(settings))
    assert found.diagnostics == ()
    assert (
        found.assets[0]
        != declare_file("assets/a.yaml", "sql: SELECT 1 AS one\n", read_settings(settings)).assets[
            0
        ]
    )


def test_the_sensors_and_schedules_that_are_shown_are_understood() -> None:
    (settings,) = (each for each in KEEPING if each.startswith("project"))
    (sensors,) = (each for each in KEEPING if each.startswith("schedules"))
    known = read_settings(settings)
    assert known.diagnostics == ()
    found = declare_file("sensors/ops.yaml", sensors, known)
    assert found.diagnostics == ()
    assert [each.name for each in found.schedules] == ["nightly"]
    assert [each.name for each in found.sensors] == ["tell_finance", "month_is_closed"]


def test_the_rules_that_are_listed_are_rules() -> None:
    text = (HOWTO / "keep-fresh.md").read_text(encoding="utf-8")
    rows = text.partition("| `refresh:` |")[2].partition("\n\n")[0].splitlines()[2:]
    listed = [word for row in rows for word in re.findall(r"`([^`]+)`", row.split("|")[1])]
    assert len(listed) == 10
    for rule in listed:
        found = declare_file(
            "assets/a.yaml", f"refresh: {rule}\nsql: SELECT 1\n", read_settings("project: a\n")
        )
        assert found.diagnostics == ()


SENSORS = blocks("sensors.md", "yaml")


@pytest.mark.parametrize("yaml", [each for each in SENSORS if each.startswith("sensors")])
def test_the_sensors_that_are_shown_are_understood(yaml: str) -> None:
    (settings,) = (each for each in SENSORS if each.startswith("project"))
    found = declare_file("sensors/ops.yaml", yaml, read_settings(settings))
    assert found.diagnostics == ()
    assert len(found.sensors) == 1


def test_the_function_of_a_sensor_that_is_shown_fires_for_new_letters(
    tmp_path: Path,
) -> None:
    text = (HOWTO / "sensors.md").read_text(encoding="utf-8")
    ((file, code),) = _WRITTEN.findall(text)
    (tmp_path / "lib").mkdir()
    (tmp_path / file).write_text(code, encoding="utf-8")
    condition = FunctionSaid(function="lib.mail:has_arrived", location="main")
    graph = Graph(project=read_settings("project: a\n").project, assets={}, sources={})
    functions = Functions(tmp_path, "main")
    try:
        (tmp_path / "letters.txt").write_text("a b c")
        first = functions.call(graph, condition, {"cursor": "a"})
        assert first == Said(fires=True, why="2 new letters", cursor="c")
        again = functions.call(graph, condition, {"cursor": "c"})
        assert again == Said(fires=False, why="no new letter")
    finally:
        functions.close()


def test_the_assets_in_python_are_made(tmp_path: Path) -> None:
    text = (HOWTO / "python-assets.md").read_text(encoding="utf-8")
    files = {
        "freshline.yaml": "project: shop\n",
        "sources/raw.yaml": "sources:\n  raw.orders:\n    path: orders.csv\n",
        "orders.csv": "customer,amount,note\nAda,10,a\nBob,30,b\nAda,40,c\n",
        **dict(_WRITTEN.findall(text)),
    }
    for file, content in files.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(content, encoding="utf-8")
    with freshline.open(tmp_path) as project:
        done = project.apply()
        assert done.succeeded, done
        assert project.read("marts.loyal").fetchall() == [("Ada", 2, 50)]
        assert project.read("marts.shares").fetchall() == [("Ada", 0.625), ("Bob", 0.375)]
        assert project.read("reports.few").fetchall() == [("Ada", 2, 50)]
        letter = project.query("SELECT decode(content) FROM reports.letter").fetchall()
        assert letter == [("Dear Ada",)]
        assert project.plan().steps == ("reports.many",)


def test_the_program_that_is_shown_says_what_the_page_says_it_does(tmp_path: Path) -> None:
    (script,) = blocks("commands.md", "sh")
    (tmp_path / "regions.sh").write_text(script)
    call = Call(
        id="1",
        root=str(tmp_path),
        location=Location(name="main"),
        scratch=str(tmp_path),
        command=("sh", "regions.sh", "{config.country}"),
        config={"country": "de"},
        wanted=(Wanted("", "geo.regions"),),
    )
    lines: list[Line] = []
    workers = LocationWorkers()
    try:
        returned = workers.call(call, lines.append)
    finally:
        workers.close()
    assert [line.text for line in lines] == ["asking for the regions of de"]
    assert returned.metadata == {"regions": Datum("int", 2)}
    assert [(check.name, check.passed) for check in returned.checks] == [("some_regions", True)]
    assert returned.made[0].format is Format.CSV
