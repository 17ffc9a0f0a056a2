"""Calling: a function gets what it asks for, what it returns is kept, what is wrong is said."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.worker.program import Message, Program, given_rows, rows_of, running, write_files

from freshline.calls import Datum, Format
from freshline.definitions import CheckSeverity, Column

FILE = "assets/marts/code.py"
SOURCE = """
from __future__ import annotations
import asyncio
import enum
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Iterator, Optional
from freshline import (
    CheckResult, Config, Context, Input, Markdown, Output, Resource,
    asset, check, multi_asset, register_codec, source,
)

@asset
def same(orders): return orders

@asset
def streamed(orders: Iterator[dict]) -> Iterator[dict]:
    assert not isinstance(orders, list)
    for row in orders:
        yield row

@asset
def in_lists(orders): yield orders; yield orders

@asset
def defaulted(orders, days="none given", limit: int = 3): return [{"days": days, "limit": limit}]

@asset
def maybe(orders): return [{"is_none": orders is None}]

@asset
async def later(orders):
    await asyncio.sleep(0)
    return orders

@asset
async def one_by_one(orders):
    for row in orders:
        await asyncio.sleep(0)
        yield row

@asset
def told(context: Context):
    context.log.info("%d rows", 3)
    context.log.warning("careful")
    context.progress(0.5, "half")
    context.add_metadata(rows=3, note=Markdown("**x**"))
    return [{
        "run": context.run, "environment": context.environment, "asset": context.asset,
        "partition": context.partition, "attempt": context.attempt,
    }]

class Level(enum.Enum):
    LOW = "low"

class Churn(Config):
    days: int
    level: Level = Level.LOW
    since: Optional[date] = None

@asset
def configured(config: Churn, context: Context):
    assert context.config is config
    return [{"days": config.days, "level": config.level, "since": config.since}]

@asset
def plain_config(config): return [config]

class Warehouse(Resource):
    url: str
    token: str = ""
    def __enter__(self): print("entered"); return self
    def __exit__(self, *_): print("left")

class Other(Resource):
    url: str = ""

@asset
def resourceful(db: Warehouse, context: Context):
    assert context.resources["db"] is db
    return [{"url": db.url}]

@asset
def resourceful_failure(db: Warehouse): raise ValueError("no")

@multi_asset(outputs={"a": Output(), "b": Output(optional=True)}, subset=True)
def both(context: Context):
    context.add_metadata({"n": 1}, output=context.outputs[0])
    context.add_metadata(whole=True)
    return {"a": [{"x": 1}], "b": [{"x": 2}]}

@multi_asset(outputs=["a", "b"])
def a_pair(): return [{"x": 1}], [{"x": 2}]

@multi_asset(outputs=["a", "b"])
def in_turn():
    yield "a", [{"x": 1}]
    yield "b", [{"x": 2}]

@multi_asset(outputs={"a": Output(), "b": Output(optional=True)})
def without_b(): return {"a": [{"x": 1}]}

@multi_asset(outputs=["a", "b"])
def without_needed(): return {"a": [{"x": 1}]}

@multi_asset(outputs=["a", "b"])
def misnamed(): return {"a": [], "c": []}

@multi_asset(outputs=["a", "b"])
def too_few(): return ([],)

@check("marts.same")
def fine(same): return len(same) > 0

@check("marts.same", severity="warn")
def detailed(same):
    return CheckResult(False, description="too few", metadata={"rows": len(same)})

@check("marts.same")
def undecided(same): return None

@source("raw.prices")
def prices(): return "v7"

@source("raw.prices")
def no_version(): return None

@asset
def nothing(orders): return

@asset
def number(orders): return 3

@asset
def record(orders): return {"id": 1}

@asset
def not_as_said(orders) -> bytes: return [{"id": 1}]

@asset
def not_a_path(orders) -> Path: return "report.html"

@asset
def vanished(context: Context) -> Path: return context.scratch / "nowhere.txt"

@asset
def no_rows(orders): return [1, 2]

@asset
def mixed(orders): return [{"x": 1}, {"x": "a"}]

@asset
def fails(orders):
    try:
        {}["x"]
    except KeyError as error:
        raise ValueError("bad rows") from error

class Sulky(Exception):
    def __str__(self): raise RuntimeError("no")

