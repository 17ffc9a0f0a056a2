"""Sources seen through windows: a change that no reader sees rebuilds nothing."""

import os
from pathlib import Path

import duckdb
import pytest
from tests.unit.running import Running, statuses, steps

PEOPLE = {
    "assets/places.sql": "SELECT id, country FROM raw.people",
    "assets/countries.sql": "SELECT DISTINCT country FROM raw.people",
    "assets/mails.sql": "SELECT id, email FROM v.people WHERE email IS NOT NULL",
    "assets/v/people.sql": "/*---\nkind: view\n---*/\nSELECT * FROM raw.people",
    "assets/counted.sql": "SELECT count(*) AS n FROM raw.people",
    "assets/top.sql": "SELECT id, country FROM raw.people LIMIT 1",
}
ROWS = "(1, 'ann', 'DE', 'a@x'), (2, 'ben', 'FR', NULL)"


def people(root: Path, rows: str, columns: str = "id, name, country, email") -> None:
    (root / "data").mkdir(exist_ok=True)
    part = root / "data/new.parquet"
    names = "id, name, country, email"
    sql = f"SELECT {columns} FROM (VALUES {rows}) AS t({names})"
    duckdb.execute(f"COPY ({sql}) TO '{part}' (FORMAT parquet)")
    os.replace(part, root / "data/people.parquet")


def world(root: Path, version: str = "auto", without: str = "assets/top.sql") -> Running:
    running = Running(root)
    people(root, ROWS)
    source = f"sources: {{raw.people: {{path: data/people.parquet, version: {version}}}}}"
    files = {name: text for name, text in PEOPLE.items() if name != without}
    running.write({"sources/raw.yaml": source, **files})
    running.apply()
    assert running.plan().steps == ()
    return running


def test_a_change_in_columns_that_nobody_reads_rebuilds_nothing(tmp_path: Path) -> None:
    running = world(tmp_path)
    before = running.known("raw.people").observation
    people(tmp_path, ROWS.replace("ann", "anna"))
    found = steps(running.plan())
    assert found == {
        "counted": "recheck: if raw.people changed",
        "countries": "recheck: if raw.people.country changed",
        "mails": "recheck: if raw.people.{email, id} changed",
        "places": "recheck: if raw.people.{country, id} changed",
    }
    running.glimpses.clear()
    assert set(statuses(running.apply()).values()) == {"verified"}
    assert len(running.glimpses) == 1  # one scan for all readers
    after = running.known("raw.people").observation
    assert before is not None and after is not None and before.version != after.version
    assert running.plan().steps == ()


def test_only_those_who_see_a_change_are_rebuilt(tmp_path: Path) -> None:
    running = world(tmp_path)
    people(tmp_path, ROWS.replace("a@x", "b@x"))
    assert statuses(running.apply()) == {
        "counted": "verified",
        "countries": "verified",
        "mails": "built",
        "places": "verified",
    }
    assert running.rows("mails") == [(1, "b@x")]
    assert running.plan().steps == ()


def test_a_new_row_is_seen_by_all_that_read_its_columns(tmp_path: Path) -> None:
    running = world(tmp_path)
    people(tmp_path, f"{ROWS}, (3, 'cy', 'FR', NULL)")
    assert set(statuses(running.apply()).values()) == {"built"}
    assert running.rows("counted") == [(3,)]
    assert running.plan().steps == ()


def test_values_that_change_places_are_a_change(tmp_path: Path) -> None:
    """Each column alone is as it was."""
    running = world(tmp_path)
    people(tmp_path, "(2, 'ann', 'DE', 'a@x'), (1, 'ben', 'FR', NULL)")
    done = statuses(running.apply())
    assert (done["places"], done["mails"], done["countries"]) == ("built", "built", "verified")


def test_another_type_is_a_change_and_so_is_another_order_for_who_hangs_on_it(
    tmp_path: Path,
) -> None:
    running = world(tmp_path, without="")
    people(tmp_path, "(2, 'ben', 'FR', NULL), (1, 'ann', 'DE', 'a@x')")
    done = statuses(running.apply())
    assert done.pop("top") == "built"
    assert set(done.values()) == {"verified"}
    people(tmp_path, ROWS, "id::BIGINT AS id, name, country, email")
    assert statuses(running.apply())["places"] == "built"


def test_a_version_that_comes_back_is_compared_with_what_was_read_last(tmp_path: Path) -> None:
    running = world(tmp_path)
    people(tmp_path, ROWS.replace("DE", "AT"))
    running.apply()
    people(tmp_path, ROWS)
    running.apply()
    assert running.rows("countries") == [("DE",), ("FR",)]
    assert running.plan().steps == ()


def test_csv_is_not_scanned_for_this(tmp_path: Path) -> None:
    running = Running(tmp_path)
    running.write(
        {
            "data/people.csv": "id,name\n1,ann\n",
            "sources/raw.yaml": "sources: {raw.people: {path: data/people.csv}}",
            "assets/ids.sql": "SELECT id FROM raw.people",
            "assets/last.sql": "SELECT max(id) AS id FROM ids",
        }
    )
    running.apply()
    running.write({"data/people.csv": "id,name\n1,anna\n"})
    assert steps(running.plan())["ids"] == "rebuild: raw.people has new data"
    assert statuses(running.apply()) == {"ids": "built", "last": "verified"}
    assert running.glimpses == []


@pytest.mark.parametrize("version", ["content", "mtime", "{ttl: 1s}"])
def test_windows_hold_however_a_version_is_taken(tmp_path: Path, version: str) -> None:
    running = world(tmp_path, version)
    running.clock.advance(10.0)
    people(tmp_path, ROWS.replace("ann", "anna-maria"))
    assert set(statuses(running.apply()).values()) == {"verified"}
    assert running.plan().steps == ()
