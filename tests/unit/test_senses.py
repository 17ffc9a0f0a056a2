"""Senses: folders, catalogs, queries and functions of a real project, asked in real processes."""

import json
import os
import shutil
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from subprocess import CompletedProcess

import jsonschema_rs
import pytest
from tests.forked import run

import freshline
from freshline.cli.compose import automation_in, event_log, graph_of
from freshline.cli.options import Common
from freshline.cli.senses.functions import Functions
from freshline.cli.senses.sensing import Senses
from freshline.codec import encode
from freshline.errors import TimedOutError
from freshline.events import RunFinished, RunStarted
from freshline.lineage.graph import Graph
from freshline.operate.arrivals import Cursor, part
from freshline.operate.scene import Remote, Said, Seen
from freshline.operate.sensors import SensorMemory, memory_name
from freshline.refresh import FunctionSaid
from freshline.ticks import Arrival
from freshline_schemas.reading import read

PATIENCE = 60.0
FUNCTIONS = """
import os, time
from freshline import Context, Fire, Skip, sensor

@sensor
def plain():
    return True

def reason(context: Context):
    return f"from {context.cursor or 'nowhere'} in {context.environment}"

@sensor
def counted(context):
    number = int(context.cursor or 0) + 1
    return Fire(f"number {number}", cursor=number)

@sensor
def waits(context: Context) -> Skip:
    return Skip(f"fired at {context.last_fired}", cursor="seen")

def raises():
    rows = {}
    return rows["id"]

def odd():
    return 3

def dies():
    os._exit(7)

def where():
    return str(os.getpid())

class Mailbox:
    def __init__(self, address: str, password: str):
        self.address, self.password = address, password

def opens(context: Context, mailbox: Mailbox):
    return f"{mailbox.address} {len(mailbox.password)} {context.environment}"

def hangs():
    time.sleep(600)
"""
YAML = """
sensors:
  landed: {when: {files: "inbox/*.csv"}, do: {materialize: total}}
  stored: {when: {files: "nosuch://bucket/*.csv"}, do: {materialize: total}}
  largest: {when: {sql: SELECT max(id) FROM raw.orders}, do: {materialize: total}}
  empty: {when: {sql: SELECT max(id) FROM raw.orders WHERE id > 100}, do: {materialize: total}}
  rows: {when: {sql: SELECT id FROM raw.orders}, do: {materialize: total}}
  rates: {when: {asset: "catalog://other/rates", columns: [rate]}, do: {materialize: total}}
  whole: {when: {asset: "catalog://other/rates"}, do: {materialize: total}}
  nowhere: {when: {asset: "catalog://gone/rates"}, do: {materialize: total}}
  unbuilt: {when: {asset: "catalog://other/soon", columns: [rate]}, do: {materialize: total}}
  told: {when: {event: closed}, do: {materialize: total}}
  after: {when: {run: succeeded}, do: {materialize: total}}
"""


def write(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))


@pytest.fixture(name="written", scope="module")
def _written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("senses")
    write(
        root,
        {
            "other/freshline.yaml": "project: other\n",
            "other/assets/rates.sql": "SELECT 1 AS id, 2.5 AS rate",
            "ours/freshline.yaml": "project: ours\ncatalogs: {other: ../other, gone: ../gone}\n",
            "ours/sources/raw.yaml": "sources: {raw.orders: {path: data/orders.csv}}\n",
            "ours/data/orders.csv": "id,amount\n1,10\n2,20\n",
            "ours/assets/total.sql": "SELECT sum(amount) AS total FROM raw.orders",
            "ours/lib/watch.py": FUNCTIONS,
            "ours/sensors/all.yaml": YAML,
        },
    )
    with freshline.open(root / "other") as project:
        assert project.apply().succeeded
    return root


@pytest.fixture(name="root")
def _root(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "both")) / "ours"


