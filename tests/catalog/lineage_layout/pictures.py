"""Pictures for goldens: the shop in several states, with all that a node can show."""

from freshline_catalog.lineage_layout.drawing import ChipState, Drawing, Face, State
from freshline_catalog.lineage_layout.graph import Graph, group_key

DRAWING = Drawing(
    label="Lineage around marts.daily",
    faces={
        "raw.customers": Face(
            words="● fresh, 2 h ago", state=State.FRESH, link="/assets/raw.customers"
        ),
        "raw.orders": Face(words="● fresh, 2 h ago", state=State.FRESH, link="/assets/raw.orders"),
        "staging.orders": Face(
            words="◐ stale: code changed",
            state=State.STALE,
            chip="▲ 1 of 6",
            chip_state=ChipState.WARNS,
            link="/assets/staging.orders",
        ),
        "core.paid_orders": Face(
            words="✕ failed 07:12",
            state=State.FAILED,
            chip="✕ 2 of 6",
            chip_state=ChipState.FAILS,
            link="/assets/core.paid_orders",
        ),
        "marts.customer_lifetime_value": Face(
            words="◌ running 40 s", state=State.RUNNING, link="/assets/clv"
        ),
        "marts.daily": Face(words="○ never built", chip="✓ 6", link="/assets/marts.daily"),
        group_key("staging"): Face(link="?closed=staging"),
        group_key("core"): Face(link="?closed=core"),
    },
    focus=frozenset({"marts.daily"}),
)


def plain_faces(graph: Graph) -> Drawing:
    """Return a drawing in which each node is a link to its page."""
    return Drawing(faces={node.key: Face(link=f"/assets/{node.key}") for node in graph.nodes})
