"""The view of lineage: the picture of a scene, and the table that says the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from freshline_catalog.lineage_layout.graph import Edge, Graph, Line, Node, group_key
from freshline_catalog.lineage_layout.layout import layout
from freshline_catalog.lineage_layout.neighbourhood import Direction, Near, around
from freshline_catalog.lineage_layout.quotient import quotient
from freshline_catalog.search.selecting import Trouble
from freshline_catalog.server.cursors import cursor, place
from freshline_catalog.server.lineage.known import Known
from freshline_catalog.server.lineage.picture import Facts, Picture, picture
from freshline_catalog.server.lineage.scene import (
    Scene,
    closed_groups,
    is_failed,
    members,
    scene,
)
from freshline_catalog.server.lineage.wanted import View, Wanted
from freshline_catalog.server.standing import Standing

MOST_DRAWN = 1000
AT_ONCE = 200
_FEW = 60  # rows below a graph, for where there is no room for it
_MOST_FOUND = 20
_MOST_BESIDE = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class LineageRow:
    """An asset in the table: how many hops it is from the nearest in focus, and in which direction.

    Of a whole project there is neither.
    """

    key: str
    kind: str
    language: str
    is_files: bool
    group: str
    owner: str
    hops: int | None
    direction: Direction | None
    standing: Standing
    built_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupShown:
    """A group of which something is shown."""

    name: str
    assets: int
    closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What is shown around what is in focus. `up` and `down` are the hops that were taken.

    `total` counts all assets of the project, `count` those that are shown, `failed` those among
    them that went wrong. `drawn` is how many nodes the picture has, or would have: of too many
    there is none. `rows` are a page of the table, `next` leads to the next one. `found` are keys
    that hold the text to `find`. `through` says that some edges lead through what is left out.
    """

    whole: bool
    focus: tuple[str, ...]
    up: int
    down: int
    total: int
    count: int
    failed: int
    drawn: int
    groups: tuple[GroupShown, ...]
    picture: Picture | None
    rows: tuple[LineageRow, ...]
    through: bool
    found: tuple[str, ...] = ()
    next: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What one look found: the view, or what is wrong with what was asked for."""

    around: Around | None = None
    trouble: Trouble | None = None
    scene: Scene | None = field(default=None, repr=False)


def look(known: Known, wanted: Wanted, *, limit: int = AT_ONCE) -> Looked:
    """Return what is wanted to be looked at; `limit` is how many rows of the table at once."""
    found = scene(known, wanted)
    if isinstance(found, Trouble):
        return Looked(trouble=found)
    closed = closed_groups(known, wanted, found)
    counts = members(known, found)
    inner = sum(counts[name] for name in closed)
    drawn = len(found.near) - inner + len(closed)
    is_table = wanted.view is View.TABLE
    is_drawn = 0 < drawn <= MOST_DRAWN and not is_table
    rows, following = _page(found, wanted, limit if is_table or not is_drawn else _FEW)
    view = Around(
        whole=found.whole,
        focus=tuple(sorted(found.focus))[:AT_ONCE],
        up=found.up,
        down=found.down,
        total=len(known.upstreams),
        count=len(found.near),
        failed=sum(is_failed(known.standing(near.key)) for near in found.near),
        drawn=drawn,
        groups=tuple(
            GroupShown(name=name, assets=count, closed=name in closed)
            for name, count in counts.items()
        ),
        picture=draw(known, wanted, found, closed) if is_drawn else None,
        rows=tuple(row(known, near, found) for near in rows),
        through=bool(found.through),
        found=_matching(found, wanted.find),
        next=following,
    )
    return Looked(around=view, scene=found)


def draw(known: Known, wanted: Wanted, found: Scene, closed: frozenset[str]) -> Picture:
    """Return the picture of a scene, in which some groups are closed."""
    graph = graph_of(known, found, closed)
    scene = (
        known.asked.services.scope,
        wanted.select.strip(),
        wanted.start,
        wanted.end,
    )
    guise = (found.up, found.down, wanted.only, wanted.external, closed)
    made = known.asked.services.remembered.layout(scene, guise, graph)
    return picture(made, _facts(known, found, closed), found.focus)


def beside(known: Known, key: str) -> Picture | None:
    """Return a picture of an asset and its neighbours, None where there are too many or none."""
    near = around(known.upstreams, [key], 1, 1)
    if not 1 < len(near) <= _MOST_BESIDE:
        return None
    found = Scene(focus=frozenset({key}), near=near, upstreams=known.upstreams, up=1, down=1)
    made = layout(replace(graph_of(known, found, frozenset()), boxes=False))
    return picture(made, _facts(known, found, frozenset()), found.focus)


def graph_of(known: Known, found: Scene, closed: frozenset[str]) -> Graph:
    """Return the graph of a scene, with a node for each of the groups that are closed."""
    stands: dict[str, str] = {}
    groups: dict[str, str] = {}
    counts = dict.fromkeys(closed, 0)
    for near in found.near:
        group = known.row(near.key).group
        stands[near.key] = near.key
        if group in closed:
            stands[near.key] = group_key(group)
            counts[group] += 1
        else:
            groups[near.key] = group
    lines: dict[tuple[str, str], Line] = {}
    for key, here in stands.items():
        for upstream in found.upstreams.get(key, ()):
            there = stands.get(upstream, here)
            if there == here:
                continue
            is_through = (upstream, key) in found.through
            if not is_through or (there, here) not in lines:
                lines[there, here] = Line.INDIRECT if is_through else Line.DIRECT
    nodes = [Node(key=key, group=group) for key, group in groups.items()]
    nodes += [Node(key=group_key(g), group=g, members=n) for g, n in counts.items() if n]
    edges = (Edge(upstream=u, downstream=d, line=line) for (u, d), line in lines.items())
    boxes = len({*groups.values()} - {""}) > 1
    return quotient(Graph(nodes=tuple(nodes), edges=tuple(edges), boxes=boxes))


def row(known: Known, near: Near, found: Scene) -> LineageRow:
    """Return an asset as the table has it."""
    listed = known.row(near.key)
    return LineageRow(
        key=near.key,
        kind=listed.kind,
        language=listed.language,
        is_files=listed.is_files,
        group=listed.group,
        owner=listed.owner,
        hops=None if found.whole else near.hops,
        direction=None if found.whole else near.direction,
        standing=known.standing(near.key),
        built_at=known.built_at(near.key),
    )


def facts_of(known: Known, key: str) -> Facts:
    """Return what a picture says of an asset."""
    listed = known.row(key)
    return Facts(
        kind=listed.kind,
        language=listed.language,
        is_files=listed.is_files,
        standing=known.standing(key),
        built_at=known.built_at(key),
    )


def _facts(known: Known, found: Scene, closed: frozenset[str]) -> Mapping[str, Facts]:
    facts: dict[str, Facts] = {}
    counts: dict[str, dict[str, int]] = {}
    for near in found.near:
        group = known.row(near.key).group
        if group not in closed:
            facts[near.key] = facts_of(known, near.key)
            continue
        shown = known.standing(near.key).shown
        within = counts.setdefault(group, {})
        within[shown] = within.get(shown, 0) + 1
    for group, within in counts.items():
        facts[group_key(group)] = Facts(kind="group", members=dict(sorted(within.items())))
    return facts


def _page(found: Scene, wanted: Wanted, limit: int) -> tuple[Sequence[Near], str]:
    after = cast("tuple[int, str]", place(wanted.cursor, int, str)) if wanted.cursor else None
    ordered = found.near
    behind = ordered if after is None else [n for n in ordered if (n.hops, n.key) > after]
    some = behind[:limit]
    return some, cursor(some[-1].hops, some[-1].key) if len(behind) > limit else ""


def _matching(found: Scene, text: str) -> tuple[str, ...]:
    part = text.strip().casefold()
    if not part:
        return ()
    keys = sorted(near.key for near in found.near if part in near.key.casefold())
    return tuple(keys[:_MOST_FOUND])
