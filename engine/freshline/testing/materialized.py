"""What came of materializing in memory: rows, metadata and checks, to be asserted on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from duckdb import DuckDBPyRelation

from freshline.calls import Metadata
from freshline.declare.section import did_you_mean
from freshline.errors import UsageError
from freshline.execute.sql_engine import SqlEngine
from freshline.lineage.quoting import quoted
from freshline.worker.reading import rows_of_relation


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check of an asset found: in words, and with some of the rows that failed it.

    One that `blocks` would have kept the version from being published.
    """

    asset: str
    name: str
    passed: bool
    blocks: bool = True
    message: str = ""
    failing: int = 0
    rows: tuple[Mapping[str, str | None], ...] = ()

    def __str__(self) -> str:
        """Return it as one line."""
        return f"{self.asset}: {self.message or self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What was told while assets were made: metadata by asset, and every check."""

    metadata: Mapping[str, Metadata] = field(default_factory=dict[str, Metadata])
    checks: tuple[Checked, ...] = ()


class Materialized:
    """Assets that were made in memory, by key; those that were asked for are `assets`.

    Where one alone was asked for, `rows`, `df` and `metadata` need no key.
    """

    def __init__(
        self, engine: SqlEngine, tables: Sequence[str], assets: Sequence[str], told: Told
    ) -> None:
        self._engine, self._tables, self._told = engine, tuple(tables), told
        self.assets = tuple(assets)

    def __getitem__(self, key: str) -> DuckDBPyRelation:
        """Return an asset, or an upstream that rows were given for, as a relation of DuckDB."""
        return self._engine.cursor().sql(f"FROM {quoted(self._known(key))}")

    def __contains__(self, key: object) -> bool:
        """Say whether there is a table of a key."""
        return key in self._tables

    def rows(self, key: str | None = None) -> list[dict[str, object]]:
        """Return the rows of an asset as dicts, with the values that Python has for its types."""
        key = self._known(key)
        columns = self._engine.columns(quoted(key))
        return list(rows_of_relation(self[key], [*columns]))

    def df(self, key: str | None = None) -> Any:
        """Return an asset as a data frame of pandas."""
        return self[self._known(key)].df()

    def metadata(self, key: str | None = None) -> dict[str, object]:
        """Return the values that an asset's code kept about it, by name."""
        found = self._told.metadata.get(self._known(key), {})
        return {name: datum.value for name, datum in found.items()}

    @property
    def checks(self) -> tuple[Checked, ...]:
        """What every check of the assets that were made found."""
        return self._told.checks

    @property
    def failed(self) -> tuple[Checked, ...]:
        """The checks that did not pass, blocking or not; nothing where all did."""
        return tuple(check for check in self.checks if not check.passed)

    def close(self) -> None:
        """Let go of the tables; relations of them cannot be asked any more."""
        self._engine.close()

    def _known(self, key: str | None) -> str:
        if key is None:
            if len(self.assets) != 1:
                made = ", ".join(self.assets) or "nothing"
                raise UsageError("say which asset", help=f"materialized: {made}")
            key = self.assets[0]
        if key not in self._tables:
            near = did_you_mean(key, self._tables)
            raise UsageError(
                f"{key} was not materialized", help=near or f"there is: {', '.join(self._tables)}"
            )
        return key

    def __repr__(self) -> str:
        (counts,) = (
            self._engine.rows(
                "SELECT "
                + ", ".join(f"(SELECT count(*) FROM {quoted(key)})" for key in self.assets)
            )
            if self.assets
            else ((),)
        )
        lines = [
            f"{key}  {count:,} {'row' if count == 1 else 'rows'}"
            for key, count in zip(self.assets, cast("Sequence[int]", counts), strict=True)
        ]
        lines += [f"failed check  {check}" for check in self.failed]
        return "\n".join(lines or ["nothing was materialized"])
