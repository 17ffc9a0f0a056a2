"""A reader in a process of its own: polls an asset until told to stop, and counts its reads.

The rows of stg.orders are id * factor, so a whole version has 500 rows and one factor for all.
"""

import sys
from pathlib import Path

import duckdb

from freshline.keys import Target
from freshline_adapters.lake import Lake


def main(root: Path) -> int:
    """Read until there is a file `stop`; 1 at the first read that is not one whole version."""
    lake, reads = Lake(root / ".freshline/lake"), 0
    connection = duckdb.connect()
    target = Target("shop", "main", "stg.orders")
    while not (root / "stop").exists():
        manifest = lake.current(target)
        if manifest is None:
            print("no version to read")
            return 1
        row = connection.execute(
            "SELECT count(*), count(DISTINCT amount / id) FILTER (id > 0)"
            f" FROM {lake.relation(manifest.version)}"
        ).fetchone()
        if row != (500, 1):
            print(f"version {manifest.version.number} is {row}")
            return 1
        reads += 1
    print(f"reads {reads}")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
