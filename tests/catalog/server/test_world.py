"""Surveys of a real project: each asset in its state, with all that pages say of it."""

from pathlib import Path

import pytest
from tests.catalog.server.world import freshline, opened

from freshline import codec
from freshline.definitions import Stage
from freshline.survey import Entry, EntryKind, Owner, Status, Survey
from freshline.verdicts import ReasonKind


def kept(root: Path) -> tuple[Survey, dict[str, Entry]]:
    with opened(root) as log, log.reader() as connection:
        ((body,),) = connection.execute("select body from survey").fetchall()
        rows = connection.execute(
            "select body from entry where gone is null order by position"
        ).fetchall()
    entries = [codec.decode(str(row[0]), Entry) for row in rows]
    return codec.decode(str(body), Survey), {entry.key: entry for entry in entries}


def test_each_asset_is_in_its_state(made_world: Path) -> None:
    _, entries = kept(made_world)
    assert {key: entry.status for key, entry in entries.items()} == {
        "raw.customers": Status.SOURCE,
        "raw.orders": Status.SOURCE,
        "raw.refunds": Status.SOURCE,
        "finance.audit": Status.PAUSED,
        "finance.budget": Status.MISSING,
        "finance.forecast": Status.STALE,
        "finance.ledger": Status.PINNED,
        "finance.monthly": Status.PAUSED,
        "finance.report": Status.BLOCKED,
        "marts.broken": Status.ASIDE,
        "marts.customers": Status.FRESH,
        "marts.daily": Status.FRESH,
        "marts.of_broken": Status.ASIDE,
        "marts.people": Status.FRESH,
        "marts.ratio": Status.MISSING,
        "marts.revenue": Status.STALE,
        "marts.top": Status.MAYBE,
        "staging.customers": Status.FRESH,
        "staging.orders": Status.FRESH,
        "staging.refunds": Status.FRESH,
    }


def test_every_entry_stands_behind_what_it_reads(made_world: Path) -> None:
    _, entries = kept(made_world)
    order = list(entries)
    assert [key for key in order if entries[key].kind is EntryKind.SOURCE] == order[:3]
    for key, entry in entries.items():
        assert all(order.index(upstream) < order.index(key) for upstream in entry.upstreams)


def test_an_entry_says_what_is_declared_and_where(made_world: Path) -> None:
    _, entries = kept(made_world)
    daily = entries["marts.daily"]
    assert daily.place is not None and str(daily.place) == "assets/marts/daily.sql:1:1"
    assert daily.lifecycle is not None and daily.lifecycle.stage is Stage.CERTIFIED
    assert daily.links == (("Dashboard", "https://shop.example/daily"),)
    assert daily.windows == (
        ("staging.orders", ("order_id", "amount", "day")),
        ("raw.refunds", ("order_id", "amount")),
    )
    assert daily.upstreams == ("staging.orders", "staging.refunds")
    assert daily.proof and not daily.action
    owner = next(s for s in daily.settings if s.name == "owner")
    assert (owner.value, owner.by, str(owner.place)) == ("sales", "defaults", "freshline.yaml:11:3")
    revenue = next(column for column in daily.columns if column.name == "revenue")
    assert revenue.description == "Sum of all orders of the day."
    assert {check.name for check in daily.checks} == {"not_null_day", "unique_day"}
    assert "\x01" not in daily.query + "".join(check.sql for check in daily.checks)


@pytest.mark.parametrize(
    ("key", "kind", "detail", "action"),
    [
        ("finance.budget", ReasonKind.MISSING, "never materialized", "create"),
        ("marts.of_broken", ReasonKind.UPSTREAM, "with marts.broken", ""),
        ("marts.broken", ReasonKind.CONFIG, "E204", ""),
        (
            "finance.report",
            ReasonKind.UPSTREAM,
            "finance.audit is paused and was never materialized",
            "",
        ),
        ("finance.monthly", ReasonKind.INPUT, "staging.orders has new content", ""),
    ],
    ids=[
        "an asset that was never built",
        "one that reads a broken one",
        "a broken one",
        "one that cannot be built now",
        "a paused one, and why it would be stale",
    ],
)
def test_reasons_are_told(
    made_world: Path, key: str, kind: ReasonKind, detail: str, action: str
) -> None:
    _, entries = kept(made_world)
    entry = entries[key]
    assert [(reason.kind, reason.detail) for reason in entry.why] == [(kind, detail)]
    assert entry.action == action


def test_a_broken_asset_has_its_findings_and_their_place(made_world: Path) -> None:
    survey, entries = kept(made_world)
    broken = entries["marts.broken"]
    assert [problem.code for problem in broken.problems] == ["E204"]
    assert str(broken.place) == "assets/marts/broken.sql:1:18"
    assert survey.problems == broken.problems


def test_a_survey_knows_owners_and_orphans(made_world: Path) -> None:
    survey, _ = kept(made_world)
    assert survey.owners == (
        Owner(name="sales", contacts=(("email", "sales@shop.example"), ("chat", "#sales"))),
        Owner(name="finance", contacts=(("email", "finance@shop.example"),)),
    )
    assert survey.orphans == ("finance.old",)


def test_column_lineage_is_on_record(made_world: Path) -> None:
    with opened(made_world) as log, log.reader() as connection:
        sql = """select h.column_name, h.upstream, h.origin, h.kind from column_hop h
        join entry e on e.id = h.entry_id
        where e.key = 'marts.people' and h.column_name <> '*' order by 1"""
        assert connection.execute(sql).fetchall() == [
            ("customer_id", "staging.customers", "customer_id", "direct"),
            ("name", "staging.customers", "name", "direct"),
            ("spent", "staging.orders", "amount", "aggregate"),
        ]
        assert not connection.execute(
            "select key from entry e where kind <> 'source' and status <> 'set aside'"
            " and gone is null and not exists (select 1 from traced where entry_id = e.id)"
        ).fetchall()


def test_an_asset_that_breaks_keeps_what_was_known_of_it(world: Path) -> None:
    (world / "assets/marts/people.sql").write_text("SELECT nothing_there FROM staging.orders\n")
    assert freshline(world, "catalog", "survey").returncode == 0
    _, entries = kept(world)
    people = entries["marts.people"]
    assert people.status is Status.ASIDE
    assert people.owner == "sales"
    assert people.description == "Customers with what they spent."
    assert [column.name for column in people.columns] == ["customer_id", "name", "spent"]
    assert people.upstreams == ("staging.customers", "staging.orders")


def test_surveying_again_changes_nothing_but_the_time(world: Path) -> None:
    before = kept(world)[1]
    done = freshline(world, "catalog", "survey", "--json")
    told = codec.decode(done.stdout, dict[str, object])
    assert told["entries"] == 20 and told["traced"] == 0
    assert told["data"] == ["data/customers.csv", "data/orders.csv", "data/refunds.csv"]
    assert kept(world)[1] == before
