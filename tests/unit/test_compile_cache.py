"""The compile cache: what did not change is not read again, and nothing stale is ever taken."""

import os
import time
from pathlib import Path

import pytest

from freshline.lineage import cache, sql
from freshline.lineage.cache import foreseen, load_graph
from freshline.lineage.graph import Graph

OLD = time.time() - 1000


@pytest.fixture
def root(tmp_path: Path) -> Path:
    _write(tmp_path, "freshline.yaml", "project: shop\n")
    _write(tmp_path, "sources/raw.yaml", "sources:\n  raw.o:\n    path: data/*.csv\n")
    _write(tmp_path, "data/o.csv", "id,v\n1,2\n")
    _write(tmp_path, "assets/stg/o.sql", "SELECT id, v FROM raw.o")
    _write(tmp_path, "assets/mart/n.sql", "SELECT count(*) AS n FROM stg.o")
    _write(tmp_path, "assets/mart/m.sql", "SELECT id FROM raw.o")
    return tmp_path


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that were parsed."""
    texts: list[str] = []
    original = sql.parse

    def counted(text: str) -> sql.Parsed:
        texts.append(text.strip())
        return original(text)

    monkeypatch.setattr(sql, "parse", counted)
    return texts


def test_a_second_look_parses_nothing(root: Path, parsed: list[str]) -> None:
    first = _load(root)
    assert len(parsed) == 3
    parsed.clear()
    assert _load(root) == first
    assert parsed == []


def test_an_edited_file_costs_only_itself(root: Path, parsed: list[str]) -> None:
    _load(root)
    parsed.clear()
    _write(root, "assets/mart/m.sql", "SELECT id, v FROM raw.o", at=OLD + 1)
    graph = _load(root)
    assert parsed == ["SELECT id, v FROM raw.o"]
    assert [c.name for c in graph.assets["mart.m"].columns] == ["id", "v"]


def test_a_changed_column_costs_the_readers_too(root: Path, parsed: list[str]) -> None:
    _load(root)
    parsed.clear()
    _write(root, "assets/stg/o.sql", "SELECT id, v, 1 AS w FROM raw.o", at=OLD + 1)
    _load(root)
    assert sorted(parsed) == ["SELECT count(*) AS n FROM stg.o", "SELECT id, v, 1 AS w FROM raw.o"]


def test_a_comment_costs_no_reader(root: Path, parsed: list[str]) -> None:
    before = _load(root)
    parsed.clear()
    _write(root, "assets/stg/o.sql", "-- words\nSELECT id, v FROM raw.o", at=OLD + 1)
    after = _load(root)
    assert parsed == ["-- words\nSELECT id, v FROM raw.o"]
    assert after.assets["stg.o"].code_version == before.assets["stg.o"].code_version


def test_a_file_just_written_is_read_again_even_if_it_looks_the_same(root: Path) -> None:
    now = time.time()
    _write(root, "assets/mart/m.sql", "SELECT id FROM raw.o", at=now)
    _load(root)
    path = root / "assets/mart/m.sql"
    status = path.stat()
    with path.open("r+") as file:  # same inode, size and time
        file.write("SELECT v  FROM raw.o")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert [c.name for c in _load(root).assets["mart.m"].columns] == ["v"]


@pytest.mark.parametrize("suffix", ["graph", "parts"])
@pytest.mark.parametrize("content", [b"", b"{", b"null", b'{"rules":"x"}', b"\xff\xfe"])
def test_a_cache_that_is_no_cache_is_not_there(root: Path, suffix: str, content: bytes) -> None:
    first = _load(root)
    for path in (root / "cache").glob(f"*.{suffix}"):
        path.write_bytes(content)
    assert _load(root) == first


def test_another_header_of_the_data_is_seen(root: Path) -> None:
    _load(root)
    _write(root, "data/o.csv", "id,w\n1,2\n", at=OLD + 5)
    graph = _load(root)
    assert [c.name for c in graph.sources["raw.o"].columns] == ["id", "w"]
    assert "stg.o" in graph.quarantined


def test_a_missing_data_file_that_comes_is_seen(root: Path) -> None:
    (root / "data/o.csv").unlink()
    assert "raw.o" in _load(root).quarantined
    _write(root, "data/o.csv", "id,v\n1,2\n")
    assert not _load(root).quarantined


def test_a_folder_that_cannot_be_written_costs_time_only(root: Path) -> None:
    (root / "cache").write_text("in the way")
    assert set(load_graph(root, None, root / "cache").assets) == {"stg.o", "mart.n", "mart.m"}


def test_a_collector_that_was_off_stays_off(root: Path) -> None:
    import gc

    gc.disable()
    try:
        _load(root)
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_folder_that_says_something_else_costs_what_lies_below_it(
    root: Path, parsed: list[str]
) -> None:
    _write(root, "assets/mart/_folder.yaml", "owner: ada\n")
    assert _load(root).assets["mart.m"].definition.owner == "ada"
    parsed.clear()
    _write(root, "assets/mart/_folder.yaml", "owner: bob\n", at=OLD + 1)
    owners = {key: asset.definition.owner for key, asset in _load(root).assets.items()}
    assert owners == {"mart.m": "bob", "mart.n": "bob", "stg.o": None}
    assert "SELECT id, v FROM raw.o" not in parsed
    (root / "assets/mart/_folder.yaml").unlink()
    assert _load(root).assets["mart.m"].definition.owner is None


def test_a_process_variable_that_changed_is_seen(
    root: Path, parsed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGION", "eu")
    _write(root, "assets/mart/r.sql", "SELECT ${env.REGION} AS r")
    first = _load(root)
    assert first.assets["mart.r"].definition.sql.text == "SELECT 'eu' AS r"
    parsed.clear()
    assert _load(root) == first
    assert parsed == []
    monkeypatch.setenv("REGION", "us")
    second = _load(root)
    assert parsed == ["SELECT 'us' AS r"]
    changed = {
        k for k, a in second.assets.items() if a.code_version != first.assets[k].code_version
    }
    assert changed == {"mart.r"}
    monkeypatch.delenv("REGION")
    assert _load(root).quarantined["mart.r"].code == "E117"
    monkeypatch.setenv("REGION", "eu")
    assert _load(root) == first


def test_a_process_variable_that_only_a_setting_reads_is_seen(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLACE", "here")
    text = "project: shop\nstorages: {w: {adapter: lake, path: '${env.PLACE}'}}\n"
    _write(root, "freshline.yaml", text)
    assert _load(root).project.storages[1].settings == {"path": "here"}
    monkeypatch.setenv("PLACE", "there")
    assert _load(root).project.storages[1].settings == {"path": "there"}


def test_a_secret_is_in_no_cache(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRESHLINE_SECRET_A", "hunter2")
    text = "project: shop\nstorages: {w: {adapter: lake, token: '${secret.a}'}}\n"
    _write(root, "freshline.yaml", text)
    first = _load(root)
    assert first.project.storages[1].settings == {"token": "${secret.a}"}
    assert _load(root) == first
    kept = b"".join(path.read_bytes() for path in (root / "cache").iterdir())
    assert b"secret.a" in kept
    assert b"hunter2" not in kept


def _load(root: Path) -> Graph:
    return cache.load_graph(root, None, root / "cache")


def _write(root: Path, file: str, text: str, at: float = OLD) -> None:
    path = root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (at, at))


def test_what_is_foreseen_is_taken_without_being_read_again(root: Path) -> None:
    _load(root)
    found = foreseen(root, None, root / "cache")
    assert found is not None
    assert load_graph(root, None, root / "cache", foreseen=found) is found.whole.graph


def test_what_was_foreseen_is_not_taken_when_a_file_has_changed(root: Path) -> None:
    _load(root)
    found = foreseen(root, None, root / "cache")
    assert found is not None
    _write(root, "assets/mart/m.sql", "SELECT id, v FROM raw.o", at=OLD + 1)
    graph = load_graph(root, None, root / "cache", foreseen=found)
    assert [c.name for c in graph.assets["mart.m"].columns] == ["id", "v"]
    again = load_graph(root, None, root / "cache", foreseen=found)
    assert again == graph, "the cache's file is another by now"


def test_of_nothing_nothing_is_foreseen(root: Path) -> None:
    assert foreseen(root, None, root / "cache") is None