@asset
def sulks(orders): raise Sulky()

@asset
def endless(orders): return endless(orders)

@asset
def long_winded(orders): raise ValueError("x" * 10_000_000)

@asset
def leaves(orders): import sys; sys.exit(3)

@asset
def huge_metadata(context: Context):
    context.add_metadata(text="x" * 9_000_000)
    return [{"x": 1}]

@asset
def report() -> bytes: return b"%PDF-1.7 ..."

@asset
def page(context: Context) -> Path:
    path = context.scratch / "page.html"
    path.write_text("<html>")
    return path

@asset
def outside() -> Path:
    path = Path("elsewhere.csv")
    path.write_text("a,b")
    return path

@asset
def pictures(context: Context) -> Path:
    folder = context.scratch / "all"
    folder.mkdir()
    (folder / "a.png").write_bytes(b"\\x89PNG\\r\\n\\x1a\\n")
    (folder / "b.json").write_text("{}")
    return folder

@asset
def sizes(report: bytes): return [{"size": len(report)}]

@asset
def names(report: Path): return [{"name": report.name, "is_folder": report.is_dir()}]

class Graph:
    def __init__(self, edges): self.edges = edges

def to_rows(graph: Graph) -> list: return [{"a": a, "b": b} for a, b in graph.edges]
def from_rows(rows: list) -> Graph: return Graph([(row["a"], row["b"]) for row in rows])
register_codec(Graph, to_rows, from_rows)

class Model:
    def __init__(self, weight): self.weight = weight

register_codec(Model, lambda model: str(model.weight).encode(), lambda data: Model(int(data)))

@asset
def graph() -> Graph: return Graph([(1, 2)])

@asset
def edges(graph: Graph): return [{"edges": len(graph.edges)}]

@asset
def model() -> Model: return Model(7)

@asset
def weight(model: Model): return [{"weight": model.weight}]

def plain_function(orders): return orders

