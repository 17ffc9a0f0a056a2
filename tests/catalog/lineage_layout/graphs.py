"""Graphs to lay out: a shop for goldens, seeded ones of any size, and whatever Hypothesis draws."""

import random
from itertools import pairwise

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from freshline_catalog.lineage_layout.graph import Edge, Graph, Line, Node

# How long an example takes says how busy the machine is, and nothing else.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=80)

UPSTREAMS: dict[str, tuple[str, ...]] = {
    "raw.customers": (),
    "raw.orders": (),
    "raw.payments": (),
    "raw.web_events": (),
    "staging.customers": ("raw.customers",),
    "staging.orders": ("raw.orders",),
    "staging.payments": ("raw.payments",),
    "core.order_lines": ("staging.orders",),
    "core.paid_orders": ("core.order_lines", "staging.payments"),
    "marts.customer_lifetime_value": ("core.paid_orders", "staging.customers"),
    "marts.daily": ("core.paid_orders",),
    "reports.board": ("marts.daily", "marts.customer_lifetime_value", "core.order_lines"),
    "reports.marketing": ("marts.customer_lifetime_value", "raw.web_events"),
}
SENSORS = {("raw.web_events", "reports.marketing")}


def shop(*, closed: frozenset[str] = frozenset(), boxes: bool = False) -> Graph:
    """Return a small project as most are: sources, staging, core, marts and reports."""
    return Graph(
        nodes=tuple(Node(key=key, group=key.partition(".")[0]) for key in UPSTREAMS),
        edges=tuple(
            Edge(
                upstream=upstream,
                downstream=key,
                line=Line.SENSOR if (upstream, key) in SENSORS else Line.DIRECT,
            )
            for key, upstreams in UPSTREAMS.items()
            for upstream in upstreams
        ),
        closed=closed,
        boxes=boxes,
    )


def trace() -> Graph:
    """Return the trace of one column: nodes list the columns on it."""
    columns = {
        "raw.orders": ("amount", "discount", "currency"),
        "raw.rates": ("rate", "currency"),
        "staging.orders": ("amount", "net"),
        "marts.daily": ("net",),
    }
    edges = (
        ("raw.orders", "amount", "staging.orders", "amount", Line.DIRECT),
        ("raw.orders", "amount", "staging.orders", "net", Line.DIRECT),
        ("raw.orders", "discount", "staging.orders", "net", Line.DIRECT),
        ("raw.rates", "rate", "staging.orders", "net", Line.DIRECT),
        ("raw.rates", "currency", "staging.orders", "net", Line.INDIRECT),
        ("staging.orders", "net", "marts.daily", "net", Line.DIRECT),
        ("raw.orders", "currency", "marts.daily", "net", Line.INDIRECT),
    )
    return Graph(
        nodes=tuple(Node(key=key, columns=found) for key, found in columns.items()),
        edges=tuple(
            Edge(upstream=u, from_column=a, downstream=d, to_column=b, line=line)
            for u, a, d, b, line in edges
        ),
        boxes=False,
    )


def scattered(nodes: int, edges: int, layers: int, seed: int = 1) -> Graph:
    """Return a graph whose edges join anything to anything further right: the hard case."""
    chance = random.Random(seed)
    layer_of = [chance.randrange(layers) for _ in range(nodes)]
    keys = [f"l{layer}.n{number:05d}" for number, layer in enumerate(layer_of)]
    by_layer = [[n for n in range(nodes) if layer_of[n] == layer] for layer in range(layers)]
    pairs: set[tuple[str, str]] = set()
    while len(pairs) < edges:
        reader = chance.randrange(nodes)
        back = 1 if chance.random() < 0.8 else chance.randint(1, layers)
        found = by_layer[layer_of[reader] - back] if back <= layer_of[reader] else []
        if found:
            pairs.add((keys[chance.choice(found)], keys[reader]))
    return _graph(keys, pairs)


def project(nodes: int, seed: int = 1) -> Graph:
    """Return a graph as projects grow: what belongs together reads each other."""
    chance = random.Random(seed)
    keys: list[str] = []
    at: list[tuple[int, float]] = []
    for layer, share in enumerate((0.25, 0.25, 0.2, 0.15, 0.1, 0.05)):
        count = max(1, int(nodes * share))
        keys += [f"l{layer}.n{number:05d}" for number in range(count)]
        at += [(layer, number / count) for number in range(count)]
    pairs: set[tuple[str, str]] = set()
    for reader, (layer, x) in enumerate(at):
        for _ in range(0 if not layer else 1 if layer == 1 else chance.choice((1, 2, 2, 3))):
            back = 1 if chance.random() < 0.8 else chance.randint(1, layer)
            before = [n for n, (other, _) in enumerate(at) if other == layer - back]
            spread = [(abs(at[n][1] - x) + 0.15 * chance.random(), n) for n in before]
            pairs.add((keys[min(spread)[1]], keys[reader]))
    return _graph(keys, pairs)


def _graph(keys: list[str], pairs: set[tuple[str, str]]) -> Graph:
    return Graph(
        nodes=tuple(Node(key=key) for key in keys),
        edges=tuple(Edge(upstream=u, downstream=d) for u, d in sorted(pairs)),
        boxes=False,
    )


@st.composite
def graphs(draw: st.DrawFn, *, boxes: bool | None = None, is_closing: bool = True) -> Graph:
    """Draw a graph without circles, with groups and columns now and then.

    The keys are in no order, and neither are nodes and edges.
    """
    count = draw(st.integers(0, 14))
    keys = draw(st.permutations([f"k{number:02d}" for number in range(count)]))
    groups = draw(st.lists(st.sampled_from(["", "a", "b", "c"]), min_size=count, max_size=count))
    listed = draw(st.lists(st.integers(0, 3), min_size=count, max_size=count))
    wide = draw(st.lists(st.sampled_from([190, 190, 260]), min_size=count, max_size=count))
    nodes = [
        Node(key=key, group=group, columns=("p", "q", "r")[:columns], width=width)
        for key, group, columns, width in zip(keys, groups, listed, wide, strict=True)
    ]
    pairs = [(u, d) for d in range(count) for u in range(d)]
    edges: list[Edge] = []
    for upstream, downstream in draw(
        st.lists(st.sampled_from(pairs), max_size=24) if pairs else st.just([])
    ):
        above, below = nodes[upstream], nodes[downstream]
        edges.append(
            Edge(
                upstream=above.key,
                downstream=below.key,
                line=draw(st.sampled_from(Line)),
                from_column=draw(st.sampled_from(["", *above.columns])),
                to_column=draw(st.sampled_from(["", *below.columns])),
            )
        )
    closed = draw(st.frozensets(st.sampled_from(["a", "b"]))) if is_closing else frozenset[str]()
    return Graph(
        nodes=tuple(draw(st.permutations(nodes))),
        edges=tuple(edges),
        closed=closed,
        boxes=draw(st.booleans()) if boxes is None else boxes,
    )


def chain(*keys: str) -> tuple[Edge, ...]:
    """Return the edges from each key to the next."""
    return tuple(Edge(upstream=u, downstream=d) for u, d in pairwise(keys))
