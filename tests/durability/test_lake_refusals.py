"""A lake on a machine that refuses: each refusal has its words, and the old version stays."""

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from freshline import failpoints
from freshline.errors import (
    ResourceError,
    StorageError,
    UnknownOutcomeError,
    UsageError,
)
from freshline.ports import Resolution
from freshline.testing.attempts import TARGET, Attempts, new_id, query
from freshline.testing.compute import DuckDBCompute
from freshline.versions import Version
from freshline_adapters.lake import Lake

CHILD = Path(__file__).with_name("lake_child.py")
BEFORE = (
    "stage.open",
    "stage.after_write",
    "seal.before",
    "seal.after_fsync",
    "seal.after",
    "publish.before",
    "publish.torn_manifest",
    "publish.after_write",
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "lake"


@pytest.fixture
def attempts(root: Path) -> Iterator[Attempts]:
    compute = DuckDBCompute()
    yield Attempts(storage=Lake(root), compute=compute)
    failpoints.arm("")
    compute.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a small disk takes root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def record(root: Path, number: int) -> Path:
    return root / "env" / "main" / "marts.daily" / f"{number:020d}.json"


def data(root: Path, version: Version) -> Path:
    return root / version.files[0].path


def assert_reads(attempts: Attempts, version: Version, number: int) -> None:
    found = attempts.compute.measure(attempts.storage.relation(version))
    assert found == attempts.compute.measure(f"({query(number)})")


@pytest.mark.parametrize("failpoint", BEFORE)
def test_a_refusal_before_the_publish_leaves_the_old_version(
    attempts: Attempts, root: Path, failpoint: str
) -> None:
    old = attempts.published(query(1))
    mat_id = new_id()
    failpoints.arm(f"{failpoint}=raise:ENOSPC")
    with pytest.raises(ResourceError) as caught:
        attempts.published(query(2), mat_id=mat_id)
    failpoints.arm("")
    assert str(root) in caught.value.message
    assert os.strerror(errno.ENOSPC) in caught.value.message
    assert "free some space" in caught.value.help
    assert attempts.storage.resolve(TARGET, mat_id) is Resolution.NOT_PUBLISHED
    assert list(root.glob("env/*/*/*")) == [record(root, 1)]
    attempts.storage.abort(TARGET, mat_id)
    assert list(root.glob("data/*/*")) == [data(root, old)]
    assert_reads(attempts, old, 1)
    assert attempts.published(query(2)).number == 2


@pytest.mark.parametrize("failpoint", ["publish.after_create", "publish.after"])
def test_a_refusal_behind_the_publish_leaves_the_outcome_to_resolve(
    attempts: Attempts, failpoint: str
) -> None:
    publication = attempts.sealed(query(1))
    failpoints.arm(f"{failpoint}=raise:EIO")
    with pytest.raises(UnknownOutcomeError) as caught:
        attempts.storage.publish(publication)
    failpoints.arm("")
    assert caught.value.retryable
    assert attempts.storage.resolve(TARGET, publication.publish_id) is Resolution.PUBLISHED
    assert_reads(attempts, attempts.storage.publish(publication), 1)


@pytest.mark.parametrize("reason", ["EROFS", "EACCES", "EDQUOT", "EPERM", "EIO"])
def test_each_refusal_is_said_in_its_own_words(attempts: Attempts, reason: str) -> None:
    publication = attempts.sealed(query(1))
    failpoints.arm(f"publish.after_write=raise:{reason}")
    with pytest.raises(ResourceError) as caught:
        attempts.storage.publish(publication)
    assert os.strerror(getattr(errno, reason)) in caught.value.message
    assert caught.value.help


@pytest.mark.parametrize("failpoint", ["abort.before", "abort.after"])
def test_an_abort_that_is_refused_may_be_repeated(attempts: Attempts, failpoint: str) -> None:
    publication = attempts.sealed(query(1))
    failpoints.arm(f"{failpoint}=raise:EACCES")
    with pytest.raises(ResourceError):
        attempts.storage.abort(TARGET, publication.mat_id)
    failpoints.arm("")
    attempts.storage.abort(TARGET, publication.mat_id)
    assert attempts.published(query(1), mat_id=publication.mat_id).number == 1


def test_a_sync_that_failed_is_not_tried_again(attempts: Attempts) -> None:
    """A second fsync may report success although the first one lost the bytes."""
    stage = attempts.storage.begin(TARGET, new_id())
    columns = attempts.compute.measure(f"({query(1)})").columns
    stage.write(attempts.compute, query(1), columns)
    failpoints.arm("seal.after_fsync=raise:EIO")
    with pytest.raises(ResourceError):
        stage.seal()
    failpoints.arm("")
    with pytest.raises(StorageError):
        stage.seal()


@pytest.mark.parametrize(
    ("size", "sql", "object"),
    [
        (1_000, "SELECT 2 AS version, hash(i) AS row FROM range(50000) t(i)", ".parquet"),
        (20_000, f"SELECT 2 AS version /* {'x' * 50_000} */", ".tmp"),
    ],
    ids=["while rows are written", "while the record is written"],
)
def test_a_limit_on_file_sizes(
    attempts: Attempts, root: Path, size: int, sql: str, object: str
) -> None:
    old = attempts.published(query(1))
    command = [sys.executable, str(CHILD), "limit", str(root), str(size), sql]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    assert said.startswith("ResourceError ")
    assert object in said
    assert attempts.storage.numbers(TARGET) == (1,)
    assert_reads(attempts, old, 1)


def test_a_full_disk(small_disk: Path, attempts: Attempts) -> None:
    attempts = replace(attempts, storage=Lake(small_disk / "lake"))
    old = attempts.published(query(1))
    mat_id = new_id()
    with pytest.raises(ResourceError):
        attempts.published(
            "SELECT 2 AS version, hash(i) AS row FROM range(300000) t(i)", TARGET, mat_id
        )
    attempts.storage.abort(TARGET, mat_id)
    late = attempts.sealed(query(2))
    filler = small_disk / "filler"
    with open(filler, "wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
        while True:
            file.write(bytes(4096))
    with pytest.raises(ResourceError, match="No space left on device") as caught:
        attempts.storage.publish(late)
    assert str(small_disk) in caught.value.message
    assert attempts.storage.numbers(TARGET) == (1,)
    assert_reads(attempts, old, 1)
    filler.unlink()
    assert attempts.storage.publish(late).number == 2


def test_a_read_only_disk(small_disk: Path, attempts: Attempts) -> None:
    attempts = replace(attempts, storage=Lake(small_disk / "lake"))
    old = attempts.published(query(1))
    late = attempts.sealed(query(2))
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    for act in (
        lambda: attempts.storage.publish(late),
        lambda: attempts.storage.begin(TARGET._replace(asset="marts.new"), new_id()),
        lambda: attempts.storage.abort(TARGET, late.mat_id),
    ):
        with pytest.raises(ResourceError, match="Read-only file system") as caught:
            act()
        assert "read-only" in caught.value.help
    assert_reads(attempts, old, 1)
    assert attempts.storage.verify(old) == ()


# Requests that are refused


def test_an_identifier_is_begun_once(attempts: Attempts) -> None:
    version = attempts.published(query(1))
    with pytest.raises(StorageError, match=version.mat_id):
        attempts.storage.begin(TARGET, version.mat_id)
    assert_reads(attempts, version, 1)


def test_files_of_another_asset_cannot_be_published(attempts: Attempts) -> None:
    version = attempts.published(query(1), TARGET._replace(asset="marts.other"))
    publication = replace(attempts.sealed(query(2)), files=version.files)
    with pytest.raises(StorageError, match=r"marts\.other"):
        attempts.storage.publish(publication)


def test_a_version_without_files_cannot_be_published(attempts: Attempts) -> None:
    with pytest.raises(StorageError, match="without files"):
        attempts.storage.publish(replace(attempts.sealed(query(1)), files=()))


def test_an_empty_file_cannot_be_sealed(attempts: Attempts, root: Path) -> None:
    mat_id = new_id()
    stage = attempts.storage.begin(TARGET, mat_id)
    (root / "data" / "marts.daily" / f"{mat_id}.parquet").touch()
    with pytest.raises(StorageError, match="is empty"):
        stage.seal()


def test_an_unknown_setting_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="compression"):
        Lake(tmp_path, compression="zstd")


def test_the_engine_needs_the_data_folder_only(attempts: Attempts, root: Path) -> None:
    assert attempts.storage.readable() == (root / "data",)
    assert f"'{root}/data/" in attempts.storage.relation(attempts.published(query(1)))
