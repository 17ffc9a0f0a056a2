"""What other catalogs read: the version that is current, and its rows as one file."""

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.catalog.server.conftest import IdleEngine, Served
from tests.catalog.server.test_bearers import kept, showing
from tests.catalog.server.world import opened

from freshline.catalog import Handed
from freshline.codec import decode
from freshline.keys import Target
from freshline.offers import Offer
from freshline.testing.specimens import build
from freshline.versions import Logic, Manifest
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.server.app import create_app
from freshline_catalog.server.people import Role
from freshline_catalog.server.services import Services

ROWS = b"PAR1 rows PAR1"
MAT = "01a2034b-0000-7000-8000-000000000001"
AT = "/api/v1/assets/marts.daily"


class Giving(IdleEngine):
    """An engine that has one version, and hands it over as a file."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.path = folder / "handed.parquet"

    def current(self, key: str) -> Manifest:
        made = build(Target("shop", "main", key), MAT, number=7)
        logic = Logic(text="SELECT 1", schemas=())
        return Manifest(version=made.version, trace=made.trace, logic=logic)

    def hand_over(self, key: str, mat_id: str) -> Handed:
        self.path.write_bytes(ROWS)
        return Handed(self.path, len(ROWS), hashlib.sha256(ROWS).hexdigest())


@pytest.fixture
def log(world: Path) -> Iterator[SqliteEventLog]:
    with opened(world) as log:
        yield log


@pytest.fixture
def engine(tmp_path: Path) -> Giving:
    return Giving(tmp_path)


def test_what_is_current_is_told_with_what_is_said_of_the_asset(client: Served) -> None:
    offer = decode(client(Role.VIEWER).get(f"{AT}/current").content, Offer)
    assert (offer.key, offer.mat_id, offer.number) == ("marts.daily", MAT, 7)
    assert offer.data_version == f"rows of {MAT}"
    assert offer.windows == ((("amount",), f"amounts of {MAT}"),)
    assert offer.owner
    assert offer.until is None


def test_whoever_shows_a_token_is_told_until_when(services: Services, log: SqliteEventLog) -> None:
    client = showing(create_app(services), f"Bearer {kept(log)}")
    assert decode(client.get(f"{AT}/current").content, Offer).until == 1_800_001_000.0


def test_rows_leave_with_their_hash_and_leave_nothing_behind(
    client: Served, engine: Giving
) -> None:
    answer = client().get(f"{AT}/versions/{MAT}/data")
    digest = base64.b64encode(hashlib.sha256(ROWS).digest()).decode()
    assert answer.content == ROWS
    assert answer.headers["Repr-Digest"] == f"sha-256=:{digest}:"
    assert answer.headers["Content-Length"] == str(len(ROWS))
    assert not engine.path.exists()


def test_a_copy_of_rows_is_on_record(services: Services, log: SqliteEventLog) -> None:
    client = showing(create_app(services), f"Bearer {kept(log)}")
    assert client.get(f"{AT}/versions/{MAT}/data").status_code == 200
    with log.reader() as connection:
        sql = "select actor, role, subject from action where kind = 'data'"
        rows = connection.execute(sql).fetchall()
    assert rows == [("token sales", "token", "marts.daily")]


def status(client: TestClient, key: str) -> tuple[int, int]:
    found = [f"/api/v1/assets/{key}/{what}" for what in ("current", f"versions/{MAT}/data")]
    return client.get(found[0]).status_code, client.get(found[1]).status_code


def test_a_token_for_some_assets_knows_of_no_other(services: Services, log: SqliteEventLog) -> None:
    client = showing(create_app(services), f"Bearer {kept(log, selection='marts.daily')}")
    assert status(client, "marts.daily") == (200, 200)
    assert status(client, "staging.orders") == (404, 404)
    events = client.get("/api/v1/events?limit=1000").json()["events"]
    assert {event["asset"] for event in events} == {"marts.daily"}
    assert client.get("/api/v1/events?payload=true").status_code == 403


def test_what_is_not_there_is_told_to_be_so(client: Served) -> None:
    assert status(client(), "marts.nothing") == (404, 404)


def test_events_may_begin_behind_the_newest(client: Served) -> None:
    told = client().get("/api/v1/events?after=-1").json()
    assert told["events"] == []
    newest = client().get(f"/api/v1/events?after={told['position'] - 1}").json()
    assert [event["sequence"] for event in newest["events"]] == [told["position"]]
