"""Named SQL: what stands in the `.sql` files beside this module, by name."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_STATEMENT = re.compile(r"^-- name: (\w+)\n-- .+\n((?:(?!-- ).*\n?)+)", re.MULTILINE)


@cache
def statements(room: str) -> Mapping[str, str]:
    """Return the statements of `sql/<room>.sql` by name.

    A statement is a `-- name:` line, one line that says what it is for, and the SQL.
    """
    text = (Path(__file__).parent / "sql" / f"{room}.sql").read_text(encoding="utf-8")
    return {name: sql.strip().rstrip(";") for name, sql in _STATEMENT.findall(text)}
