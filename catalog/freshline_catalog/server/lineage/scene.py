"""The scene: which assets a page of lineage is about, how far each is from what is in focus."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from freshline.suggest import closest
from freshline.survey import EntryKind, Status
from freshline_catalog.lineage_layout.neighbourhood import Direction, Near, around, between
from freshline_catalog.search.selecting import Trouble
from freshline_catalog.server.lineage.known import Known
from freshline_catalog.server.lineage.wanted import Only, Wanted
from freshline_catalog.server.standing import Build, Standing

HOPS = 2  # around one asset, where nobody says how many
CLOSE_ABOVE = 60
_OPEN_AT_MOST = 500
_STALE = frozenset({Status.STALE, Status.MAYBE, Status.BLOCKED, Status.MISSING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What is looked at. `near` are its assets, the nearest first; `whole` says it is all there is.

    `upstreams` are the edges among them; those in `through` lead through assets that are left out.
    `up` and `down` are the hops that were taken.
    """

    focus: frozenset[str]
    near: tuple[Near, ...]
    upstreams: Mapping[str, Collection[str]]
    through: frozenset[tuple[str, str]] = frozenset()
    up: int = 0
    down: int = 0
    whole: bool = False


def scene(known: Known, wanted: Wanted) -> Scene | Trouble:
    """Return what is wanted to be looked at, or why there is no telling."""
    if wanted.start or wanted.end:
        found = _paths(known, wanted)
    elif wanted.select.strip():
        found = _selected(known, wanted)
    else:
        near = (Near(key, 0, Direction.FOCUS) for key in known.upstreams)
        found = Scene(
            focus=frozenset(),
            near=tuple(sorted(near)),
            upstreams=known.upstreams,
            whole=True,
        )
    return found if isinstance(found, Trouble) else _kept(known, wanted, found)


def closed_groups(known: Known, wanted: Wanted, found: Scene) -> frozenset[str]:
    """Return the groups to be drawn as one node: those asked for, else all where there is much.

    The groups of what is in focus stay open as long as that leaves something to look at.
    """
    groups = _groups(known, found)
    if wanted.closed is not None:
        return frozenset(groups) & frozenset(wanted.closed)
    if len(found.near) <= CLOSE_ABOVE:
        return frozenset()
    kept = {known.row(key).group for key in found.focus}
    others = groups.keys() - kept
    left = len(found.near) - sum(groups[name] for name in others) + len(others)
    return frozenset(others if found.focus and left <= _OPEN_AT_MOST else groups)


def _groups(known: Known, found: Scene) -> dict[str, int]:
    counts: dict[str, int] = {}
    for near in found.near:
        group = known.row(near.key).group
        if group:
            counts[group] = counts.get(group, 0) + 1
    return counts


def members(known: Known, found: Scene) -> Mapping[str, int]:
    """Return the groups in a scene by name, each with how many assets of it there are."""
    return dict(sorted(_groups(known, found).items()))


def _selected(known: Known, wanted: Wanted) -> Scene | Trouble:
    focus = known.select(wanted.select)
    if isinstance(focus, Trouble):
        return focus
    hops = HOPS if len(focus) == 1 else 0
    up = hops if wanted.up is None else wanted.up
    down = hops if wanted.down is None else wanted.down
    near = around(known.upstreams, sorted(focus), up, down)
    return Scene(focus=focus, near=near, upstreams=known.upstreams, up=up, down=down)


def _paths(known: Known, wanted: Wanted) -> Scene | Trouble:
    for key in (wanted.start, wanted.end):
        if key not in known.upstreams:
            return _unknown(known, key)
    keys = between(known.upstreams, wanted.start, wanted.end)
    if not keys:
        back = between(known.upstreams, wanted.end, wanted.start)
        help = "there is one the other way" if back else "nothing of one goes into the other"
        return Trouble(message="there is no path from one to the other", at="", help=help)
    inner = {key: [u for u in known.upstreams[key] if u in keys] for key in keys}
    near = around(inner, [wanted.start], 0, None)
    focus = frozenset({wanted.start, wanted.end})
    return Scene(focus=focus, near=near, upstreams=inner)


def _unknown(known: Known, key: str) -> Trouble:
    if not key:
        return Trouble(message="a path has two ends", at="", help="say both of them")
    near = closest(key, known.upstreams)
    help = f'did you mean "{near[0]}"?' if near else "search for a part of its name"
    return Trouble(message="there is no asset of this key", at=key, help=help)


def _kept(known: Known, wanted: Wanted, found: Scene) -> Scene:
    """Return a scene without what is not wanted; edges then lead through what is left out."""
    if wanted.external and wanted.only is None:
        return found
    near = tuple(
        each for each in found.near if each.key in found.focus or _fits(known, wanted, each)
    )
    keys = frozenset(each.key for each in near)
    if wanted.only is None:  # sources lead nowhere
        return Scene(
            focus=found.focus,
            near=near,
            upstreams=found.upstreams,
            up=found.up,
            down=found.down,
            whole=found.whole,
        )
    seen = frozenset(each.key for each in found.near)
    upstreams = {key: _nearest(found.upstreams, key, seen, keys) for key in keys}
    direct = {(u, key) for key in keys for u in found.upstreams.get(key, ())}
    edges = {(u, key) for key, ups in upstreams.items() for u in ups}
    return Scene(
        focus=found.focus,
        near=near,
        upstreams=upstreams,
        through=frozenset(edges - direct),
        up=found.up,
        down=found.down,
        whole=found.whole,
    )


def _fits(known: Known, wanted: Wanted, near: Near) -> bool:
    if not wanted.external and known.row(near.key).kind == EntryKind.SOURCE:
        return False
    match wanted.only:
        case None:
            return True
        case Only.STALE:
            return known.standing(near.key).status in _STALE
        case Only.FAILED:
            return is_failed(known.standing(near.key))


def is_failed(standing: Standing) -> bool:
    """Say whether something about an asset went wrong by itself."""
    is_wrong = standing.build is Build.FAILED or standing.status is Status.ASIDE
    return is_wrong or bool(standing.checks.failing)


def _nearest(
    upstreams: Mapping[str, Collection[str]],
    key: str,
    seen: frozenset[str],
    kept: frozenset[str],
) -> tuple[str, ...]:
    """Return the nearest that are kept above a key, through any that are not."""
    found: set[str] = set()
    passed: set[str] = set()
    waiting = [*upstreams.get(key, ())]
    while waiting:
        above = waiting.pop()
        if above in kept:
            found.add(above)
        elif above in seen and above not in passed:
            passed.add(above)
            waiting += upstreams.get(above, ())
    return tuple(sorted(found))
