"""What drawing lineage costs: layout, SVG and positions for graphs of some sizes.

    python -m tests.bench.drawing --rounds 5

Milliseconds of the processor, the median of some rounds, beside how often edges cross and how large
the answers are. Exit code 1 when a target is missed.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from tests.catalog.lineage_layout.graphs import project, scattered

from freshline_catalog.lineage_layout.drawing import Drawing, Face, State
from freshline_catalog.lineage_layout.graph import Graph
from freshline_catalog.lineage_layout.layout import layout
from freshline_catalog.lineage_layout.positions import positions
from freshline_catalog.lineage_layout.svg import svg


class Case(NamedTuple):
    """A graph, and the milliseconds that its layout and its SVG may take; zero is any."""

    name: str
    graph: Graph
    layout_most: float
    svg_most: float = 0.0


def cases() -> list[Case]:
    """Return what is measured: graphs as projects are, and graphs in which all reads anything."""
    return [
        Case("60, a project", project(60), 5),
        Case("60, anyhow", scattered(60, 70, 6), 5),
        Case("500, a project", project(500), 30, 15),
        Case("500, anyhow", scattered(500, 645, 10), 30, 15),
        Case("2,000, a project", project(2000), 300),
        Case("2,000, anyhow", scattered(2000, 2620, 12), 300),
        Case("10,000, anyhow", scattered(10000, 13244, 16), 1500),
    ]


def milliseconds(task: Callable[[], object], rounds: int) -> float:
    """Return the median time of the processor that a task takes."""
    found: list[float] = []
    for _ in range(rounds):
        start = time.process_time()
        task()
        found.append(time.process_time() - start)
    return 1000 * statistics.median(found)


def main() -> int:
    """Print a line for each case; return 1 when one took too long."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds: int = parser.parse_args().rounds
    print(f"{'nodes':18}{'layout':>10}{'again':>10}{'svg':>10}{'KiB':>8}{'json':>10}{'KiB':>8}")
    is_missed = False
    for case in cases():
        found = layout(case.graph)
        faces = {
            node.key: Face(words="● fresh, 2 h ago", state=State.FRESH, link=f"/assets/{node.key}")
            for node in case.graph.nodes
        }
        drawing = Drawing(faces=faces)
        took = milliseconds(partial(layout, case.graph), rounds)
        again = milliseconds(partial(layout, case.graph, found.anchors), rounds)
        picture = milliseconds(partial(svg, found, drawing), rounds)
        told = milliseconds(partial(positions, found), rounds)
        sizes = len(svg(found, drawing)) // 1024, len(positions(found)) // 1024
        slow = took > case.layout_most or 0 < case.svg_most < picture
        is_missed = is_missed or slow
        print(
            f"{case.name:18}{took:7.1f} ms{again:7.1f} ms{picture:7.1f} ms{sizes[0]:8}"
            f"{told:7.1f} ms{sizes[1]:8}  crossings {found.crossings}{'  too slow' if slow else ''}"
        )
    return int(is_missed)


if __name__ == "__main__":
    sys.exit(main())
