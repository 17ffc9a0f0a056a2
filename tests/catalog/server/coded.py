"""A made-up catalog of assets that code makes: entries, versions with what was told, logs, traces.

staging.orders     SQL
ml.features        Python, two versions: numbers, markdown, a table, a picture, a link, plain data
ml.chart           Python, files: a picture, shown
ml.report          a command; its last attempt failed with a trace
ml.forecast        Python, at work: it says how far it is
"""

import base64
import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.catalog.server.conftest import ADDRESS, HandClock, IdleEngine, somebody
from tests.catalog.surveyed import entry, survey

from freshline.calls import Datum
from freshline.catalog import Rows
from freshline.claims import Claim
from freshline.errors import Span
from freshline.events import AttemptFailed, Event, Materialized, Outcome, RunFinished, RunStarted
from freshline.keys import Target
from freshline.ports import Holder
from freshline.survey import Entry, EntryCode, EntryParameter, Language
from freshline.testing import specimens
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.server.app import create_app
from freshline_catalog.server.people import Role
from freshline_catalog.server.services import Scope, Services
from freshline_catalog.surveys import SqliteSurveys

PROJECT, ENVIRONMENT = "shop", "main"
NOW = 1_800_000_000.0
FIRST, SECOND, AT_WORK = (f"01a2034b-0000-7000-8000-00000000000{number}" for number in "123")
FILE = "assets/ml/models.py"
SOURCE = '''\
@asset(inputs={"orders": Input("staging.orders", columns=["id", "amount"])})
def features(orders: pl.DataFrame, settings: Settings, shop: Warehouse) -> pl.DataFrame:
    """One row for each customer, <with> what a model learns from."""
    daily = orders.group_by("id").agg(pl.col("amount").sum())
    return daily.with_columns(weight=settings.rounds * 0.5)  # not scaled
'''
TRACE = """\
KeyError: 'region'
  assets/ml/models.py:41 in report
    rates = rate(orders["region"])
  lib/rates.py:4 in rate
    return RATES[region]
further down, in packages:
  /venv/lib/python3.12/site-packages/pandas/core/frame.py:4102 in __getitem__
    indexer = self.columns.get_loc(key)
  /venv/lib/python3.12/site-packages/pandas/core/indexes/base.py:3812 in get_loc
    raise KeyError(key) from err
caused by LookupError: <b>no</b> region of this name
further down, in packages:
  /venv/lib/python3.12/site-packages/rates/table.py:12 in find
    raise LookupError(name)"""


