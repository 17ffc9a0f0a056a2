"""A catalog written as pages: all of it is there, every link leads somewhere, nothing is lost."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.catalog.export.reading import astray, pages
from tests.catalog.server.conftest import HandClock, IdleEngine
from tests.catalog.server.hostile import POISON, write_catalog
from tests.catalog.server.world import catalog_of, freshline

from freshline.catalog import Exporting
from freshline.errors import UsageError
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.export.exporting import export
from freshline_catalog.export.folder import MARK
from freshline_catalog.server.services import Scope, Services

GOLDEN = Path(__file__).parent / "golden/files.txt"


@pytest.fixture(scope="module")
def written(made_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an export of the world, made by the command and to be left as it is."""
    folder = tmp_path_factory.mktemp("export") / "docs"
    done = freshline(made_world, "docs", str(folder))
    assert done.returncode == 0, done.stderr
    count = len(list(folder.rglob("*.html")))
    assert done.stdout == f"{count} pages are in {folder}: open {folder / 'index.html'}\n"
    return folder


def _nothing() -> None:
    """Leave the survey that is there."""


def wanted(root: Path, folder: Path, *, force: bool = False) -> Exporting:
    return Exporting(
        project="shop",
        environment="main",
        catalog=catalog_of(root),
        logs=root / ".freshline/logs",
        keep=(root,),
        folder=folder,
        survey=_nothing,
        force=force,
    )


def _listed(folder: Path) -> Iterator[str]:
    """Yield the pages of a folder and its mark; runs have names of their own."""
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and parts[0] != "static":
            is_run = parts[0] == "runs" and len(parts) > 2
            yield "/".join(("runs", "ID", *parts[2:]) if is_run else parts)


def test_the_files_that_there_are(written: Path) -> None:
    found = "\n".join(dict.fromkeys(_listed(written))) + "\n"
    if os.environ.get("FRESHLINE_UPDATE"):
        GOLDEN.write_text(found, encoding="utf-8")
    assert found == GOLDEN.read_text(encoding="utf-8")


def test_every_link_leads_to_a_place_in_the_folder(written: Path) -> None:
    assert astray(written) == []


def test_nothing_asks_for_a_server(written: Path) -> None:
    for path, page in pages(written).items():
        assert "form" not in page.tags, path
        text = path.read_text(encoding="utf-8")
        for word in ('id="live"', 'type="module"', "Sign out", "/api/", "Materialize…", "ago<"):
            assert word not in text, f"{path}: {word}"


def test_all_pages_are_as_of_the_same_moment(written: Path) -> None:
    marks = {
        path.read_text(encoding="utf-8").partition("As of ")[2][:50] for path in pages(written)
    }
    assert len(marks) == 1


def test_every_asset_is_in_one_list(written: Path) -> None:
    listed = (written / "assets/index.html").read_text(encoding="utf-8")
    for key in ("marts.daily", "finance.budget", "raw.orders", "marts.of_broken"):
        assert f">{key}</a>" in listed
    assert (written / "assets/finance.old/index.html").is_file(), "what was left over has a page"


def test_an_older_export_is_replaced(world: Path, tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    first = export(wanted(world, folder))
    (folder / "assets/marts.daily/old.html").write_text("old")
    assert export(wanted(world, folder)) == first
    assert not (folder / "assets/marts.daily/old.html").exists()
    assert [path.name for path in tmp_path.iterdir() if "docs" in path.name] == ["docs"]


def test_the_same_catalog_gives_the_same_files(
    world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = time.time()
    monkeypatch.setattr(time, "time", lambda: moment)
    contents: list[dict[str, bytes]] = []
    for name in ("one", "other"):
        folder = tmp_path / name
        export(wanted(world, folder))
        files = [path for path in folder.rglob("*") if path.is_file()]
        contents.append({path.relative_to(folder).as_posix(): path.read_bytes() for path in files})
    assert contents[0] == contents[1]


@pytest.mark.parametrize("place", ["docs.written", "docs.moved", "docs.placed"])
def test_an_end_in_the_middle_leaves_the_old_or_the_new(
    place: str, world: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "docs"
    export(wanted(world, folder))
    (folder / "old.txt").write_text("old")
    killed = subprocess.run(
        [sys.executable, "-m", "freshline", "docs", str(folder)],
        cwd=world,
        env={**os.environ, "FRESHLINE_FAILPOINTS": f"{place}=kill"},
        capture_output=True,
        timeout=120,
    )
    assert killed.returncode == -9, killed.stderr
    if place == "docs.written":
        assert (folder / "old.txt").is_file() and (folder / "index.html").is_file()
    elif place == "docs.placed":
        assert not (folder / "old.txt").exists() and (folder / "index.html").is_file()
    export(wanted(world, folder))
    assert not (folder / "old.txt").exists() and astray(folder) == []
    assert [path.name for path in tmp_path.iterdir() if "docs" in path.name] == ["docs"]


def test_what_fails_leaves_the_old_one(world: Path, tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    export(wanted(world, folder))
    before = sorted(folder.rglob("*"))
    catalog_of(world).write_bytes(b"no database")
    with pytest.raises(Exception, match=r"."):
        export(wanted(world, folder))
    assert sorted(folder.rglob("*")) == before
    assert [path.name for path in tmp_path.iterdir() if "docs" in path.name] == ["docs"]


def test_a_folder_with_other_files_is_left_alone(world: Path, tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    export(wanted(world, folder))  # an empty one is nobody's
    (folder / MARK).unlink()
    with pytest.raises(UsageError, match="other files"):
        export(wanted(world, folder))
    (folder / "mine.txt").write_text("mine")
    export(wanted(world, folder, force=True))
    assert not (folder / "mine.txt").exists()


@pytest.mark.parametrize("where", [".", "..", "assets", ".freshline"])
def test_the_project_is_never_replaced(where: str, world: Path) -> None:
    done = freshline(world, "docs", where, "--force")
    assert done.returncode == 2
    assert "files of the project" in done.stderr
    assert (world / "freshline.yaml").is_file()
    assert catalog_of(world).is_file()


def test_a_file_or_a_link_is_no_folder(world: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("file", "link"):
        with pytest.raises(UsageError, match="no folder"):
            export(wanted(world, tmp_path / name, force=True))


def test_secrets_do_not_leave(written: Path, world: Path, tmp_path: Path) -> None:
    said = "Revenue by city"
    assert said in (written / "assets/marts.revenue/index.html").read_text(encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "freshline", "docs", str(tmp_path / "docs")],
        cwd=world,
        env={**os.environ, "FRESHLINE_SECRET_SHOP": said},
        capture_output=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    for path in (tmp_path / "docs").rglob("*.html"):
        assert said not in path.read_text(encoding="utf-8"), path


@pytest.mark.parametrize("text", POISON)
def test_what_is_hostile_stays_text(text: str, tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    with closing(SqliteEventLog(path)) as log:
        services = Services(
            scope=Scope("shop", "main"),
            log=log,
            engine=IdleEngine(),
            clock=HandClock(),
            logs=tmp_path / "logs",
        )
        write_catalog(services, text, text)
    folder = tmp_path / "docs"
    how = Exporting(
        project="shop",
        environment="main",
        catalog=path,
        logs=tmp_path / "logs",
        keep=(),
        folder=folder,
        survey=_nothing,
    )
    export(how)
    assert sum(1 for _ in folder.iterdir()) == 10
    for page in pages(folder).values():
        assert page.acting == []
        assert not page.tags & {"iframe", "form", "object", "base", "img"}
        assert {urlsplit(link).scheme for link in page.links} <= {"", "http", "https", "mailto"}
