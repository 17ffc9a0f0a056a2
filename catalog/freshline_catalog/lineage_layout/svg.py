"""A layout as SVG: an inline picture for a page, or a file of its own.

Colours come from classes alone (web/static/lineage.css), as the pages forbid styles and scripts
inside themselves. Nodes are links in topological order, whose name is the text that they show.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from importlib.resources import files
from zlib import crc32

from freshline_catalog.lineage_layout.drawing import ChipState, Drawing, Face
from freshline_catalog.lineage_layout.graph import HEIGHT, ROW_HEIGHT, Line
from freshline_catalog.lineage_layout.layout import Box, Layout, Place, Route
from freshline_catalog.lineage_layout.lettering import (
    MONO,
    SANS,
    cut_at_the_end,
    cut_in_the_middle,
    escaped,
    safe_link,
    shown,
)
from freshline_catalog.lineage_layout.spacing import BOX_HEAD

HUES = 8  # of the dots of groups
_LEFT, _RIGHT = 14, 10  # between the edge of a node and its text
_DOT = 16  # taken by the dot of a group


def svg(layout: Layout, drawing: Drawing) -> str:
    """Return a picture to put into a page."""
    return "\n".join(_picture(layout, drawing, ""))


def standalone(layout: Layout, drawing: Drawing) -> str:
    """Return a picture as a file of its own: with its style, and with links to whole URLs only."""
    faces = {
        key: replace(face, link=face.link if face.link.startswith(("http://", "https://")) else "")
        for key, face in drawing.faces.items()
    }
    alone = replace(drawing, faces=faces)
    ground = '<rect class="ground" width="100%" height="100%"/>'
    style = f"<style>\n{_style()}</style>\n{ground}"
    return "\n".join(
        ('<?xml version="1.0" encoding="UTF-8"?>', *_picture(layout, alone, style), "")
    )


@cache
def _style() -> str:
    folder = files("freshline_catalog").joinpath("web", "static")
    names = ("tokens.css", "lineage.css")
    style = "".join(folder.joinpath(name).read_text(encoding="utf-8") for name in names)
    # A file that stands alone has no fonts beside it.
    return re.sub(r"@font-face \{[^}]*\}\n+|/\*.*?\*/\n*", "", style, flags=re.DOTALL)


def path(route: Route) -> str:
    """Return the data of a route's path: curves between layers, level lines within them."""
    points = route.points
    x, y = points[0]
    parts = [f"M{x} {y}"]
    level = 0  # where a level line ends that is not yet drawn
    for index in range(1, len(points)):
        to_x, to_y = points[index]
        if to_y == y:
            level = to_x
        else:
            if level:
                parts.append(f"H{level}")
                level = 0
            middle = (x + to_x) // 2
            parts.append(f"C{middle} {y} {middle} {to_y} {to_x} {to_y}")
        x, y = to_x, to_y
    if level:
        parts.append(f"H{level}")
    if route.returns:
        parts.append("m6 -5l-6 5l6 5")
    return "".join(parts)


def _picture(layout: Layout, drawing: Drawing, style: str) -> Iterator[str]:
    width, height = layout.width, layout.height
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="lineage" role="group"'
        f' aria-label="{shown(drawing.label)}" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}">'
    )
    if style:
        yield style
    if layout.boxes:
        yield '<g class="boxes">'
        yield from (_box(box, drawing) for box in layout.boxes)
        yield "</g>"
    yield '<g class="edges" fill="none" aria-hidden="true">'
    yield from (_edge(route) for route in layout.routes)
    yield "</g>"
    yield '<g class="nodes">'
    hues = _hues(place.node.group for place in layout.places)
    masked = {(r.edge.downstream, r.edge.to_column) for r in layout.routes if r.edge.is_masked}
    for place in layout.places:
        yield from _node(place, drawing, hues, masked)
    yield "</g>"
    yield "</svg>"


def _box(box: Box, drawing: Drawing) -> str:
    face = drawing.box_face(box.group)
    cells = int((box.width - 2 * _LEFT) / MONO)
    name = shown(cut_in_the_middle(f"▾ {face.label}", cells))
    title = f"<title>{shown(face.title or box.group)}</title>"
    text = f'<text class="name" x="12" y="20">{name}</text>'
    link = safe_link(face.link)
    # The whole head can be hit, as letters alone are too small for a finger.
    area = f'<rect class="head" width="{box.width}" height="{BOX_HEAD - 4}"/>'
    head = f'<a href="{escaped(link)}">{area}{text}</a>' if link else text
    return (
        f'<g class="box" data-group="{escaped(box.group)}" transform="translate({box.x} {box.y})">'
        f'<rect width="{box.width}" height="{box.height}" rx="6">{title}</rect>{head}</g>'
    )