def png(width: int = 160, height: int = 60) -> bytes:
    """Return a small picture: bars that grow from left to right."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            is_bar = x % 20 < 14 and height - y < 8 + (x // 20) * 7
            rows += b"\x3b\x6f\xd4" if is_bar else b"\xff\xff\xff"
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(rows), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


PICTURE = Datum("image", {"media_type": "image/png", "data": base64.b64encode(png()).decode()})
METADATA = {
    "auc": Datum("float", 0.9312),
    "rounds": Datum("int", 1200),
    "converged": Datum("bool", True),
    "notes": Datum("markdown", "**Better** than before, [see](https://shop.example/m)<script>"),
    "weights": Datum(
        "table",
        {"columns": ["feature", "weight"], "rows": [["amount", 0.71], ["<i>age</i>", None]]},
    ),
    "importance": PICTURE,
    "drawing": Datum("image", {"media_type": "image/svg+xml", "data": "PHN2Zz48L3N2Zz4="}),
    "experiment": Datum("url", "https://shop.example/runs/7"),
    "script": Datum("url", "javascript:alert(1)"),
    "model": Datum("path", "models/churn-7.pkl"),
    "params": Datum("json", {"depth": 6, "eta": 0.1, "api_token": "abc", "list": [*range(30)]}),
    "trained": Datum("time", "2027-01-15T08:00:00+00:00"),
    "password": Datum("text", "hunter2"),
}
CODE = EntryCode(
    function=f"{FILE}:features",
    source=SOURCE,
    place=Span(file=FILE, line=12, column=1),
    location="risk",
    python="3.12",
    requirements="assets/ml/requirements.txt",
    files=(FILE, "lib/rates.py"),
    config={"rounds": 3, "api_key": "abc", "deep": {"rate": 0.1}},
    resources=(("shop", "warehouse"),),
    reads_env=("REGION",),
    packages=(("numpy", "2.0.0"), ("polars", "1.30.0")),
    parameters=(EntryParameter("orders", "staging.orders", ("id", "amount"), "polars"),),
)


def code_entry(key: str, code: EntryCode, *, language: Language = Language.PYTHON) -> Entry:
    """Return an entry of an asset that code makes from staging.orders."""
    place = code.place or Span(file=FILE, line=40, column=1)
    made = entry(key, "staging.orders", owner="ml", description="Made by *code*.")
    return replace(
        made,
        code=code,
        language=language,
        place=place,
        code_version="a1b2c3d4e5f6",
        windows=tuple((each.upstream, each.columns) for each in code.parameters),
    )


def entries() -> tuple[Entry, ...]:
    """Return the entries of the catalog."""
    command = EntryCode(command=("Rscript", "assets/ml/report.R", "{output}"), location="main")
    chart = EntryCode(function=f"{FILE}:chart", location="main", makes_files=True)
    return (
        entry("raw.orders", columns=("id", "amount")),
        replace(entry("staging.orders", "raw.orders"), language=Language.SQL, sql="SELECT 1"),
        code_entry("ml.features", CODE),
        replace(code_entry("ml.chart", chart), preview=True),
        code_entry("ml.report", command, language=Language.COMMAND),
        code_entry("ml.forecast", EntryCode(function=f"{FILE}:forecast", location="main")),
    )


def target(key: str) -> Target:
    """Return the address of an asset's state."""
    return Target(PROJECT, ENVIRONMENT, key)


def made(run: str, key: str, number: int, at: float, metadata: dict[str, Datum]) -> Materialized:
    """Return the event that a version was published, of which its code told this."""
    build = specimens.build(target(key), f"{key} {number}", number=number)
    version = replace(build.version, at=at)
    return Materialized(
        at=at,
        run=run,
        target=target(key),
        build=replace(build, version=version),
        logic=specimens.logic(key),
        metadata=metadata,
    )


def started(run: str, at: float, *assets: str) -> RunStarted:
    """Return the event that somebody began a run."""
    begun = specimens.run_started(run)
    return replace(begun, at=at, assets=assets, steps=len(assets))


def fill(log: SqliteEventLog) -> None:
    """Record two runs that ended, and one that is at work."""
    SqliteSurveys(log).keep(survey(*entries(), at=NOW - 50_000))

    def attempt(run: str, key: str, number: int, at: float, ended: Event) -> None:
        log.claim([Claim(at=at, run=run, target=target(key), publish_id=f"{key} {number}", base=0)])
        log.append([ended])

    for number, run in enumerate((FIRST, SECOND), 1):
        at = NOW - 20_000 + 5_000 * number
        log.append([started(run, at, "ml.features", "ml.chart", "ml.report")])
        told = {
            **METADATA,
            "auc": Datum("float", 0.9 + number / 100),
            "rounds": Datum("int", number),
        }
        attempt(run, "ml.features", number, at + 1, made(run, "ml.features", number, at + 9, told))
        chart = made(run, "ml.chart", number, at + 12, {"plots": Datum("int", 1)})
        attempt(run, "ml.chart", number, at + 2, chart)
        failed = AttemptFailed(
            at=at + 14,
            run=run,
            target=target("ml.report"),
            publish_id=f"ml.report {number}",
            code="F330",
            message="KeyError: 'region'",
            trace=TRACE,
        )
        attempt(run, "ml.report", number, at + 3, failed)
        log.append(
            [
                RunFinished(
                    at=at + 15,
                    run=run,
                    outcome=Outcome.FAILED,
                    counts={"built": 2, "failed": 1},
                    unfinished={"ml.report": "failed"},
                )
            ]
        )
    log.acquire(
        Holder(
            name=f"apply:{ENVIRONMENT}",
            actor="ada",
            host="h",
            pid=1,
            since=NOW - 60,
            purpose="apply",
        )
    )
    log.append([started(AT_WORK, NOW - 30, "ml.forecast")])
    claim = Claim(
        at=NOW - 29, run=AT_WORK, target=target("ml.forecast"), publish_id="ml.forecast 1", base=0
    )
    log.claim([claim])


