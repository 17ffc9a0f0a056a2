"""How versions of sources are taken, how far they are trusted, and what happens when one moves."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.running import Running, statuses, steps

from freshline.cli.render import plan_text
from freshline.codec import encode
from freshline.definitions import Trust
from freshline.reconcile.planned import report

SQL = "SELECT id FROM raw.orders"


def world(root: Path, version: str) -> Running:
    running = Running(root)
    source = f"sources: {{raw.orders: {{path: data/orders.csv, version: {version}}}}}"
    running.write(
        {
            "data/orders.csv": "id\n1\n2\n",
            "sources/raw.yaml": source,
            "assets/orders.sql": SQL,
            "assets/total.sql": "SELECT sum(id) AS n FROM orders",
            "assets/one.sql": "SELECT 1 AS one",
        }
    )
    running.apply()
    return running


def forged(root: Path) -> None:
    """Change the content and nothing that a look at the file would show."""
    path = root / "data/orders.csv"
    status = path.stat()
    path.write_text("id\n1\n3\n")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def touched(root: Path) -> None:
    os.utime(root / "data/orders.csv", ns=(0, 5_000_000_000))


def grown(root: Path) -> None:
    (root / "data/orders.csv").write_text("id\n1\n2\n3\n")


def left(root: Path) -> None:
    pass


@pytest.mark.parametrize(
    ("version", "change", "wait", "stale"),
    [
        pytest.param("content", forged, 0.0, True, id="content sees what was forged"),
        pytest.param("content", touched, 0.0, False, id="content does not mind a touch"),
        pytest.param("auto", touched, 0.0, False, id="auto reads what was touched"),
        pytest.param("auto", grown, 0.0, True, id="auto sees what has grown"),
        pytest.param("mtime", touched, 0.0, True, id="mtime sees a touch"),
        pytest.param("mtime", forged, 0.0, False, id="mtime is fooled"),
        pytest.param("{ttl: 6h}", grown, 3600.0, False, id="nobody looks before the time is up"),
        pytest.param("{ttl: 6h}", grown, 22_000.0, True, id="somebody looks when it is"),
        pytest.param("always", left, 0.0, True, id="always is always"),
    ],
)
def test_a_version_is_taken_as_it_is_said(
    tmp_path: Path, version: str, change: Callable[[Path], None], wait: float, stale: bool
) -> None:
    running = world(tmp_path, version)
    change(tmp_path)
    running.clock.advance(wait)
    assert ("orders" in steps(running.plan())) is stale


def test_always_is_stale_time_and_again_and_its_readers_are_cut_off(tmp_path: Path) -> None:
    running = world(tmp_path, "always")
    for _ in range(2):
        assert steps(running.plan())["orders"] == "rebuild: raw.orders counts as new every time"
        assert statuses(running.apply()) == {"orders": "built", "total": "verified"}


def test_the_time_of_a_ttl_begins_again_with_each_look_that_is_written_down(tmp_path: Path) -> None:
    running = world(tmp_path, "{ttl: 6h}")
    running.clock.advance(22_000.0)
    assert running.apply().report is None
    running.clock.advance(3600.0)
    grown(tmp_path)
    assert running.plan().steps == ()


@pytest.mark.parametrize(
    ("version", "trust"),
    [
        ("content", Trust.PROOF),
        ("auto", Trust.STRONG),
        ("mtime", Trust.HEURISTIC),
        ("{ttl: 6h}", Trust.HEURISTIC),
    ],
)
def test_what_is_fresh_is_so_as_far_as_its_sources_can_be_trusted(
    tmp_path: Path, version: str, trust: Trust
) -> None:
    plan = world(tmp_path, version).plan()
    assert {f.asset: f.trust for f in plan.fresh} == {
        "one": Trust.PROOF,
        "orders": trust,
        "total": trust,
    }
    told = {each["asset"]: each["trust"] for each in json.loads(encode(report(plan)))["fresh"]}
    assert told["total"] == trust
    assert ("2 of them fresh*" in plan_text(plan, 3)) is (trust is Trust.HEURISTIC)


def test_who_is_strict_does_not_trust_a_guess(tmp_path: Path) -> None:
    running = world(tmp_path, "mtime")
    assert running.plan().steps == ()
    assert steps(running.plan(strict=True)) == {
        "orders": "rebuild: raw.orders is judged by mtime alone, which --strict doubts",
        "total": "recheck: if orders changes",
    }
    assert statuses(running.apply(strict=True)) == {"orders": "built", "total": "verified"}
    assert world(tmp_path / "sure", "auto").plan(strict=True).steps == ()


def test_a_source_that_moves_while_it_is_read_is_read_once_more(tmp_path: Path) -> None:
    running = world(tmp_path, "auto")
    (tmp_path / "data/orders.csv").write_text("id\n5\n")
    moves = [lambda: (tmp_path / "data/orders.csv").write_text("id\n7\n8\n")]

    def move() -> None:
        if moves:
            moves.pop()()

    running.after_write = move
    applied = running.apply()
    running.after_write = left_alone
    assert applied.report is not None
    assert statuses(applied)["orders"] == "built"
    assert running.rows("orders") == [(7,), (8,)]
    assert running.rows("total") == [(15,)]
    assert running.plan().steps == ()


def test_a_source_that_keeps_moving_is_stale_at_the_next_look(tmp_path: Path) -> None:
    running = world(tmp_path, "auto")
    (tmp_path / "data/orders.csv").write_text("id\n5\n")
    written = iter(range(100))

    def move() -> None:
        (tmp_path / "data/orders.csv").write_text("id\n" + "1\n" * (3 + next(written)))

    running.after_write = move
    assert statuses(running.apply())["orders"] == "built"
    running.after_write = left_alone
    assert steps(running.plan())["orders"] == "rebuild: raw.orders has new data"


def left_alone() -> None:
    pass
