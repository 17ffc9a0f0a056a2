"""Where an output is written, and what is told of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    Told = dict[str, object]


class Target(NamedTuple):
    """Where one output goes: its name, the key of its asset, the folder, and what errors say."""

    name: str
    key: str
    folder: str
    what: str  # how errors call the function

    def path(self, ending: str, number: int = 0) -> str:
        """Return a path in the folder for a file of this output."""
        stem = self.name or self.key.rpartition(".")[2] or "output"
        return os.path.join(self.folder, f"{stem}{f'-{number}' if number else ''}.{ending}")


def made(target: Target, files: list[str], rows: int | None, **more: object) -> Told:
    """Return the Made of an output as Parquet; `more` says what is different."""
    return {"name": target.name, "format": "parquet", "files": files, "rows": rows, **more}