def with_more(**tables): return [{name: len(rows) for name, rows in tables.items()}]
"""
ORDERS: list[Message] = [{"id": 1, "day": "2024-01-31"}, {"id": 2, "day": None}]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory, bare: str) -> Iterator[Program]:
    root = write_files(tmp_path_factory.mktemp("calling") / "project", {FILE: SOURCE})
    with running(root, bare) as program:
        yield program


@pytest.fixture
def orders(program: Program) -> Message:
    return given_rows(program.root, "orders", ORDERS, {"id": "BIGINT", "day": "DATE"})


def test_rows_come_as_dicts_and_go_back_with_types(program: Program, orders: Message) -> None:
    returned = program.call(f"{FILE}:same", given=[orders])
    (made,) = returned.made
    assert rows_of(made) == ORDERS
    assert (made.format, made.rows, made.name) == (Format.ROWS, 2, "")
    assert made.columns == (Column("id", "BIGINT"), Column("day", "DATE"))


def test_a_function_gets_exactly_the_columns_that_are_declared(
    program: Program, orders: Message
) -> None:
    narrow = {**orders, "columns": [["id", "BIGINT"]]}
    assert program.rows(f"{FILE}:same", given=[narrow]) == [{"id": 1}, {"id": 2}]


@pytest.mark.parametrize("name", ["streamed", "later", "one_by_one"])
def test_generators_and_coroutines_make_assets(
    program: Program, orders: Message, name: str
) -> None:
    assert program.rows(f"{FILE}:{name}", given=[orders]) == ORDERS


def test_a_generator_may_yield_lists(program: Program, orders: Message) -> None:
    assert program.rows(f"{FILE}:in_lists", given=[orders]) == [*ORDERS, *ORDERS]


def test_a_parameter_that_got_nothing_keeps_its_default(program: Program, orders: Message) -> None:
    made = program.rows(f"{FILE}:defaulted", given=[orders])
    assert made == [{"days": "none given", "limit": 3}]


def test_an_optional_input_that_does_not_exist_is_none(program: Program, orders: Message) -> None:
    given: Message = {**orders, "missing": True, "files": []}
    assert program.rows(f"{FILE}:maybe", given=[given]) == [{"is_none": True}]


def test_any_function_may_be_called_by_its_module(program: Program, orders: Message) -> None:
    assert program.rows("assets.marts.code:plain_function", given=[orders]) == ORDERS


def test_more_inputs_than_parameters_go_to_keywords(program: Program, orders: Message) -> None:
    given = [orders, {**orders, "name": "days"}]
    assert program.rows(f"{FILE}:with_more", given=given) == [{"orders": 2, "days": 2}]


def test_a_context_tells_what_it_is_asked_and_hands_on_what_it_is_told(program: Program) -> None:
    about = {"run": "r1", "environment": "dev", "asset": "marts.told", "attempt": "2"}
    ended = program.end(program.start(f"{FILE}:told", about=about))
    assert ended.returned is not None
    (made,) = ended.returned.made
    assert rows_of(made) == [
        {"run": "r1", "environment": "dev", "asset": "marts.told", "partition": None, "attempt": 2}
    ]
    assert made.metadata == {"rows": Datum("int", 3), "note": Datum("markdown", "**x**")}
    assert [(line.level, line.text, line.source, line.done) for line in ended.lines] == [
        ("info", "3 rows", "log", None),
        ("warning", "careful", "log", None),
        ("info", "half", "progress", 0.5),
    ]


def test_config_is_made_of_plain_values(program: Program) -> None:
    made = program.rows(f"{FILE}:configured", config={"days": 3, "since": "2024-02-01"})
    assert made == [{"days": 3, "level": "low", "since": "2024-02-01"}]
    assert program.rows(f"{FILE}:plain_config", config={"a": 1}) == [{"a": 1}]


WRONG_CONFIG: dict[str, tuple[dict[str, object], str]] = {
    "a name that is not there": ({"dayz": 3}, " has no 'dayz'; Churn takes: days, level, since"),
    "a value that is missing": ({}, " lacks 'days', which Churn needs"),
    "a text for a number": ({"days": "3"}, ".days is '3': expected a whole number, got str"),
    "a member that is not there": (
        {"days": 1, "level": "x"},
        ".level is 'x': expected one of 'low'",
    ),
}


@pytest.mark.parametrize(("config", "message"), WRONG_CONFIG.values(), ids=WRONG_CONFIG)
def test_config_that_does_not_fit_is_refused(
    program: Program, config: dict[str, object], message: str
) -> None:
    error = program.fail(f"{FILE}:configured", config=config)
    assert error.message.startswith(f"config of marts.made{message}")


def resource(type: str, **settings: object) -> dict[str, object]:
    return {"db": {"type": f"assets.marts.code:{type}", "settings": settings}}


def test_a_resource_is_made_entered_and_left(program: Program) -> None:
    before = len(program.output())
    made = program.rows(f"{FILE}:resourceful", resources=resource("Warehouse", url="u"))
    assert made == [{"url": "u"}]
    program.fail(f"{FILE}:resourceful_failure", resources=resource("Warehouse", url="u"))
    assert program.output()[before:] == "entered\nleft\n" * 2


WRONG_RESOURCE: dict[str, tuple[dict[str, object], str]] = {
    "another class": (
        resource("Other"),
        "parameter 'db' wants Warehouse, and its resource is Other",
    ),
    "a setting that is not there": (
        resource("Warehouse", uri="u"),
        "resource 'db' has no 'uri'; Warehouse takes: url, token",
    ),
    "none at all": ({}, "parameter 'db' got no resource"),
    "a class that is not there": (resource("Nowhere"), "has no attribute 'Nowhere'"),
}


@pytest.mark.parametrize(("resources", "message"), WRONG_RESOURCE.values(), ids=WRONG_RESOURCE)
def test_a_resource_that_does_not_fit_is_refused(
    program: Program, resources: dict[str, object], message: str
) -> None:
    assert message in program.fail(f"{FILE}:resourceful", resources=resources).message


BOTH = [["a", "marts.a"], ["b", "marts.b"]]


@pytest.mark.parametrize("name", ["both", "a_pair", "in_turn"])
def test_several_outputs_are_made_at_once(program: Program, name: str) -> None:
    made = program.call(f"{FILE}:{name}", wanted=BOTH).made
    assert [(each.name, rows_of(each)) for each in made] == [("a", [{"x": 1}]), ("b", [{"x": 2}])]
    assert len({each.files for each in made}) == 2


def test_metadata_belongs_to_an_output_or_to_the_call(program: Program) -> None:
    returned = program.call(f"{FILE}:both", wanted=BOTH[1:])
    assert [(each.name, each.metadata) for each in returned.made] == [("b", {"n": Datum("int", 1)})]
    assert returned.metadata == {"whole": Datum("bool", True)}


def test_an_optional_output_may_be_missing(program: Program, orders: Message) -> None:
    made = program.call(f"{FILE}:without_b", wanted=BOTH).made
    assert [(each.name, each.missing) for each in made] == [("a", False), ("b", True)]
    assert (
        program.call(f"{FILE}:nothing", wanted=[["", "marts.n", True]], given=[orders])
        .made[0]
        .missing
    )


WRONG_OUTPUTS = {
    "without_needed": "returned no output 'b'; it returned: a",
    "misnamed": "has no output 'c'; it has: a, b",
    "too_few": "returned 1 values for 2 outputs: a, b",
}


@pytest.mark.parametrize(("name", "message"), WRONG_OUTPUTS.items())
def test_outputs_that_do_not_fit_are_refused(program: Program, name: str, message: str) -> None:
    assert program.fail(f"{FILE}:{name}", wanted=BOTH).message == f"{FILE}:{name} {message}"


def test_checks_say_what_they_found(program: Program, orders: Message) -> None:
    given = [{**orders, "name": "same"}]
    (fine,) = program.call(f"{FILE}:fine", given=given, wanted=[]).checks
    assert (fine.name, fine.passed, fine.severity) == ("fine", True, CheckSeverity.BLOCK)
    (detailed,) = program.call(f"{FILE}:detailed", given=given, wanted=[]).checks
    assert (detailed.passed, detailed.severity, detailed.description, detailed.metadata) == (
        False,
        CheckSeverity.WARN,
        "too few",
        {"rows": Datum("int", 2)},
    )


def test_a_source_says_its_version(program: Program) -> None:
    returned = program.call(f"{FILE}:prices", wanted=[])
    assert returned.metadata == {"version": Datum("text", "v7")}


WRONG = {
    "nothing": "returned None: an asset is what its function returns; return the rows",
    "number": "returned int, which is no asset: return a data frame, a table, a list of dicts",
    "record": "returned dict, which is no asset: return [{...}] for one row",
    "not_as_said": "says that it returns bytes, and returned list",
    "not_a_path": "says that it returns Path, and returned str",
    "vanished": "nowhere.txt, where no file is",
    "no_rows": ", row 1 is int: expected a dict",
    "mixed": ", column 'x' is BIGINT in row 1 and VARCHAR in row 2: make them one type",
    "undecided": "returned NoneType: a check returns True, False or a CheckResult",
    "no_version": "returned None: a source's version is a text",
    "absent": "assets/marts/code.py has no function 'absent'",
}


@pytest.mark.parametrize(("name", "message"), WRONG.items())
def test_what_is_no_asset_is_refused_by_name(
    program: Program, orders: Message, name: str, message: str
) -> None:
    given = [orders, {**orders, "name": "same"}]
    error = program.fail(f"{FILE}:{name}", given=given)
    assert message in error.message
    if name != "absent":
        subject = f"{FILE}:{name}" if name in ("undecided", "no_version") else "marts.made"
        assert error.message.startswith(subject)
        assert [(each.file, each.is_user) for each in error.frames] == [(FILE, True)]


def test_an_error_is_told_with_the_author_s_frames_and_its_cause(
    program: Program, orders: Message
) -> None:
    error = program.fail(f"{FILE}:fails", given=[orders])
    assert (error.type, error.message) == ("ValueError", "bad rows")
    assert [(each.file, each.function, each.text, each.is_user) for each in error.frames] == [
        (FILE, "fails", 'raise ValueError("bad rows") from error', True)
    ]
    assert error.cause is not None
    assert (error.cause.type, error.cause.frames[0].text) == ("KeyError", '{}["x"]')


ODD = {
    "sulks": ("assets.marts.code.Sulky", "<no text: its __str__ raised RuntimeError>"),
    "endless": ("RecursionError", "maximum recursion depth exceeded"),
    "long_winded": ("ValueError", " characters left out ... "),
    "leaves": ("SystemExit", "it called sys.exit(3): return, or raise an error"),
    "huge_metadata": ("ValueError", "at most 8,388,608 fit: keep less metadata"),
}


@pytest.mark.parametrize(("name", "error"), [(name, odd) for name, odd in ODD.items()], ids=ODD)
def test_odd_ends_are_told_and_the_worker_lives_on(
    program: Program, orders: Message, name: str, error: tuple[str, str]
) -> None:
    type, message = error
    raised = program.fail(f"{FILE}:{name}", given=[orders])
    assert raised.type == type
    assert message in raised.message
    assert len(raised.message) < 200_000
    assert len(raised.frames) <= 81
    assert program.rows(f"{FILE}:same", given=[orders]) == ORDERS


FILES = {
    "report": (["report.pdf"], ["application/pdf"]),
    "page": (["page.html"], ["text/html"]),
    "outside": (["elsewhere.csv"], ["text/csv"]),
    "pictures": (["a.png", "b.json"], ["image/png", "application/json"]),
}


@pytest.mark.parametrize(("name", "kept"), FILES.items())
def test_files_are_kept_as_they_are(
    program: Program, name: str, kept: tuple[list[str], list[str]]
) -> None:
    (made,) = program.call(f"{FILE}:{name}", wanted=[["", f"marts.{name}"]]).made
    names, media_types = kept
    assert made.format is Format.FILE
    assert ([Path(file).name for file in made.files], list(made.media_types)) == (
        names,
        media_types,
    )
    assert all("scratch-" in file for file in made.files)


def given_files(name: str, *files: Path) -> Message:
    paths = [str(file) for file in files]
    return {"name": name, "key": f"marts.{name}", "format": "file", "form": "path", "files": paths}


def test_files_are_brought_as_paths_and_bytes(program: Program, tmp_path: Path) -> None:
    (one := tmp_path / "one.pdf").write_bytes(b"12345")
    (two := tmp_path / "two.pdf").write_bytes(b"1")
    assert program.rows(f"{FILE}:sizes", given=[given_files("report", one)]) == [{"size": 5}]
    made = program.rows(f"{FILE}:names", given=[given_files("report", one)])
    assert made == [{"name": "one.pdf", "is_folder": False}]
    made = program.rows(f"{FILE}:names", given=[given_files("report", one, two)])
    assert made == [{"name": tmp_path.name, "is_folder": True}]
    error = program.fail(f"{FILE}:sizes", given=[given_files("report", one, two)])
    assert "has 2 files: annotate it as list[bytes]" in error.message


def test_own_types_travel_as_what_their_codec_makes(program: Program) -> None:
    (graph,) = program.call(f"{FILE}:graph").made
    assert (graph.format, rows_of(graph)) == (Format.ROWS, [{"a": 1, "b": 2}])
    given = given_rows(program.root, "graph", rows_of(graph), {"a": "BIGINT", "b": "BIGINT"})
    assert program.rows(f"{FILE}:edges", given=[given]) == [{"edges": 1}]
    (model,) = program.call(f"{FILE}:model").made
    assert (model.format, Path(model.files[0]).read_bytes()) == (Format.FILE, b"7")
    given = given_files("model", Path(model.files[0]))
    assert program.rows(f"{FILE}:weight", given=[given]) == [{"weight": 7}]


def test_output_of_a_call_is_written_before_its_end(program: Program, tmp_path: Path) -> None:
    write_files(
        program.root,
        {"lib/talks.py": "def talk():\n    print('no newline', end='')\n    return []\n"},
    )
    before = len(program.output())
    program.call("lib.talks:talk")
    assert program.output()[before:] == "no newline"


def test_an_asset_of_no_rows_is_one(program: Program) -> None:
    write_files(
        program.root,
        {"lib/empty.py": "def none():\n    return []\ndef never():\n    yield from ()\n"},
    )
    for name in ("none", "never"):
        (made,) = program.call(f"lib.empty:{name}").made
        assert (made.rows, made.columns, Path(made.files[0]).read_text()) == (0, (), "")


def test_scratch_files_are_named_after_their_asset(program: Program, orders: Message) -> None:
    made = program.call(f"{FILE}:same", given=[orders], wanted=[["", "marts.daily"]]).made[0]
    assert Path(made.files[0]).name == "daily.jsonl"
    assert json.loads(Path(made.files[0]).read_text().splitlines()[0]) == ORDERS[0]
