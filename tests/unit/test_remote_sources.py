"""Sources elsewhere: fetched once, fetched again when they change, and told when they cannot be."""

import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path

import pytest

from freshline.definitions import SourceDefinition
from freshline.errors import ComputeError, ResourceError, Span
from freshline.lineage.files.prepared import origin
from freshline.lineage.files.remote import fetched, listed
from freshline.lineage.sources import files_of, probe

FSSPEC = import_module("fsspec")  # it brings no types


class _Handler(SimpleHTTPRequestHandler):
    """Serves a folder, and remembers what was asked for."""

    asked: list[str]

    def log_message(self, format: str, *args: object) -> None:
        self.asked.append(str(args[0]))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, Path, list[str]]]:
    """Return the address of a web server, the folder it serves, and what it was asked for."""
    folder = tmp_path / "site"
    folder.mkdir()
    asked: list[str] = []
    handler = type("Handler", (_Handler,), {"asked": asked})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", folder, asked
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def memory() -> Iterator[None]:
    """Empty the file system in memory, which all tests of this process share."""
    store = FSSPEC.filesystem("memory")
    store.store.clear()
    store.pseudo_dirs[:] = [""]
    yield
    store.store.clear()


def put(path: str, text: str) -> None:
    FSSPEC.filesystem("memory").pipe_file(path, text.encode())


def source(path: str) -> SourceDefinition:
    span = Span(file="sources/raw.yaml", line=1, column=1)
    return SourceDefinition(key="raw.x", file=span.file, span=span, path=path, format="csv")


def test_a_file_of_the_web_is_fetched_once(
    site: tuple[str, Path, list[str]], tmp_path: Path
) -> None:
    address, folder, asked = site
    (folder / "a.csv").write_text("id\n1\n", encoding="utf-8")
    (file,) = fetched(tmp_path, f"{address}/a.csv")
    assert (tmp_path / file).read_text(encoding="utf-8") == "id\n1\n"
    assert origin(str(tmp_path / file)).file == f"{address}/a.csv"
    gets = sum(line.startswith("GET") for line in asked)
    assert fetched(tmp_path, f"{address}/a.csv") == (file,)
    assert sum(line.startswith("GET") for line in asked) == gets


def test_a_file_of_the_web_that_changed_is_fetched_again(
    site: tuple[str, Path, list[str]], tmp_path: Path
) -> None:
    address, folder, _ = site
    (folder / "a.csv").write_text("id\n1\n", encoding="utf-8")
    first = fetched(tmp_path, f"{address}/a.csv")
    (folder / "a.csv").write_text("id\n22\n", encoding="utf-8")
    (file,) = fetched(tmp_path, f"{address}/a.csv")
    assert (file,) != first
    assert (tmp_path / file).read_text(encoding="utf-8") == "id\n22\n"


def test_equal_content_is_an_equal_version_however_often_it_is_written(
    memory: None, tmp_path: Path
) -> None:
    put("/in/a.csv", "id\n1\n")
    definition = source("memory://in/a.csv")
    first = probe(tmp_path, files_of(tmp_path, definition), None, 1.0)
    put("/in/a.csv", "id\n1\n")
    assert probe(tmp_path, files_of(tmp_path, definition), None, 2.0).version == first.version
    put("/in/a.csv", "id\n2\n")
    assert probe(tmp_path, files_of(tmp_path, definition), None, 3.0).version != first.version


def test_a_glob_elsewhere_stands_for_the_files_that_are_there_now(
    memory: None, tmp_path: Path
) -> None:
    put("/in/a-1.csv", "id\n1\n")
    put("/in/b.csv", "id\n3\n")
    assert len(fetched(tmp_path, "memory://in/a-*.csv")) == 1
    put("/in/a-2.csv", "id\n2\n")
    files = fetched(tmp_path, "memory://in/a-*.csv")
    assert [Path(file).name for file in files] == ["a-1.csv", "a-2.csv"]


