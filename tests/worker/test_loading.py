"""Loading: what files declare is told as plain data, and what cannot be imported with its error."""

import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from tests.worker.program import Program, running, write_files

from freshline.calls import FunctionKind, Raised, ToldFile, ToldFunction


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "project"


@pytest.fixture
def program(folder: Path, bare: str) -> Iterator[Program]:
    write_files(folder, {})
    with running(folder, bare) as program:
        yield program


def told_of(program: Program, text: str, name: str = "assets/marts/models.py") -> ToldFile:
    write_files(program.root, {name: textwrap.dedent(text)})
    (told,) = program.load(name)
    return told


def function_of(program: Program, text: str) -> ToldFunction:
    told = told_of(program, text)
    assert told.error is None, told.error
    (function,) = told.functions
    return function


def error_of(told: ToldFile) -> Raised:
    assert told.error is not None
    return told.error


def test_an_asset_is_told_whole(program: Program) -> None:
    function = function_of(
        program,
        '''
        from __future__ import annotations
        from freshline import Context, Input, asset

        @asset(
            key="marts.churn",
            inputs={"orders": Input("stg.orders", columns=["id", "at"], optional=True)},
            columns={"id": "bigint!"},
            tags=("nightly",),
            code_version="2",
            reads_env=["HOME"],
        )
        def churn(orders, days: list[dict] = (), *, context: Context):
            """Customers who left.

                Indented.
            """
            return orders
        ''',
    )
    assert (function.kind, function.name, function.key) == (
        FunctionKind.ASSET,
        "churn",
        "marts.churn",
    )
    assert (function.line, function.end) == (5, 18)
    assert [(each.name, each.form, each.has_default) for each in function.parameters] == [
        ("orders", "rows", False),
        ("days", "rows", True),
    ]
    told = function.inputs["orders"]
    assert (told.key, told.columns, told.optional) == ("stg.orders", ("id", "at"), True)
    assert function.settings == {"columns": {"id": "bigint!"}, "tags": ["nightly"]}
    assert [(each.name, each.key) for each in function.outputs] == [("", "marts.churn")]
    assert function.description == "Customers who left.\n\nIndented."
    assert (function.context, function.code_version) == ("context", "2")
    assert (function.pure, function.reads_env) == (True, ("HOME",))


def test_several_outputs_are_told(program: Program) -> None:
    function = function_of(
        program,
        """
        from freshline import Output, multi_asset

        @multi_asset(
            outputs={"a": Output("marts.a", optional=True, tags=["x"]), "b": Output()}, subset=True
        )
        def both(): ...
        """,
    )
    assert (function.kind, function.subset) == (FunctionKind.MULTI_ASSET, True)
    assert [(o.name, o.key, o.optional, o.settings) for o in function.outputs] == [
        ("a", "marts.a", True, {"tags": ["x"]}),
        ("b", None, False, {}),
    ]


def test_checks_and_sources_are_told_in_the_order_of_the_file(program: Program) -> None:
    told = told_of(
        program,
        """
        from freshline import check, source

        @source("raw.prices")
        def prices(): return "1"

        @check("marts.churn", severity="warn")
        def few(churn, orders): return True
        """,
    )
    assert [(each.kind, each.name, each.key, each.of) for each in told.functions] == [
        (FunctionKind.SOURCE, "prices", "raw.prices", None),
        (FunctionKind.CHECK, "few", None, "marts.churn"),
    ]
    assert told.functions[1].settings == {"severity": "warn"}


FORMS = {
    "nothing": ("orders", "rows"),
    "a list": ("orders: list", "rows"),
    "a list of dicts": ("orders: 'List[Dict[str, object]]'", "rows"),
    "an iterator of dicts": ("orders: Iterator[dict]", "rows"),
    "anything": ("orders: Any", "rows"),
    "a path": ("orders: Path", "path"),
    "paths": ("orders: 'list[Path]'", "path"),
    "bytes": ("orders: bytes", "bytes"),
    "bytes or nothing": ("orders: Optional[bytes]", "bytes"),
    "bytes or nothing, as newer Pythons write it": ("orders: 'bytes | None'", "bytes"),
    "a note beside it": ("orders: Annotated[bytes, 'n']", "bytes"),
    "a type of one's own": ("orders: Graph", "codec:assets.marts.models:Graph"),
    "a data frame that is not installed": ("orders: 'pd.DataFrame'", "pandas"),
    "a table that is not installed, of a name": (
        "orders: 'Optional[Iterator[Batch]]'",
        "arrow_batches",
    ),
    "one for type checkers": ("orders: 'fractions.Fraction'", "resource"),
    "a class of one's own": ("orders: Client", "resource"),
    "a subclass of Resource": ("orders: Warehouse", "resource"),
}
HEAD = """
from __future__ import annotations
from typing import TYPE_CHECKING, Annotated, Any, Dict, Iterator, List, Optional
from pathlib import Path
from freshline import Context, Resource, asset, register_codec
if TYPE_CHECKING:
    import fractions
    import pandas as pd
    from pyarrow import RecordBatch as Batch

class Graph: ...
register_codec(Graph, lambda graph: [], lambda rows: Graph())
class Client: ...
class Warehouse(Resource):
    url: str = ""

@asset
def made({parameter}): ...
"""


