"""`freshline up` as people use it: real processes, real files, another terminal beside it."""

import signal
import socket
import subprocess
from pathlib import Path

import pytest
from tests.catalog.server.served import eventually, served, start
from tests.catalog.server.world import freshline, opened

from freshline_catalog.statements import statements


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_a_server_ends_quickly_also_while_somebody_listens(world: Path, number: int) -> None:
    with served(world) as server, server.browser.stream("GET", "/api/v1/stream") as stream:
        lines = stream.iter_lines()
        assert next(lines).startswith("retry:")
        assert server.stop(number) == (0, "Ctrl-C ends it\n")


def test_a_link_signs_in_once_and_nobody_else_is_let_in(world: Path) -> None:
    with served(world) as server:
        server.browser.cookies.clear()
        assert server.browser.get("/health.json").status_code == 401
        assert server.browser.get(server.link).status_code != 303
        assert server.browser.get("/healthz").json() == {"status": "ok"}


def test_read_only_lets_nobody_change_anything_not_even_who_could_before(world: Path) -> None:
    with served(world, "--port", str(free_port())) as server:
        cookies, port = dict(server.browser.cookies), server.port
        server.stop()
    with served(world, "--read-only", "--port", str(port)) as server:
        server.browser.cookies.clear()
        server.browser.cookies.update(cookies)
        assert server.health().project == "shop"
        refused = server.browser.put("/api/v1/consumers/nightly", json={"selection": ""})
        assert refused.status_code == 403


def test_the_next_port_is_taken_where_nobody_said_which(world: Path) -> None:
    with served(world) as first, served(world) as second:
        assert second.port != first.port
        assert second.health().project == first.health().project == "shop"


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--host", "0.0.0.0"), 2, "served on this machine only, not on 0.0.0.0"),
        (("--port", "70000"), 2, "at most 65535"),
        (("--env", "prod"), 2, 'there is no environment "prod"'),
    ],
    ids=["a host that others can reach", "no port", "no environment"],
)
def test_what_cannot_be_served_is_refused(
    made_world: Path, options: tuple[str, ...], code: int, said: str
) -> None:
    refused = freshline(made_world, "up", *options)
    assert refused.returncode == code
    assert said in refused.stderr


def test_a_port_that_is_taken_is_refused_where_it_was_asked_for(made_world: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = freshline(made_world, "serve", "--port", str(port))
    assert refused.returncode == 1
    assert f"nothing can be served on port {port}" in refused.stderr


def test_an_apply_in_another_terminal_shows_without_a_reload(world: Path) -> None:
    with served(world) as server:
        before = eventually(server.health, lambda told: bool(told.surveyed))
        assert before.statuses["stale"] == 2
        apply = start(world, ["apply", "--yes", "finance.forecast", "finance.budget"])
        told = eventually(server.health, lambda told: told.statuses.get("stale") == 1)
        assert apply.communicate()[0] is not None and apply.returncode == 0
        told = eventually(server.health, lambda told: told.statuses.get("missing") == 1)
        assert told.sequence > before.sequence


@pytest.mark.parametrize(
    ("file", "text", "status"),
    [
        ("assets/marts/new.sql", "SELECT 1 AS one\n", "missing"),
        ("data/customers.csv", "id,name,city\n1,Ada,London\n", "stale"),
    ],
    ids=["a new asset", "new data"],
)
def test_a_saved_file_shows_without_a_command(
    world: Path, file: str, text: str, status: str
) -> None:
    with served(world) as server:
        before = eventually(server.health, lambda told: bool(told.surveyed))
        (world / file).write_text(text)
        count = before.statuses[status]
        eventually(server.health, lambda told: told.statuses[status] > count)


def test_a_project_that_cannot_be_read_leaves_the_pages_as_they_were(world: Path) -> None:
    main = world / "freshline.yaml"
    good = main.read_text()
    with served(world) as server:
        before = eventually(server.health, lambda told: bool(told.surveyed))
        main.write_text("project: [")
        told = eventually(server.health, lambda told: bool(told.trouble))
        assert told.statuses == before.statuses
        page = server.browser.get("/health").text
        assert "The project cannot be read" in page and told.trouble in page
        main.write_text(good)
        eventually(server.health, lambda told: not told.trouble)


def test_a_project_that_cannot_be_read_is_served_from_its_last_survey(world: Path) -> None:
    (world / "freshline.yaml").write_text("project: [")
    with served(world) as server:
        told = eventually(server.health, lambda told: bool(told.trouble))
        assert told.project == "shop" and told.statuses["fresh"]


def test_a_project_without_a_name_or_a_survey_is_not_served(tmp_path: Path) -> None:
    (tmp_path / "freshline.yaml").write_text("owners: {}\n")
    refused = freshline(tmp_path, "up")
    assert refused.returncode == 1
    assert "the project has no name" in refused.stderr


def test_column_lineage_comes_after_the_survey(world: Path) -> None:
    (world / "assets/marts/new.sql").write_text("SELECT order_id AS n FROM staging.orders\n")
    query = statements("surveys")["untraced"]

    def missing() -> int:
        with opened(world) as log, log.reader() as connection:
            known = connection.execute("select 1 from entry where key = 'marts.new'").fetchall()
            rows = connection.execute(query, ("shop", "main")).fetchall()
        return len(rows) if known else -1

    with served(world):
        eventually(missing, lambda count: count == 0)


def test_a_server_leaves_no_process_behind(world: Path) -> None:
    with served(world) as server:
        server.stop()
    children = subprocess.run(
        ["ps", "-eo", "args"], capture_output=True, text=True, check=True
    ).stdout
    assert str(world) not in children


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port
