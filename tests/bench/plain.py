"""The flights project as SQL alone: to be compared with DuckDB, and without other packages."""

import shutil
import tempfile
from functools import cache
from pathlib import Path

FLIGHTS = Path(__file__).parents[2] / "projects" / "flights"
_LEFT_OUT = shutil.ignore_patterns(".freshline", "views*.duckdb", "models")


def sql_of_flights(to: Path) -> Path:
    """Copy the project without what code makes, and without what it has built; return the copy."""
    shutil.copytree(FLIGHTS, to, ignore=_LEFT_OUT)
    settings = to / "freshline.yaml"
    settings.write_text(settings.read_text().partition("\nlocations:")[0])
    return to


@cache
def to_look_at() -> Path:
    """Return a copy for whoever only reads it, the same one for all of a process."""
    return sql_of_flights(Path(tempfile.mkdtemp(prefix="flights-")) / "flights")
