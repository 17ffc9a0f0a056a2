"""What stands above every page of an asset: its name, how it stands, and the way to its tabs."""

from dataclasses import dataclass
from typing import cast

from freshline import codec
from freshline.definitions import Lifecycle
from freshline.errors import Span
from freshline.survey import Entry, EntryColumn, EntryKind, Language, Status
from freshline_catalog.server.asked import Asked
from freshline_catalog.server.automation.incidents import (
    IncidentFacts,
    MuteFacts,
    mute_of,
    open_incidents,
)
from freshline_catalog.server.entries import entry_of, state_of, target_of
from freshline_catalog.server.standing import Checks, Facts, Standing, standing
from freshline_catalog.statements import statements


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """An asset in short. `declared` is whether anybody declares it still.

    `language` is what it is written in, None of a source; one that `is_files` keeps files in place
    of rows. `freshness` is what its policy says of its age, empty without one. `gone` is since when
    nobody does, None where that is not known. `incident` is one that is open and concerns it, if
    any, and `mute` by what nobody is told of it.
    `columns`, `checks` and `upstreams` are counts; `downstreams` is of all that hangs on it, over
    any number of edges. `since` is when it came to be as it is, `built_at` when its current version
    was made visible.
    """

    key: str
    kind: EntryKind
    language: Language | None
    is_files: bool
    freshness: str
    group: str
    owner: str
    place: Span | None
    lifecycle: Lifecycle | None
    tags: tuple[str, ...]
    preview: bool
    standing: Standing
    since: float | None
    first_seen: float | None
    changed_at: float | None
    built_at: float | None
    declared: bool
    gone: float | None
    rows: int | None
    bytes: int | None
    columns: int
    checks: int
    upstreams: int
    downstreams: int
    incident: IncidentFacts | None
    mute: MuteFacts | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An asset: its entry, its number among the entries (0 for none), and its head."""

    entry: Entry
    number: int
    head: Head


def found(asked: Asked, key: str) -> Found:
    """Return an asset, also one that is gone; AbsentError where none was ever there."""
    figures = _figures(asked, key)
    rows = asked.connection.execute(statements("asset")["placed"], (asked.survey, key)).fetchall()
    number, _, _, since, first_seen, changed_at, gone, upstreams, downstreams = cast(
        "tuple[int, str, str, float, float, float, float | None, int, int]",
        rows[0] if rows else (0, "", "", None, None, None, None, 0, 0),
    )
    declared = bool(rows) and gone is None
    entry = entry_of(asked, key) if rows else _remembered(asked, key)
    if not rows:
        gone = state_of(asked, key).dropped
    built_at, failed_at, running, passed, warned, failing, row_count, bytes_ = figures
    facts = Facts(
        status=entry.status,
        built_at=built_at,
        failed_at=failed_at,
        running=running,
        checks=Checks(passed=passed or 0, warned=warned or 0, failing=failing or 0),
        gone=None if declared else gone or asked.now,
    )
    head = Head(
        key=key,
        kind=entry.kind,
        language=entry.language,
        is_files=entry.code is not None and entry.code.makes_files,
        freshness=entry.freshness,
        group=entry.group,
        owner=entry.owner or "",
        place=entry.place,
        lifecycle=entry.lifecycle,
        tags=entry.tags,
        preview=entry.preview,
        standing=standing(facts),
        since=since,
        first_seen=first_seen,
        changed_at=changed_at,
        built_at=built_at,
        declared=declared,
        gone=gone,
        rows=row_count,
        bytes=bytes_,
        columns=len(entry.columns),
        checks=len(entry.checks),
        upstreams=upstreams,
        downstreams=downstreams,
        incident=next(iter(open_incidents(asked, key)), None),
        mute=mute_of(asked, key),
    )
    return Found(entry=entry, number=number, head=head)


Figures = tuple[
    float | None,
    float | None,
    str | None,
    int | None,
    int | None,
    int | None,
    int | None,
    int | None,
]


def _remembered(asked: Asked, key: str) -> Entry:
    """Return what the log still tells of an asset that no survey knows; AbsentError for nothing."""
    state = state_of(asked, key)
    if not state.sequence:
        return entry_of(asked, key)
    said = codec.decode(codec.encode(state.spec), _Said)
    version = state.build.version if state.build is not None else None
    return Entry(
        key=key,
        kind=EntryKind.VIEW if version is not None and version.query else EntryKind.TABLE,
        status=Status.MISSING,
        description=said.description,
        owner=said.owner,
        group=said.group,
        tags=said.tags,
        columns=tuple(EntryColumn(*column) for column in version.columns) if version else (),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What the log has of an asset's own words."""

    description: str = ""
    owner: str | None = None
    group: str = ""
    tags: tuple[str, ...] = ()


def _figures(asked: Asked, key: str) -> Figures:
    target = target_of(asked, key)
    rows = asked.connection.execute(statements("asset")["figures"], target[:3]).fetchall()
    return cast(Figures, rows[0]) if rows else (None, None, None, None, None, None, None, None)


def survey_of(asked: Asked) -> dict[str, object]:
    """Return the survey without its entries, as it was kept; empty where none was."""
    rows = asked.connection.execute(statements("asset")["survey_body"], (asked.survey,)).fetchall()
    return codec.decode(cast(str, rows[0][0]), dict[str, object]) if rows else {}
