"""What stands above every page of an asset: its name, how it stands, and the way to its tabs."""

from dataclasses import dataclass
from typing import cast

from freshline import codec
from freshline.definitions import Lifecycle
from freshline.errors import Span
from freshline.survey import Entry, EntryKind, Status
from freshline_catalog.server.asked import Asked
from freshline_catalog.server.entries import entry_of, target_of
from freshline_catalog.server.problems import AbsentError
from freshline_catalog.server.standing import Checks, Facts, Standing, standing
from freshline_catalog.statements import statements


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """An asset in short. `gone` is since when nobody declares it, None while somebody does.

    `columns`, `checks` and `upstreams` are counts; `downstreams` is of all that hangs on it, over
    any number of edges. `since` is when it came to be as it is, `built_at` when its current version
    was made visible.
    """

    key: str
    kind: EntryKind
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
    gone: float | None
    rows: int | None
    bytes: int | None
    columns: int
    checks: int
    upstreams: int
    downstreams: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An asset: its entry, its number among the entries (0 for none), and its head."""

    entry: Entry
    number: int
    head: Head


def found(asked: Asked, key: str) -> Found:
    """Return an asset, also one that is gone; AbsentError where none was ever there."""
    entry = _entry(asked, key)
    figures = _figures(asked, key)
    rows = asked.connection.execute(statements("asset")["placed"], (asked.survey, key)).fetchall()
    number, _, _, since, first_seen, changed_at, gone, upstreams, downstreams = cast(
        "tuple[int, str, str, float, float, float, float | None, int, int]",
        rows[0] if rows else (0, "", "", None, None, None, _dropped(asked, key), 0, 0),
    )
    built_at, failed_at, running, passed, warned, failing, row_count, bytes_ = figures
    facts = Facts(
        status=entry.status,
        built_at=built_at,
        failed_at=failed_at,
        running=running,
        checks=Checks(passed=passed or 0, warned=warned or 0, failing=failing or 0),
        gone=gone,
    )
    head = Head(
        key=key,
        kind=entry.kind,
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
        gone=gone,
        rows=row_count,
        bytes=bytes_,
        columns=len(entry.columns),
        checks=len(entry.checks),
        upstreams=upstreams,
        downstreams=downstreams,
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


def _entry(asked: Asked, key: str) -> Entry:
    """Return the entry; of an asset that only the log knows, one that says no more than its key."""
    try:
        return entry_of(asked, key)
    except AbsentError:
        if _known(asked, key) is None:
            raise
        return Entry(key=key, kind=EntryKind.TABLE, status=Status.MISSING)


def _known(asked: Asked, key: str) -> tuple[float | None] | None:
    target = target_of(asked, key)
    rows = asked.connection.execute(statements("asset")["known"], target[:3]).fetchall()
    return cast("tuple[float | None]", rows[0]) if rows else None


def _dropped(asked: Asked, key: str) -> float:
    """Return since when an asset that has no entry is gone; where nobody knows, since now."""
    known = _known(asked, key)
    return asked.now if known is None or known[0] is None else known[0]


def _figures(asked: Asked, key: str) -> Figures:
    target = target_of(asked, key)
    rows = asked.connection.execute(statements("asset")["figures"], target[:3]).fetchall()
    return cast(Figures, rows[0]) if rows else (None,) * 8


def survey_of(asked: Asked) -> dict[str, object]:
    """Return the survey without its entries, as it was kept; empty where none was."""
    rows = asked.connection.execute(statements("asset")["survey_body"], (asked.survey,)).fetchall()
    return codec.decode(cast(str, rows[0][0]), dict[str, object]) if rows else {}
