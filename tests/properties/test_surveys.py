"""Laws of kept surveys: what was kept before never shows in what is kept now."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.catalog.surveyed import entry, survey

from freshline.survey import ColumnHop, Entry, Status, Survey
from freshline_catalog.connection import Row
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.surveys import SqliteSurveys

KEYS = ("raw.a", "raw.b", "staging.c", "staging.d", "marts.é", "marts.f", "marts.g'h")


@st.composite
def entries(draw: st.DrawFn) -> tuple[Entry, ...]:
    """Return some of the keys, each reading some of those before it, here or not."""
    found: list[Entry] = []
    for position, key in enumerate(KEYS):
        if draw(st.booleans()):
            upstreams = tuple(each for each in KEYS[:position] if draw(st.booleans()))
            found.append(
                entry(
                    key,
                    *upstreams,
                    status=draw(st.sampled_from(Status)),
                    columns=draw(st.sampled_from([("id",), ("id", "amount"), ()])),
                    tags=draw(st.sampled_from([(), ("pii",), ("pii", "pii", "daily")])),
                    description=draw(st.sampled_from(["", "money, by day"])),
                )
            )
    return tuple(found)


TABLES = {
    "entries": """select key, kind, status, owner, group_name, stage, storage, position,
        upstream_count, downstream_count, columns_count, checks_count, digest, body
        from entry where gone is null order by 1""",
    "tags": "select e.key, t.tag from entry_tag t join entry e on e.id = t.entry_id order by 1, 2",
    "columns": """select e.key, c.position, c.name, c.type, c.description
        from entry_column c join entry e on e.id = c.entry_id order by 1, 2""",
    "edges": """select r.key, u.key from entry_edge x
        join entry r on r.id = x.reader_id join entry u on u.id = x.upstream_id order by 1, 2""",
    "found": """select e.key from search_words w left join entry e on e.id = w.rowid order by 1""",
    "traced": "select e.key, t.digest from traced t join entry e on e.id = t.entry_id order by 1",
    "hops": """select e.key, h.column_name, h.upstream, h.origin from column_hop h
        join entry e on e.id = h.entry_id order by 1, 2, 3, 4""",
    "survey": "select project, environment, at, sequence, plan_id, made_of, body from survey",
}


def hops(kept: Survey) -> list[tuple[str, str, list[ColumnHop]]]:
    return [
        (each.key, each.traced_by, [ColumnHop("id", upstream, "id", "direct")])
        for each in kept.entries
        for upstream in each.upstreams[:1]
    ]


def told(*kept: Survey) -> dict[str, list[Row]]:
    """Return what the tables say after these surveys, each kept with its column lineage."""
    with TemporaryDirectory() as folder, closing(SqliteEventLog(Path(folder) / "c.db")) as log:
        keeper = SqliteSurveys(log)
        for each in kept:
            found = hops(each)
            missing = keeper.keep(each)
            assert set(missing) <= {e.key for e in each.entries if e.traced_by}
            keeper.keep_hops("shop", "main", [hop for hop in found if hop[0] in missing])
        with log.reader() as connection:
            return {name: connection.execute(sql).fetchall() for name, sql in TABLES.items()}


@settings(max_examples=60, deadline=None)
@given(st.lists(entries(), min_size=1, max_size=3), entries())
def test_what_was_kept_before_does_not_show(
    before: list[tuple[Entry, ...]], last: tuple[Entry, ...]
) -> None:
    earlier = [survey(*each, at=100.0 + n) for n, each in enumerate(before)]
    latest = survey(*last, at=200.0)
    assert told(*earlier, latest) == told(latest)


@settings(max_examples=20, deadline=None)
@given(entries())
def test_keeping_the_same_again_changes_nothing(kept: tuple[Entry, ...]) -> None:
    once = survey(*kept)
    assert told(once, once, replace(once, at=150.0)) == told(replace(once, at=150.0))
