"""Pictures as SVG and as texts that other tools draw: words, glyphs and links beside the places."""

from collections.abc import Mapping
from urllib.parse import quote

from markupsafe import Markup

from freshline.survey import EntryKind, Language
from freshline_catalog.lineage_layout.dot import dot
from freshline_catalog.lineage_layout.drawing import ChipState, Drawing, Face, State
from freshline_catalog.lineage_layout.graph import group_key
from freshline_catalog.lineage_layout.mermaid import mermaid
from freshline_catalog.lineage_layout.svg import standalone, svg
from freshline_catalog.server.formatting import plural, relative, tone
from freshline_catalog.server.lineage.picture import DrawnNode, Picture, graph_of, layout_of
from freshline_catalog.server.lineage.wanted import Wanted, query, toggled
from freshline_catalog.server.standing import Checks

# Where no picture of a glyph can stand: a letter of the same shape.
_LETTERS = {
    "fresh": "●",
    "stale": "◐",
    "maybe": "◔",
    "missing": "○",
    "pinned": "◉",
    "paused": "‖",
    "blocked": "⊘",
    "aside": "△",
    "source": "◇",
    "running": "↻",
    "failed": "✕",
}
# Worst first; what is not here is nothing to speak of.
WORST = ("failed", "set aside", "blocked", "running", "stale", "maybe stale", "missing")
_MARKS: Mapping[str, str] = {Language.PYTHON.value: "py", Language.COMMAND.value: "cmd"}
# Words beside which there is room for when it was built.
_BUILT = frozenset({"fresh", "stale", "pinned", "paused"})


def drawn(
    picture: Picture, path: str, now: float, wanted: Wanted | None = None, label: str = "Lineage"
) -> Markup:
    """Return a picture to put into a page: nodes are links, groups open and close."""
    closed = frozenset(node.group for node in picture.nodes if node.members)
    faces = {node.key: _face(node, path, now) for node in picture.nodes}
    for name in {*closed, *(box.group for box in picture.boxes)}:
        link = f"{path}/lineage{query(wanted or Wanted(), closed=toggled(closed, name), find='')}"
        key = group_key(name)
        face = faces.get(key, Face())
        said = "open" if name in closed else "close"
        faces[key] = Face(
            words=face.words,
            state=face.state,
            link=link,
            title=f"{said} the group {name}",
        )
    drawing = Drawing(label=label, faces=faces, focus=frozenset(picture.focus))
    return Markup(svg(layout_of(picture), drawing))


def exported(picture: Picture, kind: str) -> str:
    """Return a picture as a file of a kind, svg, mmd or dot; it has no links and no times."""
    faces = {node.key: _face(node, "", None) for node in picture.nodes}
    drawing = Drawing(faces=faces, focus=frozenset(picture.focus))
    if kind == "svg":
        return standalone(layout_of(picture), drawing)
    return (mermaid if kind == "mmd" else dot)(graph_of(picture), drawing)


def _face(node: DrawnNode, path: str, now: float | None) -> Face:
    if node.standing is None:
        return Face(words=_members(node.members), state=_worst(node.members))
    shown = node.standing.shown
    look = tone(shown)
    words = f"{_LETTERS.get(look.glyph, '·')} {shown}"
    if now is not None and node.built_at is not None and shown in _BUILT:
        words += f", {relative(node.built_at, now)}"
    chip, state = _chip(node.standing.checks)
    first = node.columns[0] if len(node.columns) == 1 and node.columns[0] != "*" else ""
    tab = f"/columns?col={quote(first, safe='')}" if first else ""
    return Face(
        label=node.key,
        words=words,
        state=State(look.colour) if look.colour in {*State} else State.NONE,
        chip=chip,
        chip_state=state,
        link=f"{path}/assets/{quote(node.key, safe='')}{tab}" if now is not None else "",
        is_outside=node.kind == EntryKind.SOURCE,
        mark=_mark(node),
    )


def _mark(node: DrawnNode) -> str:
    """Return what a node is that is no query, in a few letters."""
    letters = _MARKS.get(node.language, "")
    return f"{letters} files" if letters and node.is_files else letters


def _chip(checks: Checks) -> tuple[str, ChipState]:
    if checks.failing:
        return f"✕ {checks.failing} of {checks.count}", ChipState.FAILS
    if checks.warned:
        return f"▲ {checks.warned} of {checks.count}", ChipState.WARNS
    return (f"✓ {checks.passed}", ChipState.PLAIN) if checks.passed else ("", ChipState.PLAIN)


def _members(members: Mapping[str, int]) -> str:
    worst = next((word for word in WORST if members.get(word)), "")
    said = plural(sum(members.values()), "asset")
    return f"{said}, {members[worst]} {worst}" if worst else said


def _worst(members: Mapping[str, int]) -> State:
    worst = next((word for word in WORST if members.get(word)), "")
    if not worst:
        return State.FRESH if members.get("fresh") else State.NONE
    colour = tone(worst).colour
    return State(colour) if colour in {*State} else State.NONE
