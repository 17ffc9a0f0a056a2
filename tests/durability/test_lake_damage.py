"""A lake with files that were tampered with: damage is named, and older versions stay readable."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from freshline import failpoints
from freshline.errors import (
    ConflictError,
    CorruptError,
    ResourceError,
)
from freshline.keys import Target
from freshline.ports import Condition, Resolution
from freshline.testing.attempts import TARGET, Attempts, new_id, query
from freshline.testing.compute import DuckDBCompute
from freshline.versions import Version
from freshline_adapters.lake import Lake


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "lake"


@pytest.fixture
def attempts(root: Path) -> Iterator[Attempts]:
    compute = DuckDBCompute()
    yield Attempts(storage=Lake(root), compute=compute)
    failpoints.arm("")
    compute.close()


def record(root: Path, number: int) -> Path:
    return root / "env" / "main" / "marts.daily" / f"{number:020d}.json"


def data(root: Path, version: Version) -> Path:
    return root / version.files[0].path


def assert_reads(attempts: Attempts, version: Version, number: int) -> None:
    found = attempts.compute.measure(attempts.storage.relation(version))
    assert found == attempts.compute.measure(f"({query(number)})")


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)


def replace_by_link(path: Path) -> None:
    shutil.copy(path, path.with_suffix(".elsewhere"))
    path.unlink()
    path.symlink_to(path.with_suffix(".elsewhere"))


def replace_by_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize(
    "harm",
    [cut, empty, flip, replace_by_link, replace_by_pipe],
    ids=["cut", "emptied", "a bit flipped", "replaced by a link", "replaced by a pipe"],
)
def test_a_damaged_head_record(
    attempts: Attempts, root: Path, harm: Callable[[Path], None]
) -> None:
    old, head = attempts.published(query(1)), attempts.published(query(2))
    stamp = attempts.storage.stamp(head)
    harm(record(root, 2))
    with pytest.raises(CorruptError) as caught:
        attempts.storage.current(TARGET)
    assert caught.value.name == str(record(root, 2))
    assert attempts.storage.numbers(TARGET) == (1, 2)
    assert_reads(attempts, attempts.storage.manifest(TARGET, 1).version, 1)
    for known in (head, old):
        inspection = attempts.storage.inspect(known, stamp)
        assert inspection.condition is Condition.DAMAGED
        assert str(record(root, 2)) in inspection.detail
    (problem,) = attempts.storage.verify(head)
    assert str(record(root, 2)) in problem


def test_a_target_with_a_damaged_head_can_be_built_anew(attempts: Attempts, root: Path) -> None:
    first = attempts.published(query(1))
    second = attempts.sealed(query(2))
    third = replace(second, publish_id=new_id(), fence=second.fence + 1)
    attempts.storage.publish(second)
    cut(record(root, 2))
    with pytest.raises(ConflictError):
        attempts.storage.publish(third)
    attempts.storage.abort(TARGET, second.mat_id)  # the damaged record may name these bytes
    assert_reads(attempts, attempts.storage.publish(replace(third, base=2)), 2)
    assert_reads(attempts, first, 1)


def test_a_damaged_record_leaves_its_own_publish_unknown_and_others_not(
    attempts: Attempts, root: Path
) -> None:
    version = attempts.published(query(1))
    cut(record(root, 1))
    resolve = attempts.storage.resolve
    assert resolve(TARGET, version.publish_id) is Resolution.UNKNOWN
    assert resolve(TARGET, new_id()) is Resolution.NOT_PUBLISHED
    empty(record(root, 1))
    assert resolve(TARGET, new_id()) is Resolution.UNKNOWN


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (cut, "bytes instead of"),
        (flip, "SHA-256"),
        (Path.unlink, "is missing"),
        (replace_by_link, "is no regular file"),
        (replace_by_pipe, "is no regular file"),
    ],
    ids=["cut", "a bit flipped", "removed", "replaced by a link", "replaced by a pipe"],
)
def test_a_damaged_data_file(
    attempts: Attempts, root: Path, harm: Callable[[Path], None], said: str
) -> None:
    old, head = attempts.published(query(1)), attempts.published(query(2))
    stamp = attempts.storage.stamp(head)
    harm(data(root, head))
    inspection = attempts.storage.inspect(head, stamp)
    assert attempts.storage.inspect(head, "") == inspection
    assert inspection.condition is Condition.DAMAGED
    assert str(data(root, head)) in inspection.detail
    assert said in inspection.detail
    assert attempts.storage.verify(head) == (inspection.detail,)
    assert_reads(attempts, old, 1)


@pytest.mark.parametrize("harm", [cut, Path.unlink], ids=["cut", "removed"])
def test_bytes_that_are_gone_have_no_stamp_and_are_not_pointed_to_again(
    attempts: Attempts, root: Path, harm: Callable[[Path], None]
) -> None:
    old = attempts.published(query(1))
    attempts.published(query(2))
    harm(data(root, old))
    assert attempts.storage.stamp(old) == ""
    assert attempts.storage.inspect(old, "").condition is Condition.NEWER
    with pytest.raises(CorruptError) as caught:
        attempts.storage.publish(attempts.reverting(old))
    assert caught.value.name == str(data(root, old))
    assert attempts.storage.numbers(TARGET) == (1, 2)


@pytest.mark.parametrize(
    "other",
    [
        TARGET._replace(asset="marts.other"),
        TARGET._replace(environment="dev"),
        TARGET._replace(project="another"),
    ],
    ids=["another asset", "another environment", "another project"],
)
def test_a_record_of_another_target_is_not_believed(
    tmp_path: Path, attempts: Attempts, root: Path, other: Target
) -> None:
    elsewhere = Attempts(storage=Lake(tmp_path / "elsewhere"), compute=attempts.compute)
    elsewhere.published(query(1), other)
    (misplaced,) = (tmp_path / "elsewhere").glob("env/**/*.json")
    record(root, 1).parent.mkdir(parents=True)
    shutil.copy(misplaced, record(root, 1))
    with pytest.raises(CorruptError) as caught:
        attempts.storage.current(TARGET)
    assert caught.value.name == str(record(root, 1))
    assert other.project in caught.value.message


def test_a_record_that_replaced_another_is_newer(attempts: Attempts, root: Path) -> None:
    version = attempts.published(query(1))
    stamp = attempts.storage.stamp(version)
    record(root, 1).unlink()
    other = attempts.published(query(2))
    inspection = attempts.storage.inspect(version, stamp)
    assert inspection.condition is Condition.NEWER
    assert other.publish_id in inspection.detail


def test_a_lost_record_is_gone(attempts: Attempts, root: Path) -> None:
    version = attempts.published(query(1))
    stamp = attempts.storage.stamp(version)
    record(root, 1).unlink()
    assert attempts.storage.inspect(version, stamp).condition is Condition.GONE


@pytest.mark.parametrize("folder", ["data", "data/marts.daily", "env", "env/main/marts.daily"])
def test_links_do_not_lead_out_of_the_lake(
    tmp_path: Path, attempts: Attempts, root: Path, folder: str
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (root / folder).parent.mkdir(parents=True, exist_ok=True)
    (root / folder).symlink_to(outside)
    with pytest.raises(ResourceError) as caught:
        attempts.published(query(1))
    assert str(root / folder) in caught.value.message
    assert list(outside.iterdir()) == []


def test_an_abort_does_not_follow_links_out_of_the_lake(
    tmp_path: Path, attempts: Attempts, root: Path
) -> None:
    publication = attempts.sealed(query(1))
    shutil.move(root / "data" / "marts.daily", tmp_path / "outside")
    (root / "data" / "marts.daily").symlink_to(tmp_path / "outside")
    with pytest.raises(ResourceError):
        attempts.storage.abort(TARGET, publication.mat_id)
    assert len(list((tmp_path / "outside").iterdir())) == 1


def test_a_file_in_the_place_of_a_folder_is_said(attempts: Attempts, root: Path) -> None:
    root.mkdir()
    (root / "data").write_text("in the way")
    with pytest.raises(ResourceError, match="Not a directory"):
        attempts.storage.begin(TARGET, new_id())


def test_foreign_files_are_left_alone(attempts: Attempts, root: Path) -> None:
    version = attempts.published(query(1))
    folder = record(root, 1).parent
    for name in (
        f"{0:020d}.json",
        ".DS_Store",
        "notes.txt",
        "zzzzzzzzzzzzzzzzzzzz.json",
        f".{'0' * 20}.tmp",
        "1.json",
    ):
        (folder / name).write_text("foreign")
    (root / "env" / "lost+found").mkdir()
    (root / "env" / "Main" / "marts.daily").mkdir(parents=True)
    stamp = attempts.storage.stamp(version)
    assert attempts.storage.inspect(version, stamp).condition is Condition.INTACT
    assert attempts.storage.numbers(TARGET) == (1,)
    assert list(attempts.storage.targets()) == [TARGET]
    assert attempts.published(query(2)).number == 2


def test_targets_are_found_while_one_record_can_be_read(attempts: Attempts, root: Path) -> None:
    other = TARGET._replace(asset="marts.other")
    attempts.published(query(1))
    attempts.published(query(1), other)
    cut(record(root, 1))
    assert sorted(attempts.storage.targets()) == [TARGET, other]
    (path,) = root.glob("env/main/marts.other/*.json")
    cut(path)
    with pytest.raises(CorruptError):
        list(attempts.storage.targets())
