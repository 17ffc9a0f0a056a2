"""verify --paranoid: what is called fresh and is not, is found; what only may differ is said."""

import os
from pathlib import Path

import pytest
from tests.durability.project import freshline, write_project

LONG_AGO = 1_600_000_000


def touched_long_ago(root: Path, old: str, new: str) -> None:
    """Change the data behind the back of whoever goes by size, time and inode."""
    path = root / "data/orders.csv"
    path.write_text(path.read_text().replace(old, new))
    os.utime(path, (LONG_AGO, LONG_AGO))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_project(tmp_path)
    (tmp_path / "assets/mart/any.sql").write_text("SELECT id FROM stg.orders LIMIT 3\n")
    (tmp_path / "assets/mart/dice.sql").write_text("SELECT id, random() AS x FROM stg.orders\n")
    touched_long_ago(tmp_path, "", "")
    for _ in range(2):  # a file is trusted from the second look on
        assert freshline(tmp_path, "apply").returncode == 0
    return tmp_path


def test_what_is_as_its_query_gives_it_passes(project: Path) -> None:
    done = freshline(project, "verify", "--paranoid")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "8 fresh assets were computed anew" in done.stdout
    assert "mart.dice cannot be compared: its query gives other rows each time" in done.stdout


def test_what_was_called_fresh_and_is_not_is_wrong(project: Path) -> None:
    touched_long_ago(project, "\n499\n", "\n999\n")
    assert freshline(project, "verify").returncode == 0
    done = freshline(project, "verify", "--paranoid", "stg.orders")
    assert done.returncode == 1
    assert "stg.orders  it was called fresh, and computed anew it has other rows" in done.stdout
    assert freshline(project, "apply", "--force", "stg.orders").returncode == 0
    assert freshline(project, "verify", "--paranoid", "stg.orders").returncode == 0


def test_a_sample_is_a_part_of_what_is_fresh(project: Path) -> None:
    done = freshline(project, "verify", "--paranoid", "--sample", "25%", "--json")
    assert '"computed_anew":2' in done.stdout.replace(" ", "")


WRONG = {
    "no share": (("--paranoid", "--sample", "many"), '"many" is no share'),
    "more than there is": (("--paranoid", "--sample", "200%"), '"200%" is no share'),
    "a sample of nothing": (("--sample", "10%"), "--sample is of --paranoid"),
}


@pytest.mark.parametrize(("words", "said"), WRONG.values(), ids=WRONG)
def test_a_sample_is_refused_that_is(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    write_project(tmp_path)
    done = freshline(tmp_path, "verify", *words)
    assert done.returncode == 2
    assert said in done.stderr


def test_what_is_compared_as_rounded_is_verified_as_rounded(tmp_path: Path) -> None:
    write_project(tmp_path)
    text = "/*---\ncutoff: {round: 0.5}\n---*/\nSELECT id, id / 7.0::DOUBLE AS x FROM stg.orders\n"
    (tmp_path / "assets/mart/rounded.sql").write_text(text)
    assert freshline(tmp_path, "apply").returncode == 0
    done = freshline(tmp_path, "verify", "--paranoid")
    assert done.returncode == 0, done.stdout + done.stderr
