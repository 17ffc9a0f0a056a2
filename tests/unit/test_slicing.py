"""Queries of then and of now: whether they are the same, whatever release took the record."""

from collections.abc import Iterator

import pytest
from tests.unit.shop import SCHEMAS, Shop

from freshline.definitions import Column, ProjectDefinition, SourceDefinition
from freshline.errors import Span
from freshline.keys import Target
from freshline.lineage.graph import Asset, Graph, Source
from freshline.reconcile.slicing import EngineSlices
from freshline.versions import WHOLE, Build, Logic, Output, PublishKind, Trace, Version

TEXT = "select id, upper(status) as s from stg.orders where id > 1"
OPAQUE = "select columns('.*id') from stg.orders"


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    shop.close()


def alike(shop: Shop, then: str, now: Asset, columns: tuple[Column, ...] | None = None) -> bool:
    """Say whether a build of a text is taken for one of an asset of now."""
    before, key = shop.compiled(then), now.definition.key
    schemas = tuple((upstream, SCHEMAS[upstream]) for upstream in before.upstreams)
    version = Version(
        target=Target("p", "main", key),
        number=1,
        publish_id="p",
        mat_id="m",
        fence=1,
        kind=PublishKind.BUILD,
        at=0.0,
        rows=0,
        columns=columns or before.columns,
        files=(),
    )
    trace = Trace(
        code_version="of then",
        canonicaliser="0+of-then",
        config="",
        inputs=(),
        outputs=(Output(WHOLE, "rows"),),
        engine="",
    )
    span = Span(file="sources/shop.yaml", line=1, column=1)
    sources = {
        name: Source(
            definition=SourceDefinition(
                key=name, file=span.file, span=span, path="x.csv", format="csv"
            ),
            files=(),
            columns=fields,
        )
        for name, fields in SCHEMAS.items()
    }
    graph = Graph(project=ProjectDefinition(name="p"), assets={key: now}, sources=sources)
    logic = Logic(text=then, schemas=schemas, compiled=before.query)
    slices = EngineSlices(graph, {key: Build(version=version, trace=trace)}, {"m": logic})
    return slices.alike(key)


@pytest.mark.parametrize(
    ("then", "now"),
    [
        (TEXT, f"{TEXT} -- as before"),
        (TEXT, "with o as (from stg.orders) select x.id, upper(status) s from o x where 1 < id"),
        (OPAQUE, OPAQUE),
        ("select x'AA' as b, id from stg.orders", "select x'AA' as b, id from stg.orders"),
    ],
    ids=["formatting", "other words", "opaque", "what only DuckDB can read"],
)  # fmt: skip
def test_a_record_is_known_again_by_its_query(shop: Shop, then: str, now: str) -> None:
    assert alike(shop, then, shop.compiled(now))


@pytest.mark.parametrize(
    "then",
    [
        TEXT.replace("id > 1", "id > 2"),
        TEXT.replace("upper", "lower"),
        f"{TEXT} order by id",
        TEXT.replace("where", "join stg.customers using (cid) where"),
    ],
    ids=["another number", "another function", "sorted", "joined"],
)
def test_a_record_of_another_query_is_not_taken_for_it(shop: Shop, then: str) -> None:
    assert not alike(shop, then, shop.compiled(TEXT))


def test_a_record_that_the_analyser_misreads_is_not_taken_for_it(shop: Shop) -> None:
    """`~` matches the whole text in DuckDB, and our parser takes it for regexp_matches."""
    then = "select status ~ '^p' as p from stg.orders"
    now = "select regexp_matches(status, '^p') as p from stg.orders"
    assert shop.rows(then) != shop.rows(now)
    assert not alike(shop, then, shop.compiled(now))


def test_a_record_whose_columns_differ_is_not_taken_for_it(shop: Shop) -> None:
    asset = shop.compiled(TEXT)
    assert not alike(shop, TEXT, asset, (*asset.columns, Column("more", "INTEGER")))
