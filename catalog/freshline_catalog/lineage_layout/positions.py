"""A layout as compact JSON, for a canvas that draws thousands of nodes."""

import json

from freshline_catalog.lineage_layout.layout import Layout


def positions(layout: Layout) -> str:
    """Return positions as JSON; numbers stand in flat lists, as a canvas reads them.

    `keys` are those of the nodes and `places` their layer, y and height in turn; `layers` have the
    x and the width of each. Each edge is a list: the numbers of its upstream and its downstream
    among the keys, then how far down it is in each layer that it passes; with columns, the levels
    at which it leaves and arrives are in `ports`, for the same edges. `boxes` are [group, x, y,
    width, height].
    """
    number = {place.node.key: index for index, place in enumerate(layout.places)}
    edges = [
        [number[route.edge.upstream], number[route.edge.downstream]]
        + [level for _, level in route.points[1:-1:2]]
        for route in layout.routes
    ]
    has_columns = any(route.edge.from_column or route.edge.to_column for route in layout.routes)
    ends = [(route.points[0], route.points[-1]) for route in layout.routes if has_columns]
    answer = {
        "version": 1,
        "width": layout.width,
        "height": layout.height,
        "layers": [list(layer) for layer in layout.layers],
        "keys": list(number),
        "places": [
            number
            for place in layout.places
            for number in (place.layer, place.y, place.node.height)
        ],
        "edges": edges,
        "ports": [[start[1], end[1]] for start, end in ends],
        "boxes": [list(box) for box in layout.boxes],
    }
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
