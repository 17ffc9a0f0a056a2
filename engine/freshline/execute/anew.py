"""Anew: what plans call fresh, computed once more beside everything and compared with its record.

Nothing is published: the engine measures the rows of a query as they come, and those that code
leaves in a folder of its own.
Inputs are read whole, not through their windows, so that a window that lacks something shows too.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from freshline.errors import FreshlineError
from freshline.execute.code_step import made_anew
from freshline.execute.setting import Setting, input_of
from freshline.lineage.canonical import bind
from freshline.lineage.graph import Asset
from freshline.ports import Measurement
from freshline.versions import Build


class Verdict(StrEnum):
    """How rows computed anew compare with those on record."""

    SAME = "same"
    DIFFERENT = "different"
    UNSURE = "unsure"  # they may be others without anything being wrong


class Finding(NamedTuple):
    """The verdict on one asset, and why it is not the same."""

    verdict: Verdict
    why: str = ""


def compared(asset: Asset, build: Build, builds: Mapping[str, Build], setting: Setting) -> Finding:
    """Return how a fresh asset compares with what its query gives now.

    `builds` are the current ones of what it reads. Rows that differ are no proof where the query
    gives others each time, or hangs on the order of what it reads.
    """
    try:
        found = _measured(asset, builds, setting)
        if found is None:
            return Finding(Verdict.UNSURE, "what it reads has no version")
        if found.data_version == build.trace.data_version:
            return Finding(Verdict.SAME)
        again = _measured(asset, builds, setting)
    except FreshlineError as error:
        return Finding(Verdict.DIFFERENT, f"computed anew it fails: {error.message}")
    if again is None or again.data_version != found.data_version or asset.varies:
        return Finding(Verdict.UNSURE, "its query gives other rows each time")
    if asset.order_sensitive:
        return Finding(Verdict.UNSURE, "its rows hang on the order of what it reads")
    before = build.version.rows
    what = f"{found.rows} rows, not {before}" if found.rows != before else "other rows"
    return Finding(Verdict.DIFFERENT, f"it was called fresh, and computed anew it has {what}")


def _measured(asset: Asset, builds: Mapping[str, Build], setting: Setting) -> Measurement | None:
    if asset.code is not None:
        return made_anew(asset, builds, setting)
    inputs = {key: input_of(setting, key, builds) for key in asset.reads}
    relations = {key: each.relation for key, each in inputs.items() if each is not None}
    if relations.keys() != inputs.keys():
        return None
    query, quantum = bind(asset.query, relations), asset.definition.cutoff.round
    return setting.ports.compute.measure(f"(\n{query}\n)", quantum=quantum)