@pytest.mark.parametrize("future", [True, False], ids=["as texts", "as they are"])
@pytest.mark.parametrize(("parameter", "form"), FORMS.values(), ids=FORMS)
def test_an_annotation_says_the_form(
    program: Program, parameter: str, form: str, future: bool
) -> None:
    head = HEAD if future else HEAD.replace("from __future__ import annotations\n", "")
    (told,) = function_of(program, head.format(parameter=parameter)).parameters
    assert ("resource" if told.resource else told.form) == form


@pytest.mark.parametrize(
    ("result", "form"),
    [("", "rows"), (" -> bytes", "bytes"), (" -> Path", "path"), (" -> Iterator[dict]", "rows")],
    ids=["not said", "bytes", "a path", "an iterator"],
)
def test_what_comes_back_is_told(program: Program, result: str, form: str) -> None:
    text = HEAD.replace("made({parameter}):", f"made(){result}:")
    assert function_of(program, text).returns == form


CONFIG = """
from __future__ import annotations
import enum
from dataclasses import dataclass, field
from datetime import date
from typing import Dict, List, Literal, Optional
from freshline import Config, asset

class Level(enum.Enum):
    LOW = "low"
    HIGH = "high"

@dataclass(frozen=True)
class Inner:
    share: float

class Churn(Config):
    days: int
    level: Level = Level.LOW
    since: date = date(2024, 1, 1)
    mode: Literal["a", "b"] = "a"
    tags: List[str] = field(default_factory=list)
    weights: Optional[Dict[str, float]] = None
    inner: Inner = Inner(0.5)

@asset
def made(orders, config: Churn): ...
"""


