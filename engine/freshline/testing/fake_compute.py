"""A compute engine whose tables are one value each: for simulations that run thousands of builds.

A query here is `value: N` followed by the marked names of what it reads. Its content is the digest
of N and of the contents read, so equal logic on equal inputs gives equal content, and two queries
that differ only in words give the same content too.
"""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from freshline.codec import digest
from freshline.definitions import Column
from freshline.errors import ComputeError
from freshline.ports import Compute, Measurement
from freshline.versions import WHOLE, Output, Window

COLUMNS = (Column("x", "BIGINT"),)
_VALUE = re.compile(r"value: (\S+)")
_FAILING = re.compile(r"failing: ([0-9a-f]+)")
_NAME = re.compile(r'"([^"]+)"')


class FakeCompute:
    """Tables by name; it survives a simulated crash, as a storage's disk would."""

    def __init__(self) -> None:
        self.tables: dict[str, str] = {}
        self.computed: Counter[str] = Counter()

    def create_table(self, name: str, query: str) -> None:
        """Keep the content of a query, and count that it was computed."""
        if "value: fail" in query:
            raise ComputeError("the query says that it fails")
        content = self.content(query)
        self.computed[content] += 1
        self.tables[name] = content

    def drop_table(self, name: str) -> None:
        """Forget a table."""
        self.tables.pop(name, None)

    def measure(
        self, relation: str, windows: Sequence[Window] = (), *, quantum: float | None = None
    ) -> Measurement:
        """Return the content of a table as its data version, and as what every window shows."""
        content = self.tables[relation.strip('"')]
        seen = tuple(Output(window, content) for window in windows if window != WHOLE)
        return Measurement(1, COLUMNS, content, seen)

    def glimpse(self, relation: str, windows: Sequence[Window]) -> tuple[Output, ...]:
        """Return the content of a table as what every window shows."""
        return self.measure(relation, windows).outputs

    def copy_to_parquet(self, query: str, path: Path) -> None:
        """Refuse: there are no files here."""
        raise ComputeError("this engine has no files")

    def copy_to_json_lines(self, query: str, path: Path) -> None:
        """Refuse: there are no files here."""
        raise ComputeError("this engine has no files")

    def columns(self, relation: str) -> tuple[Column, ...]:
        """Return the one column that every table has."""
        return COLUMNS

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """Answer a check: `failing: DIGITS` names the first digits of contents that it refuses."""
        refused = _FAILING.search(query)
        names: Sequence[str] = _NAME.findall(query)
        contents = [self.tables[name] for name in names if name in self.tables]
        fails = refused is not None and any(c[0] in refused.group(1) for c in contents)
        return [(int(fails),)]

    def content(self, query: str) -> str:
        """Return what the rows of a query would be."""
        value = _VALUE.search(query)
        names: Sequence[str] = _NAME.findall(query)
        inputs = [self.tables[name] for name in names]
        return digest(value.group(1) if value else query, *inputs)


_: type[Compute] = FakeCompute
