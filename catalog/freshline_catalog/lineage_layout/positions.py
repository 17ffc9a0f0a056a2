"""A layout as compact JSON, for a canvas that draws thousands of nodes."""

import json

from freshline_catalog.lineage_layout.layout import Layout


def positions(layout: Layout) -> str:
    """Return positions as JSON; numbers stand in flat lists, as a canvas reads them.

    `keys` are those of the nodes and `places` their x, y, width and height in turn. Each edge is a
    list: the numbers of its upstream and its downstream among the keys, then x and y of each point
    between its ends, as a route has them. `boxes` are [group, x, y, width, height].
    """
    number = {place.node.key: index for index, place in enumerate(layout.places)}
    edges = [
        [
            number[route.edge.upstream],
            number[route.edge.downstream],
            *(coordinate for point in route.points[1:-1] for coordinate in point),
        ]
        for route in layout.routes
    ]
    answer = {
        "version": 1,
        "width": layout.width,
        "height": layout.height,
        "keys": list(number),
        "places": [
            coordinate
            for place in layout.places
            for coordinate in (place.x, place.y, place.node.width, place.node.height)
        ],
        "edges": edges,
        "boxes": [list(box) for box in layout.boxes],
    }
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
