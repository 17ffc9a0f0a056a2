"""Reloading: what moves in a project is noticed because the system tells, and read again once."""

import os
import sys
import time
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path

import pytest

from freshline.bell import LONGEST, Bell
from freshline.cli.automation import reloading as room
from freshline.cli.automation.reloading import Reloading

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")

OLD = time.time() - 1000
FILES = {
    "freshline.yaml": "project: shop\n",
    "sources/raw.yaml": "sources:\n  raw.o:\n    path: data/**/*.csv\n",
    "data/o.csv": "id,v\n1,2\n",
    "assets/stg/o.sql": "SELECT id, v FROM raw.o",
}


def _write(root: Path, name: str, text: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Write a project that has been left alone for long."""
    for name, text in FILES.items():
        _write(tmp_path, name, text)
        os.utime(tmp_path / name, (OLD, OLD))
    return tmp_path


@pytest.fixture
def bell() -> Generator[Bell]:
    """Return a bell."""
    with closing(Bell()) as made:
        yield made


@pytest.fixture
def reloading(project: Path, bell: Bell, monkeypatch: pytest.MonkeyPatch) -> Generator[Reloading]:
    """Return who has read the project, and would never look again by itself."""
    monkeypatch.setattr(room, "_SELDOM", 1e9)
    with closing(Reloading(project, None, bell)) as made:
        while made.now is None or made.patience() < 1e6:
            bell.wait(made.patience())
            made.look()
        yield made


def _noticed(reloading: Reloading, bell: Bell) -> None:
    """Wait until another thing is in force."""
    while not reloading.look():
        bell.wait(reloading.patience())


def _edited(root: Path) -> None:
    _write(root, "assets/stg/o.sql", "SELECT id, v, 1 AS one FROM raw.o")


def _replaced(root: Path) -> None:
    _write(root, "beside", "SELECT id FROM raw.o")
    os.replace(root / "beside", root / "assets/stg/o.sql")


MOVES: dict[str, Callable[[Path], None]] = {
    "an asset that is edited": _edited,
    "an asset that another file takes the place of": _replaced,
    "an asset in folders that were not there": lambda root: _write(
        root, "assets/mart/deep/n.sql", "SELECT count(*) AS n FROM stg.o"
    ),
    "the first macro": lambda root: _write(root, "macros/m.sql", "CREATE MACRO twice(x) AS x + x"),
    "other rows of a source": lambda root: _write(root, "data/o.csv", "id,v\n1,2\n3,4\n"),
    "a file of a source in folders that were not there": lambda root: _write(
        root, "data/2024/01/p.csv", "id,v\n5,6\n"
    ),
}


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES.keys())
def test_it_is_noticed(
    move: Callable[[Path], None], project: Path, reloading: Reloading, bell: Bell
) -> None:
    before = reloading.now
    assert before is not None
    move(project)
    _noticed(reloading, bell)
    assert reloading.now is not None
    assert reloading.now == before or not reloading.now.graph.failed


def test_where_nothing_moves_nothing_is_looked_at(
    project: Path, reloading: Reloading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "list_files", None)  # who would look would fall over it
    assert not reloading.look() and reloading.patience() > LONGEST
    (project / "note.txt").touch()
    with pytest.raises(TypeError):
        while True:
            reloading.look()


def test_where_the_system_tells_nothing_it_is_looked_often(
    project: Path, bell: Bell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("freshline.bell._library", lambda: None)
    with closing(Reloading(project, None, bell)) as untold:
        _noticed(untold, bell)
        untold.look()
        assert untold.patience() < LONGEST
        _edited(project)
        _noticed(untold, bell)
    assert untold.now is not None
    assert [column.name for column in untold.now.graph.assets["stg.o"].columns][-1] == "one"
