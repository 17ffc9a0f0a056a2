"""Files with two names in a lake, and copies where the file system has no second names."""

import errno
import os
from pathlib import Path

import pytest

from freshline.errors import FreshlineError
from freshline_adapters.lake.disk import Disk


def _written(root: Path) -> Disk:
    (root / "data/old").mkdir(parents=True)
    (root / "data/old/1.parquet").write_bytes(b"rows")
    return Disk(str(root))


def test_a_shared_file_is_one_file_with_two_names(tmp_path: Path) -> None:
    disk = _written(tmp_path)
    disk.share("data/old/1.parquet", "data/new/1.parquet")
    assert os.path.samefile(tmp_path / "data/old/1.parquet", tmp_path / "data/new/1.parquet")


@pytest.mark.parametrize("refusal", [errno.EPERM, errno.EXDEV, errno.ENOTSUP, errno.EMLINK])
def test_where_there_are_no_second_names_it_is_a_copy(
    refusal: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = _written(tmp_path)

    def refused(*arguments: object, **options: object) -> None:
        raise OSError(refusal, os.strerror(refusal))

    monkeypatch.setattr(os, "link", refused)
    disk.share("data/old/1.parquet", "data/new/1.parquet")
    (tmp_path / "data/old/1.parquet").unlink()
    assert (tmp_path / "data/new/1.parquet").read_bytes() == b"rows"
    assert [path.name for path in (tmp_path / "data/new").iterdir()] == ["1.parquet"]


def test_what_cannot_be_linked_for_another_reason_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = _written(tmp_path)

    def refused(*arguments: object, **options: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "link", refused)
    with pytest.raises(FreshlineError):
        disk.share("data/old/1.parquet", "data/new/1.parquet")
    assert not (tmp_path / "data/new/1.parquet").exists()
