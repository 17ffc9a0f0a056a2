"""The lineage around an asset, drawn: as text, JSON, Mermaid and DOT."""

from collections.abc import Callable, Mapping

import click

from freshline.codec import encode
from freshline.lineage.graph import Graph, downstreams


def edges_around(graph: Graph, key: str, up: int | None, down: int | None) -> list[tuple[str, str]]:
    """Return the edges (upstream, reader) around a key, nearest first."""
    upstreams = {k: asset.upstreams for k, asset in graph.assets.items()}
    readers = downstreams(upstreams)
    above = [(u, k) for k, u in _walk(key, upstreams, up)]
    below = list(_walk(key, readers, down))
    return list(dict.fromkeys((*above, *below)))


def _walk(
    start: str, neighbours: dict[str, tuple[str, ...]], depth: int | None
) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    seen, layer, level = {start}, [start], 0
    while layer and (depth is None or level < depth):
        following: list[str] = []
        for key in layer:
            for other in neighbours.get(key, ()):
                found.append((key, other))
                if other not in seen:
                    seen.add(other)
                    following.append(other)
        layer, level = following, level + 1
    return found


def _as_text(key: str, edges: list[tuple[str, str]], graph: Graph) -> str:
    reads = [f"  {u} -> {d}" for u, d in edges]
    return "\n".join([click.style(key, bold=True), *reads] if reads else [f"{key} stands alone"])


def _as_json(key: str, edges: list[tuple[str, str]], graph: Graph) -> str:
    return encode(
        {"version": 1, "asset": key, "edges": [{"from": u, "to": d} for u, d in edges]}
    ).decode()


def _as_mermaid(key: str, edges: list[tuple[str, str]], graph: Graph) -> str:
    lines = ["graph LR", *(f'  {_id(u)}["{u}"] --> {_id(d)}["{d}"]' for u, d in edges)]
    return "\n".join([*lines, f"  style {_id(key)} stroke-width:3px"])


def _as_dot(key: str, edges: list[tuple[str, str]], graph: Graph) -> str:
    lines = [f'  "{u}" -> "{d}";' for u, d in edges]
    return "\n".join(
        ["digraph lineage {", "  rankdir=LR;", f'  "{key}" [penwidth=3];', *lines, "}"]
    )


def _id(key: str) -> str:
    return key.replace(".", "__")


FORMS: Mapping[str, Callable[[str, list[tuple[str, str]], Graph], str]] = {
    "text": _as_text,
    "json": _as_json,
    "mermaid": _as_mermaid,
    "dot": _as_dot,
}
