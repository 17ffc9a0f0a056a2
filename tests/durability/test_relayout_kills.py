"""kill -9 where nothing is computed: relayouts, renames and drops happen whole or not at all."""

import signal
from pathlib import Path

import pytest
from tests.durability.project import answer, builds, contents, freshline, write_project

from freshline.events import Dropped, Renamed
from freshline.keys import Target
from freshline_adapters.lake import Lake
from freshline_catalog.event_log import SqliteEventLog

_PUBLISHING = (
    "claim.before",
    "claim.after_commit",
    "publish.before",
    "publish.torn_manifest",
    "publish.after_write",
    "publish.after_create",
    "publish.after",
    "record.before",
    "record.after_commit",
)
# The asset of the project that has a check, with its columns laid out anew for all its readers.
_RELAID = """/*---
primary_key: [id]
---*/
SELECT id * 2 AS amount, id % 7 AS customer, id FROM raw.orders
"""
_PLACE = "assets/stg/orders.sql"


def _applied(root: Path) -> None:
    write_project(root)
    assert freshline(root, "apply").returncode == 0


def _killed(root: Path, point: str, *arguments: str) -> None:
    killed = freshline(root, "apply", *arguments, failpoints=f"{point}=kill")
    assert killed.returncode == -signal.SIGKILL, killed.stdout + killed.stderr


def _is_settled(root: Path) -> None:
    done = freshline(root, "apply", "--yes")
    assert done.returncode == 0, done.stderr
    plan = answer(root, "plan")
    assert (plan["steps"], plan["renamed"]) == ([], [])
    assert freshline(root, "verify").returncode == 0


@pytest.mark.parametrize("point", [*_PUBLISHING, "check.after"])
def test_killed_in_a_relayout_the_next_apply_computes_nothing(point: str, tmp_path: Path) -> None:
    _applied(tmp_path)
    before, made = contents(tmp_path), builds(tmp_path)
    # A check that was not asked of the content before, so that it is asked of the candidate.
    (tmp_path / _PLACE).write_text(
        _RELAID.replace("primary_key: [id]", "checks: [not_null: amount]")
    )
    _killed(tmp_path, point)
    now = contents(tmp_path)
    assert {k: v for k, v in now.items() if k != "stg.orders"} == {
        k: v for k, v in before.items() if k != "stg.orders"
    }
    _is_settled(tmp_path)
    again = [key for key, _ in builds(tmp_path)[len(made) :]]
    assert "stg.orders" not in again
    manifest = Lake(tmp_path / ".freshline/lake").current(Target("shop", "main", "stg.orders"))
    assert manifest is not None
    assert [column.name for column in manifest.version.columns] == ["amount", "customer", "id"]
    files = [*(tmp_path / ".freshline/lake/data/stg.orders").iterdir()]
    assert [f"data/stg.orders/{file.name}" for file in files] == [manifest.version.files[0].path]


@pytest.mark.parametrize(
    ("point", "count"),
    [
        *((point, 1) for point in ("rename.before", "rename.before_record")),
        *((point, 2) for point in _PUBLISHING[2:7]),
    ],
)
def test_killed_in_a_rename_the_next_apply_goes_on_with_it(
    point: str, count: int, tmp_path: Path
) -> None:
    write_project(tmp_path, factor=3)
    assert freshline(tmp_path, "apply").returncode == 0
    _applied(tmp_path)
    before, made = contents(tmp_path), builds(tmp_path)
    old, new = tmp_path / "assets/mart/joined.sql", tmp_path / "assets/mart/matched.sql"
    new.write_text(f"/*---\nwas: mart.joined\n---*/\n{old.read_text()}")
    old.unlink()
    (tmp_path / "assets/mart/total.sql").write_text(
        "SELECT sum(amount) AS amount FROM mart.matched\n"
    )
    killed = freshline(tmp_path, "apply", failpoints=f"{point}=kill@{count}")
    assert killed.returncode == -signal.SIGKILL, killed.stdout + killed.stderr
    assert answer(tmp_path, "plan")["steps"] == []
    _is_settled(tmp_path)
    assert [key for key, _ in builds(tmp_path)[len(made) :]] in ([], ["mart.matched"] * 2)
    assert contents(tmp_path)["mart.total"] == before["mart.total"]
    lake = Lake(tmp_path / ".freshline/lake")
    there, here = (Target("shop", "main", f"mart.{name}") for name in ("joined", "matched"))
    assert [lake.manifest(here, n).version.mat_id for n in lake.numbers(here)] == [
        lake.manifest(there, n).version.mat_id for n in lake.numbers(there)
    ]
    _happened_once(tmp_path, here, there)


@pytest.mark.parametrize("point", ["drop.before", "run.before_finish"])
def test_killed_at_a_drop_the_next_apply_has_it_done(point: str, tmp_path: Path) -> None:
    _applied(tmp_path)
    (tmp_path / "assets/mart/total.sql").unlink()
    _killed(tmp_path, point, "--yes")
    _is_settled(tmp_path)
    log = SqliteEventLog(tmp_path / ".freshline/catalog.db")
    found = [e.event for e in log.events(limit=100_000) if isinstance(e.event, Dropped)]
    log.close()
    assert [event.target.asset for event in found] == ["mart.total"]


def _happened_once(root: Path, here: Target, there: Target) -> None:
    log = SqliteEventLog(root / ".freshline/catalog.db")
    events = [entry.event for entry in log.events(limit=100_000)]
    log.close()
    assert [e.target for e in events if isinstance(e, Renamed)] == [here]
    assert [e.target for e in events if isinstance(e, Dropped)] == [there]
