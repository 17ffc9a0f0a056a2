"""What a sensor's condition has seen: what may fire it, and what does not count and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from msgspec import Struct

from freshline.codec import digest, digest_of
from freshline.events import AttemptFailed, Materialized, Outcome, RunFinished, RunStarted
from freshline.operate.ground import Ground
from freshline.operate.rules import told
from freshline.operate.scene import Said
from freshline.refresh import (
    AssetArrived,
    Condition,
    EventArrived,
    FilesArrived,
    FunctionSaid,
    Result,
    RunEnded,
    WatermarkMoved,
)

MOST_KEPT = 10_000  # tokens of one condition


class Arrived(Struct, frozen=True, kw_only=True):
    """Something that came: a token by which it is told apart, when, and in words."""

    token: str
    at: float
    what: str


class Cursor(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far a condition has been consumed: what it last showed, and tokens that fired already.

    `pending` came and has not fired anything yet; only what is told once is kept there.
    """

    shown: str | None = None
    consumed: dict[str, str] = {}
    pending: tuple[Arrived, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensed:
    """What a condition comes to at one look.

    `arrived` is new to it, `ignored` are words on what does not count. `cursor` is that to keep if
    nothing fires, `after` gives the one to keep if something does. `error` says that nobody knows.
    """

    awaited: str
    arrived: tuple[Arrived, ...] = ()
    ignored: tuple[str, ...] = ()
    cursor: Cursor
    after: Cursor
    again: float | None = None
    error: str = ""


def sense(condition: Condition, cursor: Cursor, ground: Ground, name: str) -> Sensed:
    """Return what has arrived for a condition of the sensor `name` since it was consumed last."""
    match condition:
        case AssetArrived():
            return _asset(condition, cursor, ground)
        case FilesArrived():
            return _files(condition, cursor, ground)
        case WatermarkMoved():
            return _watermark(condition, cursor, ground, name)
        case FunctionSaid():
            return _function(condition, cursor, ground, name)
        case RunEnded():
            return _run(condition, cursor, ground)
        case EventArrived():
            return _event(condition, cursor, ground)
        case _:
            assert_never(condition)


def part(condition: Condition) -> str:
    """Return a short name of what a condition looks at; how long that has to rest is no matter."""
    match condition:
        case AssetArrived():
            how = [condition.key, list(condition.columns), condition.changed]
            return digest_of(["asset", *how])[:12]
        case FilesArrived():
            return digest_of(["files", condition.path])[:12]
        case _:
            return digest_of(condition)[:12]


def _nothing(awaited: str, cursor: Cursor, error: str = "") -> Sensed:
    return Sensed(awaited=awaited, cursor=cursor, after=cursor, error=error)


def _asset(condition: AssetArrived, cursor: Cursor, ground: Ground) -> Sensed:
    what = condition.key + (f" ({', '.join(condition.columns)})" if condition.columns else "")
    awaited = f"a new version of {what}"
    remote = ground.scene.seen.remotes.get(condition.key)
    if remote is not None and remote.error:
        return _nothing(awaited, cursor, f"{condition.key}: {remote.error}")
    if remote is None and "://" in condition.key:
        return _nothing(awaited, cursor, f"{condition.key} was not looked at")
    if remote is not None:
        shown = remote.windows.get(",".join(condition.columns), remote.content)
        moved, fails = remote.at, "" if remote.passed else "a blocking check fails on it"
    else:
        shown = _token(condition, ground)
        moved, failing = ground.moved(condition.key), ground.failing(condition.key)
        fails = f"it fails its check {failing.check.definition.name}" if failing else ""
    if cursor.shown is None:  # what there is when it is first looked at is not new
        first = Cursor(shown=shown)
        return Sensed(awaited=awaited, cursor=first, after=first)
    if not shown or shown == cursor.shown:
        return _nothing(awaited, cursor)
    if condition.passed and fails:
        return Sensed(awaited=awaited, ignored=(f"{what}: {fails}",), cursor=cursor, after=cursor)
    at = moved if moved is not None else ground.now
    if ground.now < at + condition.settle:
        return Sensed(
            awaited=awaited,
            ignored=(f"{what} has to rest until {told(at + condition.settle)}",),
            cursor=cursor,
            after=cursor,
            again=at + condition.settle,
        )
    arrived = Arrived(token=shown, at=at, what=f"{what} of {told(at)}")
    return Sensed(awaited=awaited, arrived=(arrived,), cursor=cursor, after=Cursor(shown=shown))


def _token(condition: AssetArrived, ground: Ground) -> str:
    if condition.changed or condition.columns:
        return ground.shown(condition.key, condition.columns) or ""
    build = ground.facts.builds.get(condition.key)
    return build.version.publish_id if build else ground.content(condition.key) or ""


def _files(condition: FilesArrived, cursor: Cursor, ground: Ground) -> Sensed:
    awaited = f"a file {condition.path}"
    found = ground.scene.seen.files.get(condition.path)
    if found is None:
        return _nothing(awaited, cursor)
    arrived: list[Arrived] = []
    ignored: list[str] = []
    again: list[float] = []
    for file in sorted(found, key=lambda seen: seen.path):
        if cursor.consumed.get(file.path) == file.stamp:
            continue
        if ground.now < (due := file.changed + condition.settle):
            ignored.append(f"{file.path} may still be being written, until {told(due)}")
            again.append(due)
            continue
        token = digest(file.path, file.stamp)[:16]
        arrived.append(Arrived(token=token, at=file.changed, what=file.path))
    rested = {a.what for a in arrived}
    stamps = {file.path: file.stamp for file in found if file.path in rested}
    consumed = dict([*cursor.consumed.items(), *stamps.items()][-MOST_KEPT:])
    return Sensed(
        awaited=awaited,
        arrived=tuple(arrived),
        ignored=tuple(ignored),
        cursor=cursor,
        after=Cursor(consumed=consumed),
        again=min(again, default=None),
    )


def _watermark(condition: WatermarkMoved, cursor: Cursor, ground: Ground, name: str) -> Sensed:
    awaited = f"another answer of {condition.sql}"
    said = _said(ground, name, condition)
    if said is None:
        return _nothing(awaited, cursor)
    if said.error:
        return _nothing(awaited, cursor, said.error)
    if cursor.shown is None:
        first = Cursor(shown=said.cursor)
        return Sensed(awaited=awaited, cursor=first, after=first)
    if said.cursor == cursor.shown:
        return _nothing(awaited, cursor)
    what = f"{cursor.shown} became {said.cursor}"
    arrived = Arrived(token=digest(cursor.shown, said.cursor)[:16], at=ground.now, what=what)
    after = Cursor(shown=said.cursor)
    return Sensed(awaited=awaited, arrived=(arrived,), cursor=cursor, after=after)


def _function(condition: FunctionSaid, cursor: Cursor, ground: Ground, name: str) -> Sensed:
    """A function fires as often as it is asked and says so; its cursor is kept either way."""
    awaited = f"{condition.function} to say so"
    said = _said(ground, name, condition)
    if said is None:
        return Sensed(
            awaited=awaited, arrived=cursor.pending, cursor=cursor, after=_emptied(cursor)
        )
    if said.error:
        return _nothing(awaited, cursor, said.error)
    came = cursor.pending
    if said.fires and not (said.cursor and said.cursor == cursor.shown):
        token = digest(said.cursor, "" if said.cursor else repr(ground.now))[:16]
        came = (*came, Arrived(token=token, at=ground.now, what=said.why))[-MOST_KEPT:]
    kept = Cursor(shown=said.cursor, pending=came)
    ignored = () if said.fires or not said.why else (said.why,)
    return Sensed(awaited=awaited, arrived=came, ignored=ignored, cursor=kept, after=_emptied(kept))


def _said(ground: Ground, name: str, condition: Condition) -> Said | None:
    values = ground.scene.seen.values
    return values.get(f"{name}:{part(condition)}") or values.get(name)


def _run(condition: RunEnded, cursor: Cursor, ground: Ground) -> Sensed:
    where = f" of {condition.selection}" if condition.selection else ""
    awaited = f"a run{where} that {condition.result}"
    meant = ground.selecting.chosen(condition.selection)
    if meant.error:
        return _nothing(awaited, cursor, meant.error)
    touched = _touched(ground)
    came = list(cursor.pending)
    consumed = dict(cursor.consumed)
    for event in ground.scene.seen.happened:
        if not isinstance(event, RunFinished) or event.run in consumed:
            continue
        ended = Result.SUCCEEDED if event.outcome is Outcome.SUCCEEDED else Result.FAILED
        cancelled = event.outcome is Outcome.CANCELLED
        known = touched.get(event.run, set[str]()) | event.unfinished.keys()
        if condition.selection and not known & meant.keys:
            continue
        if ended is condition.result and not cancelled:
            consumed[event.run] = ""
            came.append(Arrived(token=event.run, at=event.at, what=f"run {event.run} {ended}"))
    consumed = dict([*consumed.items()][-MOST_KEPT:])
    kept = Cursor(consumed=consumed, pending=tuple(came))
    return Sensed(awaited=awaited, arrived=kept.pending, cursor=kept, after=_emptied(kept))


def _touched(ground: Ground) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {}
    for event in ground.scene.seen.happened:
        if isinstance(event, RunStarted):
            found.setdefault(event.run, set()).update(event.assets)
        elif isinstance(event, Materialized | AttemptFailed):
            found.setdefault(event.run, set()).add(event.target.asset)
    return found


def _event(condition: EventArrived, cursor: Cursor, ground: Ground) -> Sensed:
    awaited = f"an event {condition.name}"
    arrivals = ground.scene.seen.arrivals
    if cursor.shown is None:  # what came before anybody awaited it does not count
        latest = max((arrival.sequence for arrival in arrivals), default=0)
        first = Cursor(shown=str(latest))
        return Sensed(awaited=awaited, cursor=first, after=first)
    behind = int(cursor.shown)
    came = list(cursor.pending)
    for arrival in arrivals:
        if arrival.name == condition.name and arrival.sequence > behind:
            behind = arrival.sequence
            what = f"event {arrival.sequence} by {arrival.actor}"
            came.append(Arrived(token=str(arrival.sequence), at=arrival.at, what=what))
    kept = Cursor(shown=str(behind), pending=tuple(came[-MOST_KEPT:]))
    return Sensed(awaited=awaited, arrived=kept.pending, cursor=kept, after=_emptied(kept))


def _emptied(cursor: Cursor) -> Cursor:
    return Cursor(shown=cursor.shown, consumed=cursor.consumed)
