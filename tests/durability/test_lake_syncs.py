"""What a lake makes durable, in which order: a power cut cannot be tried, its rules can."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from freshline.testing.attempts import TARGET, Attempts, query
from freshline.testing.compute import DuckDBCompute
from freshline_adapters.lake import Lake

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "new" / "lake"


@pytest.fixture
def attempts(root: Path) -> Iterator[Attempts]:
    compute = DuckDBCompute()
    yield Attempts(storage=Lake(root), compute=compute)
    compute.close()


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Return the list that the system calls of interest are written to, as they are made."""
    made: list[tuple[str, str]] = []
    fsync, link, mkdir = os.fsync, os.link, os.mkdir

    def watched_fsync(descriptor: int) -> None:
        made.append(("sync", os.readlink(f"/proc/self/fd/{descriptor}")))
        fsync(descriptor)

    def watched_link(source: str, place: str) -> None:
        link(source, place)
        made.append(("link", place))

    def watched_mkdir(path: str, mode: int = 0o777) -> None:
        mkdir(path, mode)
        made.append(("mkdir", str(path)))

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(os, "link", watched_link)
    monkeypatch.setattr(os, "mkdir", watched_mkdir)
    return made


def test_bytes_and_names_are_durable_before_a_record_names_them(
    attempts: Attempts, root: Path, calls: list[tuple[str, str]]
) -> None:
    version = attempts.published(query(1))
    data = str(root / version.files[0].path)
    folder = str(root / "env" / "main" / "marts.daily")
    linked = next(place for place, (verb, _) in enumerate(calls) if verb == "link")
    before, after = calls[:linked], calls[linked + 1 :]
    assert before.index(("sync", data)) < before.index(("sync", os.path.dirname(data)))
    assert any(verb == "sync" and path.startswith(f"{folder}/.") for verb, path in before)
    assert after[0] == ("sync", folder)


def test_every_new_folder_is_durable_when_a_publish_returns(
    attempts: Attempts, root: Path, calls: list[tuple[str, str]]
) -> None:
    attempts.published(query(1))
    made = [path for verb, path in calls if verb == "mkdir"]
    assert str(root.parent) in made and str(root / "env" / "main" / "marts.daily") in made
    for path in made:
        assert ("sync", os.path.dirname(path)) in calls[calls.index(("mkdir", path)) :]


def test_folders_that_another_process_made_are_made_durable_too(
    attempts: Attempts, root: Path, calls: list[tuple[str, str]]
) -> None:
    """It may have died between making a folder and syncing its name."""
    for folder in ("data/marts.daily", "env/main/marts.daily"):
        (root / folder).mkdir(parents=True)
    calls.clear()
    attempts.published(query(1))
    for folder in ("data", "env", "env/main", ".", ".."):
        assert ("sync", str((root / folder).resolve())) in calls


def test_a_further_version_takes_four_syncs(
    attempts: Attempts, calls: list[tuple[str, str]]
) -> None:
    attempts.published(query(1))
    calls.clear()
    attempts.published(query(2))
    verbs = [verb for verb, _ in calls]
    assert verbs == ["sync", "sync", "sync", "link", "sync"]


def test_looking_at_a_head_syncs_nothing(attempts: Attempts, calls: list[tuple[str, str]]) -> None:
    version = attempts.published(query(1))
    stamp = attempts.storage.stamp(version)
    calls.clear()
    attempts.storage.inspect(version, stamp)
    attempts.storage.current(TARGET)
    attempts.storage.verify(version)
    assert calls == []