def _edge(route: Route) -> str:
    edge = route.edge
    classes = "edge" if edge.line is Line.DIRECT else f"edge {edge.line}"
    if route.returns:
        classes += " returns"
    columns = "".join(
        f' data-{name}-column="{escaped(column)}"'
        for name, column in (("from", edge.from_column), ("to", edge.to_column))
        if column
    )
    return (
        f'<path class="{classes}" data-from="{escaped(edge.upstream)}"'
        f' data-to="{escaped(edge.downstream)}"{columns} d="{path(route)}"/>'
    )


def _node(
    place: Place, drawing: Drawing, hues: dict[str, int], masked: set[tuple[str, str]]
) -> Iterator[str]:
    node, face = place.node, drawing.face(place.node)
    width, height = node.width, node.height
    is_focus = node.key in drawing.focus
    kind = " closed" if node.members else " outside" if face.is_outside else ""
    classes = f"node {face.state}{kind}{' focus' if is_focus else ''}"
    link = safe_link(face.link)
    current = ' aria-current="true"' if is_focus else ""
    opened = f'a href="{escaped(link)}"' if link else "g"
    yield (
        f'<{opened} class="{classes}"{current} data-key="{escaped(node.key)}"'
        f' transform="translate({place.x} {place.y})">'
    )
    if node.members:
        yield f'<rect class="behind" x="4" y="4" width="{width}" height="{height}" rx="4"/>'
    yield (
        f'<rect class="body" width="{width}" height="{height}" rx="4">'
        f"<title>{shown(face.title)}</title></rect>"
        f'<path class="bar" d="M4 0v{height}a4 4 0 0 1-4-4V4a4 4 0 0 1 4-4z"/>'
    )
    room = width - _LEFT - _RIGHT - (_DOT if node.group else 0)
    label = f"▸ {face.label}" if node.members else face.label
    name = shown(cut_in_the_middle(label, int(room / MONO)))
    yield f'<text class="name" x="{_LEFT}" y="18">{name}</text>'
    if node.group:
        yield f'<circle class="hue-{hues[node.group]}" cx="{width - 13}" cy="14" r="4"/>'
    yield from _second_line(face, width)
    for index, column in enumerate(node.columns):
        is_masked = (node.key, column) in masked
        yield from _row(column, HEIGHT + index * ROW_HEIGHT, width, is_masked)
    yield "</a>" if link else "</g>"


def _second_line(face: Face, width: int) -> Iterator[str]:
    room = width - _LEFT - _RIGHT
    if face.chip:
        chip = cut_at_the_end(face.chip, 14)
        wide = round(len(chip) * SANS) + 10
        room -= wide
        state = "" if face.chip_state is ChipState.PLAIN else f" {face.chip_state}"
        yield (
            f'<g class="chip{state}" transform="translate({width - wide - 6} 23)">'
            f'<rect width="{wide}" height="16" rx="8"/>'
            f'<text x="{wide // 2}" y="12">{shown(chip)}</text></g>'
        )
    left = _LEFT
    if face.mark:
        wide = round(len(face.mark) * SANS) + 8
        yield (
            f'<g class="mark" transform="translate({left} 24)">'
            f'<rect width="{wide}" height="14" rx="3"/>'
            f'<text x="{wide // 2}" y="11">{shown(face.mark)}</text></g>'
        )
        room -= wide + 5
        left += wide + 5
    if face.words:
        words = shown(cut_at_the_end(face.words, int(room / SANS)))
        yield f'<text class="words" x="{left}" y="35">{words}</text>'


def _row(column: str, top: int, width: int, is_masked: bool) -> Iterator[str]:
    room = width - _LEFT - _RIGHT - (50 if is_masked else 0)
    name = shown(cut_in_the_middle(column, int(room / MONO)))
    text = f'<text class="column" x="{_LEFT}" y="{top + 14}">{name}</text>'
    word = f'<text class="masked" x="{width - _RIGHT}" y="{top + 14}">masked</text>'
    rule = f'<path class="rule" d="M4 {top}H{width}"/>'
    yield f'<g data-column="{escaped(column)}">{rule}{text}{word if is_masked else ""}</g>'


def _hues(groups: Iterable[str]) -> dict[str, int]:
    """Return a hue for each group: its own where it can be had, so that few change with others."""
    hues: dict[str, int] = {}
    free = list(range(HUES))
    for group in sorted({*groups} - {""}):
        free = free or list(range(HUES))
        wanted = crc32(group.encode("utf-8", "replace")) % HUES
        hues[group] = min(free, key=lambda hue: (hue - wanted) % HUES)
        free.remove(hues[group])
    return hues
