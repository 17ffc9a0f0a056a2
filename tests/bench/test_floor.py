"""What the bench measures against is real work: the floor builds every asset of its project."""

import subprocess
import sys
from pathlib import Path

import duckdb

HERE = Path(__file__).parent


def script(name: str, *words: str) -> None:
    subprocess.run([sys.executable, str(HERE / name), *words], check=True)


def test_the_floor_builds_every_asset_of_a_layered_project(tmp_path: Path) -> None:
    project, folder = tmp_path / "project", tmp_path / "floor"
    script("layered.py", "40", str(project))
    script("floor.py", "compile", str(project), str(folder))
    script("floor.py", "run", str(folder))
    counts = duckdb.execute(
        "SELECT filename, count(*), count(DISTINCT id)"
        f" FROM read_parquet('{folder}/*.parquet', filename = true) GROUP BY ALL"
    ).fetchall()
    assert len(counts) == 40
    assert {(rows, ids) for _, rows, ids in counts} == {(100, 100)}


def test_the_layered_project_is_the_same_each_time(tmp_path: Path) -> None:
    for name in ("one", "other"):
        script("layered.py", "25", str(tmp_path / name))
    one, other = (
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for root in (tmp_path / "one", tmp_path / "other")
    )
    assert one == other
    assert len(one) == 25 + 3
