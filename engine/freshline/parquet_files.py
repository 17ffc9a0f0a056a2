"""What a storage can do beside the contract when its versions are Parquet files on this machine.

So that rows which user code reads or writes as Parquet are not written once more by us.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from freshline.definitions import Column
from freshline.versions import Version


@runtime_checkable
class Taking(Protocol):
    """A stage that can take a Parquet file that somebody else wrote."""

    def take(self, path: Path, columns: Sequence[Column]) -> bool:
        """Make a file, which holds these columns, what is staged; False where it must be written.

        The file may be gone afterwards. False leaves everything as it was.
        """
        ...


@runtime_checkable
class OwnFiles(Protocol):
    """A storage whose versions are Parquet files on this machine."""

    def own_files(self, version: Version) -> tuple[Path, ...]:
        """Return the files that hold exactly a version's columns; none where they do not."""
        ...
