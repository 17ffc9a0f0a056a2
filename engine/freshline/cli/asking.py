"""explain, show and lineage: questions about one asset."""

from typing import cast

import click

from freshline.cli.compose import Project, opened
from freshline.cli.options import as_json, common, said
from freshline.cli.render import moment, reason_text, size
from freshline.cli.select import one_asset
from freshline.cli.table import table
from freshline.codec import encode
from freshline.errors import UsageError
from freshline.lineage.graph import Graph, downstreams
from freshline.reconcile.fingerprint import storage_of
from freshline.reconcile.observe import look, plan_from
from freshline.reconcile.plan import Plan, Step, Wish, report
from freshline.reconcile.staleness import Facts


@click.command()
@click.argument("asset")
@as_json
@common
def explain(asset: str, as_json: bool) -> int:
    """Tell why ASSET is fresh or stale: the chain of causes, down to file and line."""
    with opened(said()) as project:
        key = one_asset(project, asset)
        if key in project.graph.sources:
            raise UsageError(
                f"{key} is a source: Freshline does not build it", help="explain a reader"
            )
        seen = look(project.graph, project.root, project.environment, project.sight)
        made, facts = plan_from(seen, project.sight, Wish(selected=frozenset({key})))
        if as_json:
            click.echo(encode({"asset": key, **report(made)}))
        else:
            click.echo("\n".join(_explained(key, made, facts)))
    return 0


@click.command()
@click.argument("asset")
@click.option("--resolved", is_flag=True, help="Show every value that is in force.")
@click.option("--sql", "only_sql", is_flag=True, help="Show the SQL that runs.")
@click.option("--schema", "only_schema", is_flag=True, help="Show the columns.")
@as_json
@common
def show(asset: str, resolved: bool, only_sql: bool, only_schema: bool, as_json: bool) -> int:
    """Show ASSET: what it is, its columns, its SQL and the version that is current."""
    with opened(said()) as project:
        key = one_asset(project, asset)
        if as_json:
            click.echo(encode(_facts_of(project, key)))
        elif only_sql:
            click.echo(_sql(project.graph, key))
        elif only_schema:
            click.echo("\n".join(_columns(project.graph, key)))
        else:
            click.echo("\n".join(_shown(project, key, resolved)))
    return 0


@click.command()
@click.argument("asset")
@click.option("--up", type=click.IntRange(0), default=None, help="So many edges up; all if absent.")
@click.option("--down", type=click.IntRange(0), default=None, help="So many edges down.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "mermaid", "dot"]), default="text"
)
@common
def lineage(asset: str, up: int | None, down: int | None, form: str) -> int:
    """Show what ASSET reads, and who reads it."""
    with opened(said()) as project:
        key = one_asset(project, asset)
        edges = _edges(project.graph, key, up, down)
        click.echo(_LINEAGE[form](key, edges, project.graph))
    return 0


def _explained(key: str, plan: Plan, facts: Facts) -> list[str]:
    steps = {step.asset: step for step in plan.steps}
    blocked = next((found.why for found in plan.blocked if found.asset == key), None)
    if blocked is not None:
        word = click.style("blocked", fg="red")
        return [f"{click.style(key, bold=True)} is {word}: {blocked}"]
    if key not in steps:
        proof = next((fresh.proof for fresh in plan.fresh if fresh.asset == key), "")
        lines = [f"{click.style(key, bold=True)} is {click.style('fresh', fg='green')}: {proof}"]
        build = facts.builds.get(key)
        for read in build.trace.inputs if build else ():
            lines.append(f"  reads {read.asset} at {read.version[:12]}, content as it was read")
        return lines
    step = steps[key]
    word = "missing" if step.action == "create" else "stale"
    word = word if step.certain else "perhaps stale"
    word = "fresh" if step.action == "check" else word
    lines = [f"{click.style(key, bold=True)} is {click.style(word, fg='yellow')}: {step.action}"]
    return [*lines, *_chain(step, steps)]


def _chain(first: Step, steps: dict[str, Step]) -> list[str]:
    """Return the causes of a step, and below each upstream that is a step its causes in turn."""
    lines: list[str] = []
    told = {first.asset}
    stack = [(first, 1)]
    while stack:
        step, depth = stack.pop()
        if depth > 1:
            lines.append(f"{'  ' * (depth - 1)}{step.asset}: {step.action}")
        for reason in step.reasons:
            lines.append(f"{'  ' * depth}- {reason_text(reason)}")
        for upstream in reversed(step.after):
            if upstream not in told:
                told.add(upstream)
                stack.append((steps[upstream], depth + 1))
    return lines


def _shown(project: Project, key: str, resolved: bool) -> list[str]:
    facts = _facts_of(project, key)
    lines = [click.style(key, bold=True)]
    hidden = ("columns", "key", "sql")
    for name, value in facts.items():
        if name not in hidden and (resolved or value not in (None, "", [], {})):
            text = ", ".join(cast("list[str]", value)) if isinstance(value, list) else str(value)
            lines.append(f"  {name.replace('_', ' '):<12} {text}")
    return [*lines, "", *_columns(project.graph, key)]


def _facts_of(project: Project, key: str) -> dict[str, object]:
    graph = project.graph
    node = graph.assets.get(key) or graph.sources[key]
    definition = node.definition
    facts: dict[str, object] = {
        "key": key,
        "description": definition.description,
        "declared_in": str(definition.span),
        "owner": definition.owner,
        "group": definition.group,
        "tags": list(definition.tags),
        "columns": [c._asdict() for c in node.columns],
    }
    if (source := graph.sources.get(key)) is not None:
        return {**facts, "path": source.definition.path, "files": len(source.files)}
    asset = graph.assets[key]
    facts |= {
        "kind": asset.definition.kind,
        "storage": storage_of(asset.definition, graph.project),
        "reads": list(asset.upstreams),
        "code_version": asset.code_version,
        "sql": _sql(graph, key),
    }
    if asset.opaque:
        facts["opaque"] = asset.opaque
    state = project.sight.events.snapshot(graph.project.name, project.environment)
    build = state.of(project.place.target(key)).build
    if build is not None:
        version = build.version
        facts |= {
            "version": version.number,
            "published": moment(version.at),
            "rows": version.rows,
            "size": size(version.bytes),
            "files": [file.path for file in version.files],
        }
    return facts


def _columns(graph: Graph, key: str) -> list[str]:
    node = graph.assets.get(key) or graph.sources[key]
    described = {c.name.lower(): c.description for c in node.definition.columns}
    rows = [(c.name, c.type.lower(), described.get(c.name.lower(), "")) for c in node.columns]
    return table(("column", "type", "description"), rows)


def _sql(graph: Graph, key: str) -> str:
    if key in graph.sources:
        raise UsageError(f"{key} is a source: it has no SQL")
    from freshline.lineage.sql import readable

    return readable(graph.assets[key].text)


def _edges(graph: Graph, key: str, up: int | None, down: int | None) -> list[tuple[str, str]]:
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


_LINEAGE = {"text": _as_text, "json": _as_json, "mermaid": _as_mermaid, "dot": _as_dot}
