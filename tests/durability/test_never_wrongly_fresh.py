"""Ways to be wrongly fresh that were once found by trying: each stays tried."""

import os
import signal
from pathlib import Path
from typing import cast

import duckdb
from tests.durability.project import answer, contents, freshline, write_project

from freshline.keys import Target
from freshline_adapters.lake import Lake

_COUNT = ("query", "SELECT count(*) AS n FROM stg.orders", "--format", "csv")


def test_another_way_to_read_a_source_is_another_source(tmp_path: Path) -> None:
    write_project(tmp_path)
    assert freshline(tmp_path, "apply").returncode == 0
    declared = tmp_path / "sources/raw.yaml"
    text = declared.read_text().replace("{header: true}", "{header: false, skip: 11, names: [id]}")
    declared.write_text(text)
    assert freshline(tmp_path, "apply").returncode == 0
    assert freshline(tmp_path, *_COUNT).stdout == "n\n490\n"


def test_rows_in_another_order_reach_whoever_hangs_on_it(tmp_path: Path) -> None:
    write_project(tmp_path)
    first = tmp_path / "assets/mart/first.sql"
    first.write_text("SELECT id FROM stg.orders LIMIT 1\n")
    assert freshline(tmp_path, "apply").returncode == 0
    orders = tmp_path / "assets/stg/orders.sql"
    orders.write_text(orders.read_text().strip() + " ORDER BY id DESC\n")
    assert freshline(tmp_path, "apply").returncode == 0
    found = freshline(tmp_path, "query", "SELECT id FROM mart.first", "--format", "csv")
    assert found.stdout == "id\n499\n"


def test_an_older_version_that_was_damaged_is_not_pointed_to_again(tmp_path: Path) -> None:
    write_project(tmp_path, factor=2)
    assert freshline(tmp_path, "apply").returncode == 0
    before = contents(tmp_path)
    lake = Lake(tmp_path / ".freshline/lake")
    manifest = lake.current(Target("shop", "main", "stg.orders"))
    assert manifest is not None
    write_project(tmp_path, factor=3)
    assert freshline(tmp_path, "apply").returncode == 0
    path = tmp_path / ".freshline/lake" / manifest.version.files[0].path
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    write_project(tmp_path, factor=2)
    assert freshline(tmp_path, "apply").returncode == 0
    assert contents(tmp_path) == before
    assert freshline(tmp_path, "verify").returncode == 0


def test_views_follow_also_when_the_run_died_before_it_wrote_them(tmp_path: Path) -> None:
    write_project(tmp_path, factor=2)
    assert freshline(tmp_path, "apply").returncode == 0
    write_project(tmp_path, factor=3)
    killed = freshline(tmp_path, "apply", failpoints="views.before=kill")
    assert killed.returncode == -signal.SIGKILL
    assert freshline(tmp_path, "apply").returncode == 0
    with duckdb.connect(str(tmp_path / "views.duckdb"), read_only=True) as connection:
        found = connection.execute("SELECT max(amount) FROM stg.orders").fetchall()
    assert found == [(499 * 3,)]


def test_a_catalog_lost_with_a_data_file_is_not_fresh(tmp_path: Path) -> None:
    write_project(tmp_path)
    assert freshline(tmp_path, "apply").returncode == 0
    for part in tmp_path.glob(".freshline/catalog.db*"):
        part.unlink()
    (lost,) = (tmp_path / ".freshline/lake/data/mart.total").iterdir()
    os.unlink(lost)
    steps = cast("list[dict[str, object]]", answer(tmp_path, "plan")["steps"])
    assert [s["asset"] for s in steps if s["action"] != "check"] == ["mart.total"]
    assert freshline(tmp_path, "apply").returncode == 0
    assert answer(tmp_path, "plan")["steps"] == []


def test_sql_nested_beyond_reason_stays_with_its_asset(tmp_path: Path) -> None:
    write_project(tmp_path)
    deep = "SELECT " + "abs(" * 600 + "1" + ")" * 600 + " AS x\n"
    (tmp_path / "assets/mart/deep.sql").write_text(deep)
    done = freshline(tmp_path, "apply")
    assert "Traceback" not in done.stderr
    assert freshline(tmp_path, *_COUNT).stdout == "n\n500\n"