def test_config_has_a_schema(program: Program) -> None:
    function = function_of(program, CONFIG)
    assert function.config == "config"
    assert [each.name for each in function.parameters] == ["orders"]
    assert function.config_schema == {
        "type": "object",
        "properties": {
            "days": {"type": "integer"},
            "level": {"enum": ["low", "high"], "default": "low"},
            "since": {"type": "string", "format": "date", "default": "2024-01-01"},
            "mode": {"enum": ["a", "b"], "default": "a"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "weights": {
                "anyOf": [
                    {"type": "object", "additionalProperties": {"type": "number"}},
                    {"type": "null"},
                ],
                "default": None,
            },
            "inner": {
                "type": "object",
                "properties": {"share": {"type": "number"}},
                "required": ["share"],
                "additionalProperties": False,
            },
        },
        "required": ["days"],
        "additionalProperties": False,
    }


def test_plain_config_has_none(program: Program) -> None:
    function = function_of(program, "from freshline import asset\n@asset\ndef a(config): ...\n")
    assert (function.config, function.config_schema) == ("config", None)


BROKEN: Mapping[str, tuple[str, str, str, int]] = {
    "an error": ("x = 1\n1 / 0\n", "ZeroDivisionError", "division by zero", 2),
    "a syntax error": ("x = 1\ndef (:\n", "SyntaxError", "invalid syntax", 2),
    "a library that is missing": ("import nowhere\n", "ModuleNotFoundError", "nowhere", 1),
    "an end of the process": ("import sys\nsys.exit(3)\n", "SystemExit", "sys.exit(3)", 2),
    "an interruption": ("raise KeyboardInterrupt\n", "KeyboardInterrupt", "", 1),
    "a decorator's complaint": (
        "from freshline import asset\n@asset(tag=1)\ndef a(): ...\n",
        "TypeError",
        "@asset has no keyword 'tag': did you mean 'tags'?",
        2,
    ),
    "a name that Freshline lacks": (
        "from freshline import aset\n",
        "ImportError",
        "cannot import name 'aset'",
        1,
    ),
    "a parameter that is a number": (
        "from freshline import asset\n@asset\ndef a(limit: int): ...\n",
        "TypeError",
        "parameter 'limit' of a is annotated as int, which no upstream can be",
        3,
    ),
    "any number of parameters": (
        "from freshline import asset\n@asset\ndef a(*tables): ...\n",
        "TypeError",
        "a takes *args: name each upstream as a parameter",
        3,
    ),
    "an input that is a number": (
        "from freshline import asset\n@asset(inputs=['stg.o'])\ndef a(o: int): ...\n",
        "TypeError",
        "parameter 'o' of a is annotated as int, which no upstream can be",
        3,
    ),
    "inputs of no parameter": (
        "from freshline import asset\n@asset(inputs={'order': 'stg.o'})\ndef a(orders): ...\n",
        "TypeError",
        "a has no parameter 'order' that inputs name; it has: orders",
        3,
    ),
    "settings that are objects": (
        "from freshline import asset\n@asset(meta={'x': object()})\ndef a(): ...\n",
        "TypeError",
        "settings['meta']['x'] is of type object: settings are plain data",
        3,
    ),
    "two functions of one name": (
        "from freshline import asset\n@asset\ndef a(): ...\n@asset\ndef a(): ...\n",
        "TypeError",
        "a is declared, but no name of the module holds it",
        3,
    ),
}


@pytest.mark.parametrize(("text", "type", "message", "line"), BROKEN.values(), ids=BROKEN)
def test_a_file_that_cannot_be_used_is_told_with_its_place(
    program: Program, text: str, type: str, message: str, line: int
) -> None:
    write_files(program.root, {"assets/a.py": text, "assets/b.py": "from freshline import asset\n"})
    broken, whole = program.load("assets/a.py", "assets/b.py")
    error = error_of(broken)
    assert (error.type, broken.functions) == (type, ())
    assert message in error.message
    assert (error.frames[-1].file, error.frames[-1].line) == ("assets/a.py", line)
    assert error.frames[-1].is_user
    assert whole.error is None


def test_an_error_deeper_down_has_all_its_frames(program: Program) -> None:
    files = {
        "lib/deep.py": "def fail():\n    try:\n        {}['x']\n    except KeyError as error:\n"
        "        raise ValueError('no x') from error\n",
        "assets/a.py": "from lib import deep\n\ndeep.fail()\n",
    }
    write_files(program.root, files)
    (told,) = program.load("assets/a.py")
    error = error_of(told)
    assert [(each.file, each.line, each.is_user) for each in error.frames] == [
        ("assets/a.py", 3, True),
        ("lib/deep.py", 5, True),
    ]
    assert error.cause is not None
    assert (error.cause.type, error.cause.message) == ("KeyError", "key not found: 'x'")


def test_functions_of_run_are_told_by_name(program: Program) -> None:
    write_files(program.root, {"lib/churn.py": "def score(orders, days=3): ...\nlimit = 3\n"})
    found, missing, number = program.load(
        functions=["lib.churn:score", "lib.churn:scor", "lib.churn:limit"]
    )
    (function,) = found.functions
    assert (found.file, function.name) == ("lib.churn:score", "score")
    assert [each.name for each in function.parameters] == ["orders", "days"]
    assert error_of(missing).message == "lib.churn has no function 'scor': did you mean 'score'?"
    assert error_of(number).message == "lib.churn:limit is int, no function"


def test_what_a_file_imports_from_another_is_told_once(program: Program) -> None:
    write_files(
        program.root,
        {
            "assets/a.py": "from freshline import asset\n@asset\ndef one(): ...\n",
            "assets/b.py": "import assets.a\nfrom assets.a import one\nassert assets.a.one is one",
        },
    )
    told = program.load("assets/b.py", "assets/a.py")
    assert [[each.name for each in file.functions] for file in told] == [[], ["one"]]


def test_a_decorator_of_ones_own_may_stand_above(program: Program) -> None:
    function = function_of(
        program,
        """
        import functools
        from freshline import asset

        def timed(function):
            @functools.wraps(function)
            def inner(*args, **keywords):
                return function(*args, **keywords)
            return inner

        @timed
        @asset
        def made(orders):
            return orders
        """,
    )
    assert (function.name, function.line, function.end) == ("made", 11, 14)
    assert [each.name for each in function.parameters] == ["orders"]


def test_a_file_is_imported_from_where_it_lies(program: Program) -> None:
    """Neither its folder's name, nor what is installed under it, nor how it is called matters."""
    files = {
        "assets/json/2024-report.py": "from . import nearby\n"
        "from freshline import asset\n@asset\ndef made(): ...\n",
        "assets/json/nearby.py": "import json\njson.dumps\n",
    }
    write_files(program.root, files)
    (told,) = program.load("assets/json/2024-report.py")
    assert told.error is None, told.error
    assert [each.name for each in told.functions] == ["made"]


LIMIT = {
    "lib/limit.py": "LIMIT = 'a'\n",
    "assets/a.py": "from lib.limit import LIMIT\nprint(LIMIT)\n",
}


def printed(folder: Path, interpreter: str) -> str:
    """Return what a new worker prints while it loads the file."""
    with running(folder, interpreter) as program:
        (told,) = program.load("assets/a.py")
        assert told.error is None, told.error
        return program.output()


@pytest.mark.parametrize("folders", [(), (".freshline",)], ids=["nothing is kept", "code is kept"])
def test_an_edit_within_a_second_counts(folder: Path, bare: str, folders: tuple[str, ...]) -> None:
    """Python's own cache would say that nothing changed: same size, same second."""
    write_files(folder, LIMIT)
    for name in folders:
        (folder / name).mkdir()
    assert printed(folder, bare) == "a\n"
    (folder / "lib/limit.py").write_text("LIMIT = 'b'\n")
    assert printed(folder, bare) == "b\n"
    assert printed(folder, bare) == "b\n"
    assert not list(folder.rglob("*.pyc"))
    kept = list(folder.rglob("*.code"))
    assert len(kept) == 2 * len(folders)
    assert all(file.is_relative_to(folder / ".freshline") for file in kept)


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut off": lambda data: data[:30],
    "emptied": lambda data: b"",
    "of another text": lambda data: bytes(8) + data[8:],
    "turned over": lambda data: data[:-1] + bytes([data[-1] ^ 1]),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_kept_code_that_is_damaged_is_made_anew(
    folder: Path, bare: str, damage: Callable[[bytes], bytes]
) -> None:
    write_files(folder, LIMIT)
    (folder / ".freshline").mkdir()
    assert printed(folder, bare) == "a\n"
    whole = {file: file.read_bytes() for file in folder.rglob("*.code")}
    for file, data in whole.items():
        file.write_bytes(damage(data))
    assert printed(folder, bare) == "a\n"
    assert {file: file.read_bytes() for file in folder.rglob("*.code")} == whole


def test_the_worker_s_own_modules_are_not_in_the_way(program: Program) -> None:
    files = {"loading.py": "mine = 1\n", "assets/a.py": "import loading\nloading.mine\n"}
    write_files(program.root, files)
    (told,) = program.load("assets/a.py")
    assert told.error is None


def test_freshline_is_its_sdk_and_no_more(program: Program) -> None:
    told = told_of(
        program,
        """
        import freshline

        try:
            freshline.open(".")
        except RuntimeError as error:
            assert "for notebooks and scripts" in str(error)
        from freshline import asset, Context, Table
        """,
    )
    assert told.error is None


def test_distributions_that_an_import_brought_in_are_told(tmp_path: Path, bare: str) -> None:
    site = next(Path(bare).parents[1].glob("lib/python*/site-packages"))
    files = {
        "snowfall/__init__.py": "",
        "Snow_Fall-1.2.dist-info/METADATA": "Name: Snow-Fall\nVersion: 1.2\n",
        "Snow_Fall-1.2.dist-info/RECORD": "snowfall/__init__.py,,\n",
    }
    write_files(site, files)
    root = write_files(tmp_path / "project", {"assets/a.py": "import snowfall, json\n"})
    with running(root, bare) as program:
        (told,) = program.load("assets/a.py")
    assert told.packages == {"snow-fall": "1.2"}


def test_what_a_file_prints_is_output_and_nothing_else(program: Program) -> None:
    told = told_of(program, "import os\nprint('hello')\nos.write(1, b'raw')\n")
    assert told.error is None
    assert program.output() == "hello\nraw"


def test_an_import_that_ends_the_process_is_seen_as_its_end(program: Program) -> None:
    write_files(program.root, {"assets/a.py": "import os\nos._exit(7)\n"})
    with pytest.raises(EOFError):
        program.load("assets/a.py")
    assert program.process.wait(60) == 7


def test_a_fork_at_import_is_no_second_worker(program: Program) -> None:
    told = told_of(program, "import os\nif os.fork() == 0:\n    x = 1\nelse:\n    os.wait()\n")
    assert told.error is None
