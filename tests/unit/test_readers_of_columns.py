"""Who sees a column: with views, conditions and what nobody can look into."""

import pytest

from freshline.cli.column import column_meant
from freshline.errors import UsageError
from freshline.lineage.cache import load_graph
from freshline.lineage.graph import Graph
from freshline.lineage.hops import Spot
from freshline.lineage.readers import readers_of_columns

PROJECT = {
    "freshline.yaml": "project: shop\n",
    "sources/raw.yaml": "sources:\n  raw.o:\n    path: o.csv\n",
    "o.csv": "id,Cid,amount,status,my.note,deep.id\n1,1,10,paid,x,7\n",
    "assets/stg/o.sql": "SELECT id, cid, amount, status FROM raw.o",
    "assets/stg/paid.yaml": "kind: view\nsql: SELECT * FROM stg.o WHERE status = 'paid'\n",
    "assets/marts/total.sql": "SELECT sum(amount) AS total FROM stg.paid",
    "assets/marts/n.sql": "SELECT count(*) AS n FROM stg.o",
    "assets/marts/paid.sql": "SELECT id FROM stg.o WHERE status = 'paid'",
    "assets/marts/opaque.sql": "SELECT getvariable('x') AS v, id FROM stg.paid",
    "assets/raw/o/deep.sql": "SELECT 1 AS id",
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


@pytest.mark.parametrize(
    ("key", "column", "readers"),
    [
        pytest.param("stg.o", "amount", "marts.opaque marts.total stg.paid", id="through a view"),
        pytest.param(
            "stg.o", "status", "marts.opaque marts.paid marts.total stg.paid", id="a filter"
        ),
        pytest.param("stg.o", "id", "marts.opaque marts.paid stg.paid", id="as it is"),
        pytest.param("stg.paid", "amount", "marts.opaque marts.total", id="a view's"),
        pytest.param("stg.paid", "id", "marts.opaque", id="a view's that is not read"),
        pytest.param("raw.o", "Cid", "stg.o", id="a source's, spelled otherwise"),
        pytest.param("raw.o", "my.note", "", id="what nobody reads"),
        pytest.param("marts.n", "n", "", id="what is at the end"),
    ],
)
def test_a_column_is_seen_by(graph: Graph, key: str, column: str, readers: str) -> None:
    assert " ".join(sorted(readers_of_columns(graph)[key][column])) == readers


@pytest.mark.parametrize(
    ("words", "spot"),
    [
        pytest.param("stg.o.amount", Spot("stg.o", "amount"), id="behind its asset"),
        pytest.param("raw.o.CID", Spot("raw.o", "Cid"), id="in any case"),
        pytest.param("raw.o.my.note", Spot("raw.o", "my.note"), id="with a dot of its own"),
        pytest.param('raw.o."my.note"', Spot("raw.o", "my.note"), id="in quotes"),
        pytest.param('raw.o.deep."id"', Spot("raw.o.deep", "id"), id="of the longer key"),
        pytest.param('raw.o."deep.id"', Spot("raw.o", "deep.id"), id="of the shorter key"),
        pytest.param("nothing.at_all", None, id="none: perhaps an asset"),
        pytest.param("orders", None, id="none: one word"),
    ],
)
def test_a_column_is_meant(graph: Graph, words: str, spot: Spot | None) -> None:
    assert column_meant(graph, words) == spot


@pytest.mark.parametrize(
    ("words", "message", "help"),
    [
        pytest.param(
            "stg.o.amont",
            'stg.o has no column "amont"',
            'did you mean "stg.o.amount"? columns: id, Cid, amount, status',
            id="of an asset",
        ),
        pytest.param(
            "sgt.o.amount",
            'there is no asset "sgt.o.amount"',
            'did you mean "stg.o.amount"?',
            id="of an asset that is misspelt itself",
        ),
        pytest.param(
            "raw.o.deep.id",
            '"raw.o.deep.id" may be more than one column',
            'write raw.o.deep."id" or raw.o."deep.id"',
            id="one of two",
        ),
        pytest.param(
            'stg.o."zzz"',
            'stg.o has no column "zzz"',
            "columns: id, Cid, amount, status",
            id="in quotes",
        ),
    ],
)
def test_what_is_no_column_is_told_with_the_nearest(
    graph: Graph, words: str, message: str, help: str
) -> None:
    with pytest.raises(UsageError) as told:
        column_meant(graph, words)
    assert (told.value.message, told.value.help) == (message, help)
