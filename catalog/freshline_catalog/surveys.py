"""The keeper of surveys: the last look at a project, in tables that lists, pages and searches read.

A survey is compared with the one on record, and only what differs is written. Numbers of entries
never change hands: an entry that is gone keeps its row, and gets it back when it returns.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, cast

from freshline import codec
from freshline.catalog import Surveys
from freshline.definitions import Trust
from freshline.survey import ColumnHop, Entry, EntryCode, Status, Survey
from freshline_catalog.connection import Connection, Value
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.search.indexing import forget, index
from freshline_catalog.statements import statements

Hops = tuple[str, str, Sequence[ColumnHop]]


class SqliteSurveys:
    """The surveys in the catalog of `log`. Methods raise CatalogError or ResourceError as it does.

    A reader sees the survey before or the one after, never a part of either.
    """

    def __init__(self, log: SqliteEventLog) -> None:
        self._log = log

    def keep(self, survey: Survey) -> tuple[str, ...]:
        """Keep a survey in place of the one before; an older one changes nothing.

        Return the keys whose column lineage is not on record. What the entries of a survey weigh
        is written before anybody is kept waiting for it.
        """
        drafts = tuple(_draft(entry) for entry in survey.entries)
        places = _places(survey.entries)
        return self._log.write(
            lambda connection: _keep(connection, survey, drafts, places), weight=1 + len(drafts)
        )

    def scopes(self) -> tuple[tuple[str, str], ...]:
        """Return of which projects and environments there is a survey, the newest first."""
        with self._log.reader() as connection:
            rows = connection.execute(statements("surveys")["scopes"]).fetchall()
        return tuple(cast(tuple[str, str], row) for row in rows)

    def untraced(self, project: str, environment: str) -> tuple[tuple[str, str], ...]:
        """Return the keys whose column lineage is not on record, each with its `traced_by`."""
        sql = statements("surveys")
        with self._log.reader() as connection:
            rows = connection.execute(sql["untraced"], (project, environment)).fetchall()
        return tuple(cast(tuple[str, str], row) for row in rows)

    def keep_hops(self, project: str, environment: str, hops: Iterable[Hops]) -> None:
        """Keep column lineage: key, the `traced_by` it holds for, and the hops.

        That of an entry which is gone, or hangs on something else by now, is left out.
        """
        found = tuple(hops)
        self._log.write(lambda connection: _keep_hops(connection, project, environment, found))


_: type[Surveys] = SqliteSurveys


class _Draft(NamedTuple):
    """An entry on its way into its table."""

    entry: Entry
    body: str
    digest: str


class _Known(NamedTuple):
    """What is compared of an entry on record."""

    id: int
    digest: str
    status: str
    place: tuple[int, int, int]
    is_gone: bool


def _draft(entry: Entry) -> _Draft:
    body = codec.encode(entry)
    return _Draft(entry, body.decode(), codec.digest(body))


def _places(entries: Sequence[Entry]) -> tuple[tuple[int, int, int], ...]:
    """Return for each entry its position, how many it reads, and how many hang on it.

    What hangs on an entry is a set of bits, one for each: they add up from the readers down.
    """
    positions = {entry.key: position for position, entry in enumerate(entries)}
    upstreams = [
        {positions[key] for key in entry.upstreams if key in positions} for entry in entries
    ]
    hanging = [0] * len(entries)
    counts = [0] * len(entries)
    for position in reversed(range(len(entries))):
        own = hanging[position]
        counts[position] = own.bit_count()
        for upstream in upstreams[position]:
            hanging[upstream] |= own | 1 << position
        hanging[position] = 0  # nobody asks again: it would stay as long as the list
    return tuple((p, len(upstreams[p]), counts[p]) for p in range(len(entries)))


def _keep(
    connection: Connection,
    survey: Survey,
    drafts: Sequence[_Draft],
    places: Sequence[tuple[int, int, int]],
) -> tuple[str, ...]:
    sql = statements("surveys")
    scope = (survey.project, survey.environment)
    kept = connection.execute(sql["kept"], scope).fetchall()
    if kept and (survey.sequence, survey.at) < (cast(int, kept[0][1]), cast(float, kept[0][2])):
        return ()
    body = codec.encode(replace(survey, entries=())).decode()
    row = (*scope, survey.at, survey.sequence, survey.plan_id, survey.made_of, body)
    number = cast(int, connection.execute(sql["save_survey"], row).fetchall()[0][0])
    known = _known(connection, number)
    ids = {
        draft.entry.key: _keep_entry(connection, number, survey.at, draft, known)
        for draft in drafts
    }
    for draft, place in zip(drafts, places, strict=True):
        before = known.get(draft.entry.key)
        if before is None or before.is_gone or before.place != place:
            connection.execute(sql["place_entry"], (ids[draft.entry.key], *place))
    for key, before in known.items():
        if key not in ids and not before.is_gone:
            _lose_entry(connection, before.id, survey.at)
    _keep_edges(connection, number, survey.entries, ids)
    return _untraced(connection, number, survey.entries, ids)


def _known(connection: Connection, number: int) -> dict[str, _Known]:
    rows = connection.execute(statements("surveys")["entries"], (number,)).fetchall()
    found: dict[str, _Known] = {}
    for key, *rest in rows:
        id, digest, status, *place, gone = cast(tuple[int, str, str, int, int, int, int], rest)
        position, upstreams, downstreams = place
        found[cast(str, key)] = _Known(
            id, digest, status, (position, upstreams, downstreams), bool(gone)
        )
    return found


def _keep_entry(
    connection: Connection, number: int, at: float, draft: _Draft, known: Mapping[str, _Known]
) -> int:
    """Write an entry where it differs from what is on record; return its number."""
    sql = statements("surveys")
    entry, body, digest = draft
    before = known.get(entry.key)
    if before is not None and not before.is_gone and before.digest == digest:
        return before.id
    stage = entry.lifecycle.stage.value if entry.lifecycle is not None else ""
    told: tuple[Value, ...] = (entry.owner or "", entry.group, stage, entry.storage)
    counts = (len(entry.columns), len(entry.checks))
    kind, status = entry.kind.value, entry.status.value
    written = (entry.language or "", int(entry.code is not None and entry.code.makes_files))
    moved = (entry.gate, entry.again, entry.freshness)
    if before is None:
        row = (number, entry.key, kind, status, at, *told, *counts, *written, *moved, digest, body)
        id = cast(int, connection.execute(sql["add_entry"], row).fetchall()[0][0])
        is_changed = True
    else:
        id, is_changed = before.id, before.is_gone or _is_changed(connection, before.id, entry)
        since = at if before.is_gone or before.status != status else None
        changed = at if is_changed else None
        row = (id, kind, status, since, *told, *counts, changed, *written, *moved, digest, body)
        connection.execute(sql["save_entry"], row)
    if is_changed:
        _keep_parts(connection, id, entry)
    return id


def _is_changed(connection: Connection, id: int, entry: Entry) -> bool:
    """Say whether something else than its status is another than on record."""
    rows = connection.execute(statements("surveys")["entry_body"], (id,)).fetchall()
    try:
        before = codec.decode(cast(str, rows[0][0]), Entry)
    except ValueError:  # another release wrote it
        return True
    return _declared(before) != _declared(entry)


def _declared(entry: Entry) -> Entry:
    """Return an entry without what the plan says of it, and without the lines it stands on."""
    return replace(
        entry,
        status=Status.FRESH,
        why=(),
        proof="",
        action="",
        trust=Trust.STRONG,
        problems=(),
        place=None,
        traced_by="",
        waiting="",
        gate="",
        again=None,
        freshness="",
        checks=tuple(check._replace(place=None) for check in entry.checks),
        code=_unplaced(entry.code) if entry.code is not None else None,
        settings=tuple(setting._replace(place=None) for setting in entry.settings),
    )


def _unplaced(code: EntryCode) -> EntryCode:
    parameters = tuple(each._replace(place=None) for each in code.parameters)
    return replace(code, place=None, parameters=parameters)


def _keep_parts(connection: Connection, id: int, entry: Entry) -> None:
    """Write what is listed of an entry in tables of its own, and what it is found by."""
    sql = statements("surveys")
    connection.execute(sql["forget_tags"], (id,))
    connection.executemany(sql["add_tag"], [(id, tag) for tag in entry.tags])
    connection.execute(sql["forget_columns"], (id,))
    connection.executemany(
        sql["add_column"],
        [(id, p, c.name, c.type, c.description) for p, c in enumerate(entry.columns)],
    )
    index(connection, id, entry)


def _lose_entry(connection: Connection, id: int, at: float) -> None:
    sql = statements("surveys")
    connection.execute(sql["lose_entry"], (id, at))
    for part in ("forget_tags", "forget_columns"):
        connection.execute(sql[part], (id,))
    _forget_hops(connection, id)
    forget(connection, id)


def _keep_edges(
    connection: Connection, number: int, entries: Sequence[Entry], ids: Mapping[str, int]
) -> None:
    sql = statements("surveys")
    edges = {
        (ids[entry.key], ids[upstream])
        for entry in entries
        for upstream in entry.upstreams
        if upstream in ids
    }
    rows = connection.execute(sql["edges"], (number,)).fetchall()
    known = {cast(tuple[int, int], row) for row in rows}
    connection.executemany(sql["forget_edge"], sorted(known - edges))
    connection.executemany(sql["add_edge"], sorted(edges - known))


def _untraced(
    connection: Connection, number: int, entries: Sequence[Entry], ids: Mapping[str, int]
) -> tuple[str, ...]:
    """Forget column lineage that does not hold any more; return the keys that lack theirs."""
    rows = connection.execute(statements("surveys")["traced"], (number,)).fetchall()
    traced = {cast(int, id): cast(str, digest) for id, digest in rows}
    missing: list[str] = []
    for entry in entries:
        known = traced.get(ids[entry.key], "")
        if known != entry.traced_by:
            if known:
                _forget_hops(connection, ids[entry.key])
            if entry.traced_by:
                missing.append(entry.key)
    return tuple(missing)


def _forget_hops(connection: Connection, id: int) -> None:
    for part in ("forget_hops", "forget_traced"):
        connection.execute(statements("surveys")[part], (id,))


def _keep_hops(
    connection: Connection, project: str, environment: str, found: Sequence[Hops]
) -> None:
    sql = statements("surveys")
    for key, traced_by, hops in found:
        rows = connection.execute(sql["entry_number"], (project, environment, key)).fetchall()
        if not rows:
            continue
        id = cast(int, rows[0][0])
        body = connection.execute(sql["entry_body"], (id,)).fetchall()[0][0]
        if codec.decode(cast(str, body), Entry).traced_by != traced_by:
            continue
        _forget_hops(connection, id)
        connection.execute(sql["save_traced"], (id, traced_by))
        rows = [
            (id, hop.column, hop.upstream, hop.origin, hop.kind, codec.encode(hop.place).decode())
            for hop in hops
        ]
        connection.executemany(sql["add_hop"], rows)