class Looking:
    """Somebody who looks at a project; a minute passes between two looks."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.log = event_log(root)
        self.automation = automation_in(self.log)
        self.senses = Senses(root, ("ours", "main"), (self.log, self.automation))
        self.now = 1_773_050_100.0
        self.graph = self.compiled()

    def compiled(self) -> Graph:
        return graph_of(Common(project=self.root))[2]

    def look(self, memories: Mapping[str, str] | None = None) -> Seen:
        self.now += 60
        return self.senses.seen(self.graph, memories or {}, self.now, PATIENCE)

    def value(self, name: str, seen: Seen) -> Said:
        (sensor,) = (each for each in self.graph.sensors if each.name == name)
        return seen.values[f"{name}:{part(sensor.conditions[0])}"]

    def close(self) -> None:
        self.senses.close()
        self.log.close()


@pytest.fixture(name="looking")
def _looking(root: Path) -> Iterator[Looking]:
    with closing(Looking(root)) as looking:
        yield looking


def test_what_is_known_after_one_look(looking: Looking) -> None:
    write(looking.root, {"inbox/a.csv": "1"})
    seen = looking.look()
    assert [file.path for file in seen.files["inbox/*.csv"]] == ["inbox/a.csv"]
    assert "nosuch" in seen.troubles["nosuch://bucket/*.csv"]
    assert looking.value("largest", seen) == Said(fires=False, why="", cursor="2")
    assert looking.value("empty", seen).cursor == "NULL"
    assert (
        looking.value("rows", seen).error
        == "the query gives several rows: a sensor needs one value"
    )
    assert seen.remotes["catalog://gone/rates"].error == "there is no project at ../gone"
    assert seen.remotes["catalog://other/soon"] == Remote(key="catalog://other/soon")
    rates = seen.remotes["catalog://other/rates"]
    assert rates.content and rates.version and rates.windows["rate"] and not rates.error


def test_columns_elsewhere_are_told_apart(looking: Looking) -> None:
    def rates(sql: str) -> Remote:
        write(looking.root.parent, {"other/assets/rates.sql": sql})
        with freshline.open(looking.root.parent / "other") as project:
            assert project.apply().succeeded
        return looking.look().remotes["catalog://other/rates"]

    first = looking.look().remotes["catalog://other/rates"]
    other_id = rates("SELECT 2 AS id, 2.5 AS rate")
    other_rate = rates("SELECT 2 AS id, 3.5 AS rate")
    without = rates("SELECT 2 AS id")
    assert other_id.content != first.content
    assert other_id.windows == first.windows
    assert other_rate.windows != first.windows
    assert without.error == 'rates has no column "rate"; it has id'


def test_a_query_is_asked_again_when_a_file_of_a_source_moved(looking: Looking) -> None:
    assert looking.value("largest", looking.look()).cursor == "2"
    write(looking.root, {"data/orders.csv": "id,amount\n9,1\n"})
    looking.graph = looking.compiled()
    assert looking.value("largest", looking.look()).cursor == "9"


def test_a_look_waits_for_nobody_unless_it_is_told_to(looking: Looking) -> None:
    assert looking.senses.seen(looking.graph, {}, looking.now).values == {}


def test_events_from_outside_are_told_from_the_one_on_that_some_sensor_does_not_know(
    looking: Looking,
) -> None:
    for number in (1, 2, 3):
        arrival = Arrival(sequence=0, name="closed", at=float(number), actor="ci")
        looking.automation.arrive("ours", "main", arrival)
    (told,) = (each for each in looking.graph.sensors if each.name == "told")
    memory = SensorMemory(cursors={part(told.conditions[0]): Cursor(shown="2")})
    memories = {memory_name("told"): encode(memory).decode()}
    assert [each.sequence for each in looking.look().arrivals] == [1, 2, 3]
    assert [each.sequence for each in looking.look(memories).arrivals] == [3]


def test_runs_that_ended_are_told_with_what_they_were_about(looking: Looking) -> None:
    assert looking.look().happened == ()
    with freshline.open(looking.root) as project:
        assert project.apply().succeeded
    started, finished = looking.look().happened
    assert isinstance(started, RunStarted) and isinstance(finished, RunFinished)
    assert (started.assets, started.run) == (("total",), finished.run)
    assert looking.look().happened == (started, finished)


# ---- functions


def functions(looking: Looking, *names: str) -> Seen:
    """Return what is seen with a sensor for each of these functions."""
    sensors = "".join(
        f'  {name}: {{when: {{python: "lib.watch:{name}"}}, do: {{materialize: total}}}}\n'
        for name in names
    )
    write(looking.root, {"sensors/all.yaml": f"sensors:\n{sensors}"})
    looking.graph = looking.compiled()
    return looking.look()


def test_what_a_function_may_say(looking: Looking) -> None:
    seen = functions(looking, "plain", "reason", "counted", "waits")
    assert looking.value("plain", seen) == Said(fires=True, why="plain said so")
    assert looking.value("reason", seen) == Said(fires=True, why="from nowhere in main")
    assert looking.value("counted", seen) == Said(fires=True, why="number 1", cursor="1")
    assert looking.value("waits", seen) == Said(fires=False, why="fired at None", cursor="seen")


def test_a_function_receives_what_it_is_given_of_the_projects_resources(
    looking: Looking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRESHLINE_SECRET_MAIL", "geheim")
    project = (looking.root / "freshline.yaml").read_text()
    mail = "{type: lib.watch:Mailbox, address: ada@here, password: '${secret.mail}'}"
    write(looking.root, {"freshline.yaml": f"{project}resources:\n  mail: {mail}\n"})
    when = '{python: "lib.watch:opens", resources: {mailbox: mail}}'
    sensor = f"opens: {{when: {when}, do: {{materialize: total}}}}"
    write(looking.root, {"sensors/all.yaml": f"sensors:\n  {sensor}\n"})
    looking.graph = looking.compiled()
    assert looking.value("opens", looking.look()).why == "ada@here 6 main"


def test_a_function_is_told_the_cursor_that_was_kept(looking: Looking) -> None:
    functions(looking, "counted")
    (sensor,) = looking.graph.sensors
    memory = SensorMemory(cursors={part(sensor.conditions[0]): Cursor(shown="41")})
    seen = looking.look({memory_name("counted"): encode(memory).decode()})
    assert looking.value("counted", seen).cursor == "42"


def test_one_broken_function_keeps_no_other_from_being_heard(looking: Looking) -> None:
    seen = functions(looking, "raises", "odd", "dies", "missing", "plain")
    assert looking.value("plain", seen).fires
    assert looking.value("raises", seen).error == "lib/watch.py:23: KeyError: key not found: 'id'"
    assert "returned int: a sensor returns True, False, a text" in looking.value("odd", seen).error
    assert "exit" in looking.value("dies", seen).error
    assert "has no function 'missing'" in looking.value("missing", seen).error


def test_a_worker_stays_warm_and_goes_when_nobody_has_called_it_for_long(
    looking: Looking,
) -> None:
    condition = FunctionSaid(function="lib.watch:where", location="main")

    def called(functions: Functions) -> str:
        functions.rest()
        return functions.call(looking.graph, condition, {}).why

    with closing(Functions(looking.root, "main")) as warm:
        assert called(warm) == called(warm)
    with closing(Functions(looking.root, "main", idle=0.0)) as restless:
        assert called(restless) != called(restless)


def test_a_function_that_takes_too_long_is_ended(looking: Looking) -> None:
    condition = FunctionSaid(function="lib.watch:hangs", location="main")
    with closing(Functions(looking.root, "main", timeout=0.2)) as functions:
        with pytest.raises(TimedOutError, match="took longer than its timeout"):
            functions.call(looking.graph, condition, {})


def test_a_sensor_beside_an_asset_declares_no_asset(looking: Looking) -> None:
    code = "from freshline import asset, sensor\n\n@asset\ndef one(): return [{'a': 1}]\n"
    code += "\n@sensor\ndef ready(): return True\n"
    write(looking.root, {"assets/made.py": code})
    graph = looking.compiled()
    assert not graph.failed
    assert {*graph.assets, *graph.quarantined} == {"total", "one"}


def test_closing_ends_a_function_that_hangs(looking: Looking) -> None:
    sensors = 'sensors: {hangs: {when: {python: "lib.watch:hangs"}, do: {materialize: total}}}'
    write(looking.root, {"sensors/all.yaml": sensors})
    looking.graph = looking.compiled()
    assert looking.senses.seen(looking.graph, {}, looking.now, 0.5).values == {}
    looking.senses.close()


# ---- sensor test


def command(root: Path, *words: str) -> CompletedProcess[str]:
    return run(("-p", str(root), *words), Path.cwd(), os.environ)


def test_a_sensor_is_rehearsed_and_nothing_is_kept(root: Path) -> None:
    write(root, {"inbox/a.csv": "1"})
    for _ in range(2):
        done = command(root, "sensor", "test", "landed")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.splitlines() == [
            "awaited  a file inbox/*.csv",
            "arrived  inbox/a.csv",
            "it would fire: inbox/a.csv",
            "  make total fresh",
            "    create total",
        ]


@pytest.mark.parametrize("name", ["landed", "rows", "largest", "rates"])
def test_a_rehearsal_in_json_keeps_its_schema(name: str, root: Path) -> None:
    write(root, {"inbox/a.csv": "1"})
    done = command(root, "sensor", "test", name, "--json")
    told = json.loads(done.stdout)
    schema = jsonschema_rs.Draft202012Validator(dict(read("rehearsal")))
    schema.validate(told)
    assert (told["sensor"], told["fires"]) == (name, name == "landed")
    assert not schema.is_valid({**told, "fires": "yes"})


def test_what_cannot_be_known_is_an_error_of_the_rehearsal(root: Path) -> None:
    done = command(root, "sensor", "test", "rows")
    assert done.returncode == 1
    assert "unknown  the query gives several rows: a sensor needs one value" in done.stdout


def test_a_rehearsal_shows_the_trace_of_a_function_that_failed(root: Path) -> None:
    sensors = 'sensors: {bad: {when: {python: "lib.watch:raises"}, do: {materialize: total}}}'
    write(root, {"sensors/all.yaml": sensors})
    done = command(root, "sensor", "test", "bad")
    assert done.returncode == 1
    assert "unknown  lib/watch.py:23: KeyError" in done.stdout
    assert 'return rows["id"]' in done.stderr