LINES: tuple[dict[str, object], ...] = (
    {"event": "run_started", "message": "freshline apply by ada: 3 steps"},
    {"event": "step_started", "message": "started"},
    {"event": "code_line", "message": "reading  1,204 rows", "source": "stdout"},
    {"event": "code_line", "message": "depth is not set", "source": "log", "level": "debug"},
    {
        "event": "code_line",
        "message": "DeprecationWarning: <old>",
        "source": "stderr",
        "level": "warning",
    },
    {"event": "code_line", "message": "loss is not a number", "source": "log", "level": "error"},
    {"event": "code_progress", "message": "fitting", "source": "progress", "done": 0.2},
    {"event": "code_progress", "message": "fitting", "source": "progress", "done": 0.45},
)


def write_logs(folder: Path) -> None:
    """Write the logs of the runs: of the one at work as far as it is, of the others to the end."""
    folder.mkdir(parents=True, exist_ok=True)
    failed: dict[str, object] = {
        "event": "step_ended",
        "asset": "ml.report",
        "level": "error",
        "message": "failed: F330 KeyError: 'region'",
        "code": "F330",
        "error": "KeyError: 'region'",
        "place": "lib/rates.py:4:5",
        "help": "",
        "trace": TRACE,
    }
    for run, more in ((FIRST, (failed,)), (SECOND, (failed,)), (AT_WORK, ())):
        told = [
            {
                "time": f"2027-01-15T08:00:{number:02}.000Z",
                "level": "info",
                "run": run,
                **({"asset": "ml.forecast" if run == AT_WORK else "ml.features"} if number else {}),
                **line,
            }
            for number, line in enumerate((*LINES, *more))
        ]
        text = "".join(json.dumps(line) + "\n" for line in told)
        (folder / f"{run}.jsonl").write_text(text, encoding="utf-8")


class Files(IdleEngine):
    """An engine over one asset that is files."""

    def rows(self, key: str, limit: int) -> Rows:
        self.asked.append(("rows", (key, limit)))
        columns = (
            *(("name", "VARCHAR"), ("media_type", "VARCHAR")),
            *(("content", "BLOB"), ("bytes", "BIGINT")),
        )
        picture = png()
        rows = (
            ("bars.png", "image/png", as_duckdb_writes(picture), str(len(picture))),
            ("fake.png", "image/png", "<svg onload=alert(1)>", "21"),
            ("notes.txt", "text/plain", "one\\x0A<b>two\\xC3\\xBC</b>", "14"),
            ("model.pkl", "application/octet-stream", None, "120"),
            ("large.png", "image/png", None, "900000000"),
        )
        return Rows(columns, rows)


def as_duckdb_writes(data: bytes) -> str:
    """Return bytes as text, as a cast of DuckDB's gives it."""
    plain = set(range(32, 127)) - set(b"\\'\"")
    return "".join(chr(byte) if byte in plain else f"\\x{byte:02X}" for byte in data)


def services_over(log: SqliteEventLog, logs: Path) -> Services:
    """Return what serves this catalog."""
    return Services(
        scope=Scope(PROJECT, ENVIRONMENT),
        log=log,
        engine=Files(),
        clock=HandClock(NOW),
        logs=logs,
        address=ADDRESS,
        version="0",
    )


@pytest.fixture
def coded(log: SqliteEventLog, tmp_path: Path) -> Iterator[TestClient]:
    """Return an operator who looks at the catalog."""
    fill(log)
    write_logs(tmp_path / "logs")
    services = services_over(log, tmp_path / "logs")
    with somebody(create_app(services), services, Role.OPERATOR) as client:
        yield client
