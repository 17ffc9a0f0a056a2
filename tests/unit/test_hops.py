"""From which columns a column is made, through a whole project, and what hangs on it."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from tests.unit.shop import SCHEMAS, Shop

from freshline.definitions import ProjectDefinition, SourceDefinition
from freshline.errors import Span
from freshline.lineage.cache import load_graph
from freshline.lineage.canonical import MARK
from freshline.lineage.graph import Asset, Graph, Source
from freshline.lineage.hops import ROWS, Hop, Hops, Spot, affected
from freshline.lineage.plans import Plans
from freshline.lineage.slices import slice_of

QUERIES = Path(__file__).parent / "analyst_queries.sql"
PROJECT = {
    "freshline.yaml": "project: shop\n",
    "sources/raw.yaml": "sources:\n  raw.o:\n    path: o.csv\n  raw.c:\n    path: c.csv\n",
    "o.csv": "id,cid,amount,status\n1,1,10,paid\n",
    "c.csv": "cid,Name,city\n1,ada,Paris\n",
    "assets/stg/o.sql": "SELECT id, cid, amount * 2 AS amount,\n  lower(status) AS status\n"
    "FROM raw.o",
    "assets/stg/paid.yaml": "kind: view\nsql: |\n  SELECT * FROM stg.o\n  WHERE status = 'paid'\n",
    "assets/marts/per_city.sql": "SELECT city, sum(amount) AS revenue, count(*) AS n\n"
    "FROM stg.paid JOIN raw.c USING (cid)\nGROUP BY city",
    "assets/marts/names.sql": 'SELECT upper("name") AS n,\n'
    "  row_number() OVER (ORDER BY cid) AS r\n"
    "FROM raw.c",
    "assets/marts/tops.sql": "SELECT count(*) AS n FROM marts.per_city",
    "assets/marts/whole.sql": "SELECT to_json(c) AS j FROM raw.c AS c",
}


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    root = tmp_path_factory.mktemp("shop")
    for name, text in PROJECT.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    found = load_graph(root, None, root / "cache")
    assert not found.failed, found.diagnostics
    return found


def told(hop: Hop) -> str:
    place = f"{hop.place.line}:{hop.place.column}" if hop.place else ""
    return f"{hop.origin} {hop.kind.name.lower()} {place}"


# A column, and the hops into it: where from, how, and where that stands.
INTO: Mapping[str, tuple[Spot, set[str]]] = {
    "an expression, in a file of several lines": (
        Spot("stg.o", "status"),
        {"raw.o.status expression 2:3"},
    ),
    "a star of a view that is written in YAML": (
        Spot("stg.paid", "amount"),
        {"stg.o.amount direct 3:10"},
    ),
    "a filter, which is of the rows": (
        Spot("stg.paid", ROWS),
        {"stg.o.status indirect 4:9", "stg.o (rows) indirect 3:17"},
    ),
    "an aggregate, of a view's column": (
        Spot("marts.per_city", "revenue"),
        {"stg.paid.amount aggregate 1:14"},
    ),
    "joins and groups, which are of the rows": (
        Spot("marts.per_city", ROWS),
        {
            "stg.paid.cid indirect 2:33",
            "raw.c.cid indirect 2:33",
            "raw.c.city indirect 3:10",
            "stg.paid (rows) indirect 2:6",
            "raw.c (rows) indirect 2:20",
        },
    ),
    "a count, of no column": (Spot("marts.per_city", "n"), set()),
    "a column whose name is spelled otherwise": (
        Spot("marts.names", "n"),
        {"raw.c.Name expression 1:8"},
    ),
    "a window function": (Spot("marts.names", "r"), {"raw.c.cid window 2:3"}),
    "what only the engine knows, a whole row": (
        Spot("marts.whole", "j"),
        {"raw.c.cid opaque 1:8", "raw.c.Name opaque 1:8", "raw.c.city opaque 1:8"},
    ),
    "a source": (Spot("raw.c", "cid"), set()),
}


@pytest.mark.parametrize(("spot", "hops"), INTO.values(), ids=INTO)
def test_a_hop_leads_from(graph: Graph, spot: Spot, hops: set[str]) -> None:
    assert {told(hop) for hop in Hops(graph).into(spot.asset) if hop.reader == spot} == hops


def test_a_column_is_followed_up_to_the_sources_with_what_decides_about_its_rows(
    graph: Graph,
) -> None:
    hops = Hops(graph).above(Spot("marts.per_city", "revenue"))
    assert [str(hop.origin) for hop in hops] == [
        "stg.paid.amount",
        "raw.c.cid",
        "raw.c.city",
        "stg.paid.cid",
        "stg.o.amount",
        "stg.o.status",
        "stg.o.cid",
        "raw.o.amount",
        "raw.o.status",
        "raw.o.cid",
    ]


def test_it_is_followed_so_many_edges_and_no_further(graph: Graph) -> None:
    hops = Hops(graph)
    assert {hop.reader.asset for hop in hops.above(Spot("marts.per_city", "n"), 1)} == {
        "marts.per_city"
    }
    below = hops.below(Spot("raw.o", "amount"), 2)
    assert [str(hop.reader) for hop in below] == ["stg.o.amount", "stg.paid.amount"]
    assert hops.below(Spot("raw.o", "amount"), 0) == hops.above(Spot("stg.o", "id"), 0) == ()


# A column, and what hangs on it, how on the whole.
BELOW = {
    "an amount": (
        Spot("raw.o", "amount"),
        "stg.o.amount expression, stg.paid.amount expression, marts.per_city.revenue aggregate",
    ),
    "what is filtered by, on which all rows below hang": (
        Spot("raw.o", "status"),
        "stg.o.status expression, stg.paid (rows) indirect, stg.paid.status expression, "
        "marts.per_city (rows) indirect, marts.tops (rows) indirect",
    ),
    "what nobody reads": (Spot("marts.per_city", "revenue"), ""),
    "the rows": (Spot("marts.per_city", ROWS), "marts.tops (rows) indirect"),
}


@pytest.mark.parametrize(("spot", "hanging"), BELOW.values(), ids=BELOW)
def test_there_hang_on(graph: Graph, spot: Spot, hanging: str) -> None:
    found = affected(Hops(graph).below(spot), spot)
    assert ", ".join(f"{s} {hop.kind.name.lower()}" for s, hop in found.items()) == hanging


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    found = Shop()
    yield found
    found.close()


def test_whatever_the_engine_reads_for_a_column_has_a_hop(shop: Shop) -> None:
    """For every column of every query of analysts: nothing that it hangs on is left out."""
    plans = Plans()
    for key, columns in SCHEMAS.items():
        plans.declare(MARK + key, columns)
    lines = [line for line in QUERIES.read_text(encoding="utf-8").splitlines() if line]
    analysed = {f"q.{i}": (t, shop.analysis(t).asset) for i, t in enumerate(lines) if t[:2] != "--"}
    assets = {key: asset for key, (_, asset) in analysed.items() if asset is not None}
    hops = Hops(over_the_shop(assets))
    asked = 0
    lost: list[str] = []
    for key, asset in assets.items():
        into = hops.into(key)
        for column in asset.columns:
            seen = slice_of(plans, asset.text, [column.name])
            there = {hop.origin for hop in into if hop.reader.column in (column.name, ROWS)}
            windows = dict(seen.windows) if seen is not None else dict[str, tuple[str, ...]]()
            read = (Spot(u, c) for u, names in windows.items() for c in names)
            text = analysed[key][0]
            lost += [f"{text}: {column.name} reads {spot}" for spot in read if spot not in there]
            asked += seen is not None
    plans.close()
    assert lost == []
    assert asked > 500


def over_the_shop(assets: Mapping[str, Asset]) -> Graph:
    """Return a graph of assets over the tables of the shop, as if these were sources."""
    place = Span(file="sources/shop.yaml", line=1, column=1)
    sources = {
        key: Source(
            definition=SourceDefinition(
                key=key, file=place.file, span=place, path="x.csv", format="csv"
            ),
            files=(),
            columns=columns,
        )
        for key, columns in SCHEMAS.items()
    }
    project = ProjectDefinition(name="shop")
    return Graph(project=project, assets=assets, sources=sources)
