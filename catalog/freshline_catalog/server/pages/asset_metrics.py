"""Metrics of one asset: its figures over time, and what happened meanwhile."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, cast

import msgspec
from fastapi import Path, Query
from pydantic import BeforeValidator

from freshline.secrets import is_telling
from freshline_catalog.connection import Row
from freshline_catalog.server.assets.head import Head, found
from freshline_catalog.server.builds.series import (
    Chart,
    Mark,
    Recorded,
    Series,
    chart_of,
    marks_of,
    series_of,
)
from freshline_catalog.server.entries import target_of
from freshline_catalog.server.moments import moment, none_if_blank
from freshline_catalog.server.page import Page
from freshline_catalog.server.reading import Reading
from freshline_catalog.statements import statements

_EVENTS = 20_000
_NEVER = float("inf")


class Scale(StrEnum):
    """How high a value is drawn."""

    LINEAR = "linear"
    LOG = "log"


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetMetrics:
    """The figures of an asset between two moments, oldest first.

    `capped` says that there is more than is looked at; then the newest are shown.
    """

    head: Head
    since: float
    until: float
    scale: Scale
    series: tuple[Series, ...]
    marks: tuple[Mark, ...]
    capped: bool

    @property
    def charts(self) -> tuple[Chart, ...]:
        """Where each series is drawn, all over the same time."""
        is_log = self.scale is Scale.LOG
        return tuple(
            chart_of(each, self.marks, self.since, self.until, log=is_log) for each in self.series
        )


def asset_metrics(
    asked: Reading,
    key: Annotated[str, Path(max_length=200, description="The asset's key")],
    since: Annotated[str, Query(max_length=40, description="A time, or 24h for a day ago")] = "",
    until: Annotated[str, Query(max_length=40, description="A time, itself left out")] = "",
    scale: Annotated[
        Scale | None, BeforeValidator(none_if_blank), Query(description="How high a value is drawn")
    ] = None,
) -> AssetMetrics:
    """Show rows, size, duration, failing checks, and what code told in numbers, over time."""
    known = found(asked, key)
    earliest, latest = moment(since, asked.now), moment(until, asked.now)
    bindings = (
        *target_of(asked, key),
        0.0 if earliest is None else earliest,
        _NEVER if latest is None else latest,
        _EVENTS,
    )
    rows = asked.connection.execute(statements("builds")["figures"], bindings).fetchall()
    events = [_recorded(row) for row in reversed(rows)]
    first = events[0].at if events else asked.now
    last = events[-1].at if events else asked.now
    return AssetMetrics(
        head=known.head,
        since=first if earliest is None else earliest,
        until=max(event.at for event in events) if events and latest is None else latest or last,
        scale=scale or Scale.LINEAR,
        series=series_of(events),
        marks=marks_of(events),
        capped=len(rows) == _EVENTS,
    )


def _recorded(row: Row) -> Recorded:
    _, at, kind, run, version, count, bytes_, code, began, began_in, failing, told = row
    is_timed = kind == "materialized" and began is not None and began_in == run
    return Recorded(
        at=cast(float, at),
        kind=cast(str, kind),
        run=cast(str, run),
        version=cast("int | None", version),
        rows=cast("int | None", count),
        bytes=cast("int | None", bytes_),
        code=cast("str | None", code),
        seconds=max(cast(float, at) - cast(float, began), 0.0) if is_timed else None,
        failing=cast("int | None", failing),
        told=_numbers(cast("str | None", told)),
    )


def _numbers(told: str | None) -> Mapping[str, float]:
    if not told or told == "{}":
        return {}
    found = msgspec.json.decode(told, type=dict[str, float | None])
    return {
        name: value
        for name, value in found.items()
        if value is not None and math.isfinite(value) and not is_telling(name)
    }


PAGES = (Page(path="/assets/{key}/metrics", make=asset_metrics, template="asset_metrics.html"),)
