"""Why a version was made: what tells its record from that of the version before it.

Told from what was recorded alone, so that it can be said of any version, whoever made it and when.
"""

from dataclasses import dataclass
from enum import StrEnum

from freshline.versions import Build, PublishKind, Read


class CauseKind(StrEnum):
    """What was different."""

    FIRST = "first"  # there was no version before
    CODE = "code"  # its query means something else
    INPUT = "input"  # what it reads had other rows
    INPUT_ADDED = "input added"
    INPUT_REMOVED = "input removed"
    CONFIG = "config"  # settings that decide about its rows
    TIME = "time"  # a new day or hour, for what hangs on the clock
    ENGINE = "engine"  # computed by another release of the engine
    REVERT = "revert"  # an older version was made current again
    RELAYOUT = "relayout"  # other columns of the files that were there
    FOUND = "found"  # it was published, and found in storage later
    ASKED = "asked"  # nothing was different: somebody asked for it, or its bytes were damaged


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One difference: the upstream concerned, and what it was before and is now."""

    kind: CauseKind
    upstream: str = ""
    before: str = ""
    after: str = ""


def causes_of(build: Build, before: Build | None, *, found: bool = False) -> tuple[Cause, ...]:
    """Return why a version was made, given the one that was current before it."""
    if found:
        return (Cause(kind=CauseKind.FOUND),)
    version, trace = build.version, build.trace
    if version.kind is PublishKind.REVERT:
        return (Cause(kind=CauseKind.REVERT, after=version.mat_id),)
    if before is None:
        return (Cause(kind=CauseKind.FIRST),)
    older = before.trace
    causes: list[Cause] = []
    if version.kind is PublishKind.RELAYOUT:
        causes.append(Cause(kind=CauseKind.RELAYOUT))
    # Under other rules the hash says nothing about the query.
    if trace.canonicaliser == older.canonicaliser and trace.code_version != older.code_version:
        causes.append(_cause(CauseKind.CODE, "", older.code_version, trace.code_version))
    causes += _inputs(older.inputs, trace.inputs)
    for kind, was, now in (
        (CauseKind.CONFIG, older.config, trace.config),
        (CauseKind.TIME, older.period, trace.period),
    ):
        if was != now:
            causes.append(_cause(kind, "", was, now))
    if not causes and trace.engine != older.engine:
        causes.append(_cause(CauseKind.ENGINE, "", older.engine, trace.engine))
    return tuple(causes) or (Cause(kind=CauseKind.ASKED),)


def _inputs(before: tuple[Read, ...], after: tuple[Read, ...]) -> list[Cause]:
    was = {read.asset: read for read in before}
    now = {read.asset: read for read in after}
    causes = [
        _cause(CauseKind.INPUT, key, was[key].version, read.version)
        for key, read in now.items()
        if key in was and read.version != was[key].version and _differ(was[key], read)
    ]
    causes += [_cause(CauseKind.INPUT_ADDED, key) for key in now if key not in was]
    causes += [_cause(CauseKind.INPUT_REMOVED, key) for key in was if key not in now]
    return causes


def _differ(before: Read, after: Read) -> bool:
    """Say whether two versions of an input may differ in what was read of them."""
    if before.window != after.window:
        return True
    return before.data_version != after.data_version


def _cause(kind: CauseKind, upstream: str, before: str = "", after: str = "") -> Cause:
    return Cause(kind=kind, upstream=upstream, before=before, after=after)
