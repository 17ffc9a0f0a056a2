"""Several projects behind one door: one sign-in, a page that lists them, and each on its own."""

import hashlib
import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.catalog.server.conftest import ORIGIN, HandClock, IdleEngine

from freshline.catalog import Found, OneOfSeveral
from freshline.errors import FreshlineError, ResourceError
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.server.door import sessions
from freshline_catalog.server.door.ledgers import Entered, InCatalog
from freshline_catalog.server.people import Role
from freshline_catalog.server.projects.lobby import Lobby
from freshline_catalog.server.projects.opening import Member, Shared
from freshline_catalog.server.projects.several import Reception, lobby_of, members_of
from freshline_catalog.server.services import Sibling

NAMES = ("shop", "sales", "stock")
_LINK = re.compile(r'(?:href|src|action)="([^"#]+)')


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass
class Row:
    """Three projects side by side; those in `shut` cannot be opened for as long as they are."""

    lobby: Lobby
    members: tuple[Member, ...]
    shared: Shared
    shut: dict[str, FreshlineError] = field(default_factory=dict[str, FreshlineError])

    def somebody(self, role: Role | None = Role.OPERATOR) -> TestClient:
        app = Reception(self.lobby, self.members, self.shared)
        headers = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}
        made = TestClient(app, base_url=ORIGIN, headers=headers, follow_redirects=False)
        if role is not None:
            answer = made.get(sessions.new_link(self.lobby, role))
            assert (answer.status_code, answer.headers["location"]) == (303, "/")
        return made

    def start(self, *names: str) -> None:
        """Open some, and wait until that is done or known to be impossible."""
        for member in self.members:
            if member.name in names:
                member.start()
                while member.services is None and member.trouble is None:
                    time.sleep(0.01)


@pytest.fixture
def row(tmp_path: Path) -> Iterator[Row]:
    shut: dict[str, FreshlineError] = {}

    def finding(name: str) -> Callable[[], Found]:
        def find() -> Found:
            if name in shut:
                raise shut[name]
            return Found(
                project=name,
                environment="main",
                catalog=tmp_path / name / "catalog.db",
                logs=tmp_path / name,
                engine=IdleEngine(),
            )

        return find

    shared = Shared(
        host="127.0.0.1",
        port=8321,
        clock=HandClock(),
        version="0",
        most=Role.OPERATOR,
        siblings=tuple(Sibling(name, f"/projects/{name}") for name in NAMES),
    )
    members = members_of(
        [
            OneOfSeveral(name=name, root=tmp_path / name, folder=f"../{name}", find=finding(name))
            for name in NAMES
        ],
        shared,
    )
    made = Row(lobby_of(shared, members), members, shared, shut)
    yield made
    for member in members:
        member.stop()


def test_one_project_that_cannot_be_opened_is_told_and_the_others_have_their_pages(
    row: Row,
) -> None:
    row.shut["sales"] = ResourceError("the disk is full", help="make room")
    row.start(*NAMES)
    person = row.somebody()
    listed = person.get("/")
    assert listed.status_code == 200
    assert "sales cannot be opened" in listed.text
    told = {each["name"]: each for each in person.get("/api/v1/projects").json()["projects"]}
    assert [name for name, each in told.items() if each["is_open"]] == ["shop", "stock"]
    assert (told["sales"]["trouble"], told["sales"]["help"]) == ("the disk is full", "make room")
    for path, status in (("/", 503), ("/assets", 503)):
        answer = person.get(f"/projects/sales{path}")
        assert (answer.status_code, "the disk is full" in answer.text) == (status, True)
        assert person.get(f"/projects/shop{path}").status_code == 200


def test_one_that_could_not_be_opened_is_there_as_soon_as_it_can(row: Row) -> None:
    row.shut["sales"] = ResourceError("the disk is full")
    row.start("sales")
    person = row.somebody()
    assert person.get("/projects/sales/").status_code == 503
    row.shut.clear()
    while row.members[1].services is None:
        time.sleep(0.01)
    assert person.get("/projects/sales/").status_code == 200
    (found,) = (each for each in person.get("/index.json").json()["projects"] if each["is_open"])
    assert (found["name"], found["trouble"]) == ("sales", "")


def test_who_signs_in_does_so_for_all_and_so_does_who_signs_out(row: Row) -> None:
    row.start(*NAMES)
    person, other = row.somebody(), row.somebody(Role.VIEWER)
    for name in NAMES:
        assert person.get(f"/projects/{name}/").status_code == 200
        assert other.post(f"/projects/{name}/events/closed").status_code in (403, 404, 405)
    assert person.post("/projects/sales/logout").headers["location"] == "/projects/sales/login"
    assert person.get("/").status_code == 401
    assert [person.get(f"/projects/{name}/").status_code for name in NAMES] == [401, 401, 401]
    assert other.get("/projects/shop/").status_code == 200


def test_no_team_can_write_itself_into_the_pages_of_another(row: Row, tmp_path: Path) -> None:
    row.start(*NAMES)
    shop = row.members[0].services
    assert shop is not None
    now = shop.clock.now()
    forged = Entered(_hash("forged" * 8), "eve", "operator", now, now, now + 9)
    with closing(SqliteEventLog(tmp_path / "shop/catalog.db")) as log:
        InCatalog(log).begin(forged, None, 0.0)
    eve = row.somebody(None)
    eve.cookies.set("freshline_8321", "forged" * 8)
    assert [eve.get(f"/projects/{name}/").status_code for name in NAMES] == [401, 401, 401]


@pytest.mark.parametrize(
    "path",
    ["/", "/index.json", "/api/v1/projects", "/api/v1/stream", "/projects/x", "/projects/x/y"],
)
def test_nobody_sees_anything_who_is_not_signed_in(path: str, row: Row) -> None:
    assert row.somebody(None).get(path).status_code == 401


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/projects/shop", 303, "/projects/shop/"),
        ("/projects/shopp", 404, "did you mean"),
        ("/projects/nothing/assets", 404, "the first page lists them all"),
        ("/projects/shop/assets/nothing", 404, ""),
        ("/assets", 404, ""),
    ],
)
def test_addresses_lead_to_a_project_or_say_what_there_is(
    path: str, status: int, said: str, row: Row
) -> None:
    row.start("shop")
    answer = row.somebody().get(path)
    assert answer.status_code == status
    assert said.lower() in (answer.headers.get("location", "") + answer.text).lower()


@pytest.mark.parametrize("path", ["/", "/assets", "/automation", "/reconciler", "/assets/nothing"])
def test_every_link_of_a_project_stays_within_it_or_leads_to_another(path: str, row: Row) -> None:
    row.start("shop")
    text = row.somebody().get(f"/projects/shop{path}").text
    others = {"/", *(f"/projects/{name}/" for name in NAMES)}
    astray = {
        link
        for link in _LINK.findall(text)
        if not link.startswith(("/projects/shop/", "?", "http"))
    }
    assert astray == others - {"/projects/shop/"}
