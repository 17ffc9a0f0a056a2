"""What a function can ask and tell while it runs: a Context, for the parameter that wants one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshline.sdk.metadata import data

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from logging import Logger
    from pathlib import Path


class Context:
    """One call as its function sees it: `def churn(orders, context: Context)`.

    A unit test makes its own, `Context()`; what it was told is in `metadata_by_output`.
    """

    def __init__(
        self,
        *,
        about: Mapping[str, str] | None = None,
        config: object = None,
        resources: Mapping[str, object] | None = None,
        outputs: tuple[str, ...] = ("",),
        tell: Callable[[str, str, str, float | None], None] | None = None,
        scratch: str = "",
    ) -> None:
        self._about = dict(about or {})
        self._tell = tell
        self._log: Logger | None = None
        self._scratch = scratch
        self.config = config
        self.resources: Mapping[str, object] = dict(resources or {})
        self.outputs = outputs
        self.metadata_by_output: dict[str, dict[str, tuple[str, object]]] = {}

    @property
    def run(self) -> str:
        """The run that this call belongs to."""
        return self._about.get("run", "")

    @property
    def environment(self) -> str:
        """The environment that the call builds for."""
        return self._about.get("environment", "main")

    @property
    def asset(self) -> str:
        """The key of the asset, or the first of several."""
        return self._about.get("asset", "")

    @property
    def partition(self) -> str | None:
        """The partition that is to be made; None for an asset without partitions."""
        return self._about.get("partition") or None

    @property
    def attempt(self) -> int:
        """Which attempt this is, from 1."""
        return int(self._about.get("attempt") or 1)

    @property
    def cursor(self) -> str:
        """Of a sensor: the cursor that its last answer gave; empty at first."""
        return self._about.get("cursor", "")

    @property
    def last_fired(self) -> datetime | None:
        """Of a sensor: when it fired last, in UTC; None if it never did."""
        from datetime import datetime, timezone

        told = self._about.get("last_fired")
        return datetime.fromtimestamp(float(told), timezone.utc) if told else None

    @property
    def scratch(self) -> Path:
        """A folder for files of this call, which goes when they have been kept."""
        from pathlib import Path

        if not self._scratch:
            from tempfile import mkdtemp

            self._scratch = mkdtemp(prefix="freshline-")
        return Path(self._scratch)

    @property
    def log(self) -> Logger:
        """A standard logger whose lines stand in the run's log."""
        if self._log is None:
            from freshline.sdk.logs import logger

            self._log = logger(self.asset or "asset", self._tell)
        return self._log

    def progress(self, done: float, message: str = "") -> None:
        """Tell how far the call is, from 0 to 1."""
        if self._tell is not None:
            self._tell("info", message, "progress", min(max(float(done), 0.0), 1.0))

    def add_metadata(
        self, values: Mapping[str, object] | None = None, *, output: str = "", **more: object
    ) -> None:
        """Keep facts about an output for the catalog: numbers, texts, Markdown, Table, Plot ...

        Of several outputs `output` says which; without it they belong to the whole call.
        """
        if output and output not in self.outputs:
            named = ", ".join(name for name in self.outputs if name)
            raise ValueError(f"there is no output {output!r} in this call: {named or 'only one'}")
        self.metadata_by_output.setdefault(output, {}).update(data({**(values or {}), **more}))

    metadata = add_metadata