def test_files_of_this_machine_have_addresses_too(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id\n1\n", encoding="utf-8")
    (file,) = fetched(tmp_path, f"file://{tmp_path}/a.csv")
    assert (tmp_path / file).read_text(encoding="utf-8") == "id\n1\n"


def test_what_is_not_there_is_no_file(
    memory: None, site: tuple[str, Path, list[str]], tmp_path: Path
) -> None:
    assert fetched(tmp_path, "memory://in/none.csv") == ()
    assert fetched(tmp_path, "memory://in/none-*.csv") == ()
    assert fetched(tmp_path, f"{site[0]}/none.csv") == ()


def test_what_cannot_be_reached_is_told_and_stands_for_nothing(tmp_path: Path) -> None:
    address = "http://127.0.0.1:9/a.csv"
    with pytest.raises(ComputeError, match=r"a\.csv cannot be fetched"):
        fetched(tmp_path, address)
    assert files_of(tmp_path, source(address)) == ()


@pytest.mark.parametrize(
    ("address", "lacking", "package"),
    [
        ("s3://bucket/a.csv", "s3fs", "s3fs"),
        ("https://example.org/a.csv", "aiohttp", "aiohttp"),
        ("memory://a.csv", "fsspec.core", "fsspec"),
    ],
)
def test_without_a_package_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, lacking: str, package: str
) -> None:
    monkeypatch.setitem(sys.modules, lacking, None)
    if lacking == "aiohttp":
        monkeypatch.delitem(sys.modules, "fsspec.implementations.http", raising=False)
        monkeypatch.delitem(sys.modules["fsspec.registry"]._registry, "https", raising=False)
    with pytest.raises(ComputeError) as caught:
        fetched(tmp_path, address)
    assert package in caught.value.message
    assert "freshline[remote]" in caught.value.help


def test_an_address_of_no_known_kind_is_told(tmp_path: Path) -> None:
    with pytest.raises(ComputeError, match="cannot be fetched"):
        fetched(tmp_path, "gopher9://x/a.csv")


def test_a_secret_in_an_address_is_used_and_shown_nowhere(
    site: tuple[str, Path, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, folder, asked = site
    (folder / "a.csv").write_text("id\n1\n", encoding="utf-8")
    monkeypatch.setenv("FRESHLINE_SECRET_TOKEN", "hunter2hunter")
    root = tmp_path / "shop"
    (file,) = fetched(root, f"{address}/a.csv?token=${{secret.token}}")
    assert (root / file).read_text(encoding="utf-8") == "id\n1\n"
    assert any("token=hunter2hunter" in line for line in asked)
    kept = [path for path in root.rglob("*") if path.is_file()]
    assert kept
    for path in kept:
        assert b"hunter2" not in path.read_bytes()
        assert "hunter2" not in str(path)
    site_down = address.rpartition(":")[0] + ":1"
    with pytest.raises(ComputeError) as caught:
        fetched(root, f"{site_down}/a.csv?token=${{secret.token}}")
    assert "secret.token" in caught.value.message
    assert "hunter2" not in caught.value.message + caught.value.help


def test_a_secret_that_is_not_there_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match="there is no secret not_there"):
        fetched(tmp_path, "http://127.0.0.1:1/a.csv?token=${secret.not_there}")


def test_files_at_an_address_are_listed_with_stamps_that_tell_when_one_changed(
    tmp_path: Path,
) -> None:
    for name in ("a.csv", "b.csv", "c.txt"):
        (tmp_path / name).write_text(name)
    address = f"file://{tmp_path}/*.csv"
    before = listed(address)
    assert [Path(file.path).name for file in before] == ["a.csv", "b.csv"]
    assert before[0].at == (tmp_path / "a.csv").stat().st_mtime
    (tmp_path / "a.csv").write_text("more than before")
    after = listed(address)
    assert (after[0].stamp != before[0].stamp, after[1]) == (True, before[1])
    assert listed(f"file://{tmp_path}/none/*.csv") == ()
    with pytest.raises(ComputeError, match="nosuch"):
        listed("nosuch://bucket/*.csv")
