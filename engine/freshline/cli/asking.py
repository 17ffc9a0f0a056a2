"""explain, show and lineage: questions about one asset."""

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import click

from freshline.cli.causes import causes_as_json, chain_lines, proof_lines
from freshline.cli.code_facts import code_facts, code_lines
from freshline.cli.compose import Project, opened, terminal_width
from freshline.cli.drawing import FORMS, edges_around
from freshline.cli.options import Edges, as_json, common, said
from freshline.cli.refreshing import is_kept, waiting_of
from freshline.cli.refreshing import lines as waiting_lines
from freshline.cli.render import diagnostic_text, held_text, moment, size
from freshline.cli.select import aside_text, one_asset
from freshline.cli.table import table
from freshline.cli.telling import briefly, told_of
from freshline.codec import encode
from freshline.declare.brought import brought
from freshline.definitions import Cutoff, ProbeKind, Trust
from freshline.errors import UsageError
from freshline.execute.aside import last_version
from freshline.lineage.graph import Asset, Graph
from freshline.reconcile.facts import Facts
from freshline.reconcile.fingerprint import storage_of
from freshline.reconcile.held import Held
from freshline.reconcile.observe import look, plan_from
from freshline.reconcile.plan import make_plan
from freshline.reconcile.planned import Plan, Wish, report
from freshline.refresh_words import freshness_words, refresh_words, trigger_words
from freshline.secrets import redacted
from freshline.versions import Manifest, Version

if TYPE_CHECKING:
    from freshline.declare.origins import Origin

_ALL = 1_000_000  # edges: more than there are


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
        whole, of_all = plan_from(seen, project.sight, Wish())
        waits = waiting_of(project, key, whole, of_all)
        if as_json:
            causes = causes_as_json(key, made, facts)
            now = {"waiting": waits, "has_daemon": is_kept(project)}
            click.echo(encode({"asset": key, **report(made), **causes, **now}))
        else:
            told = told_of(project, key)
            build = facts.builds.get(key)
            of_current = told.get(build.version.publish_id) if build is not None else None
            lines = _explained(key, made, facts)
            lines += [f"  its code told: {briefly(of_current)}"] if of_current else []
            if (declared := project.graph.assets.get(key)) is not None:
                rule = refresh_words(declared.definition.refresh)
                lines += waiting_lines(waits, rule, is_kept=is_kept(project))
            click.echo("\n".join(lines))
    return 0


@click.command()
@click.argument("asset")
@click.option("--resolved", is_flag=True, help="Show every value in force, and who said it.")
@click.option("--sql", "only_sql", is_flag=True, help="Show the SQL that runs.")
@click.option("--schema", "only_schema", is_flag=True, help="Show the columns.")
@as_json
@common
def show(asset: str, resolved: bool, only_sql: bool, only_schema: bool, as_json: bool) -> int:
    """Show ASSET: what it is, its columns, its SQL and the version that is current."""
    with opened(said()) as project:
        key = one_asset(project, asset, may_be_aside=not resolved)
        if as_json:
            facts = _facts_of(project, key)
            told = {"resolved": list(_origins(project, key))} if resolved else {}
            click.echo(encode({**facts, **told}))
        elif only_sql:
            click.echo(_sql(project, key))
        elif only_schema:
            click.echo("\n".join(_columns(project, key)))
        else:
            lines = _resolved(project, key) if resolved else _shown(project, key)
            click.echo("\n".join(lines))
    return 0


@click.command()
@click.argument("asset")
@click.option("--up", type=Edges(0), default=None, help="So many edges up; all if absent.")
@click.option(
    "--down",
    type=Edges(0),
    is_flag=False,
    flag_value=_ALL,
    default=None,
    help="So many edges down. Of a column: what hangs on it.",
)
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "mermaid", "dot"]), default="text"
)
@as_json
@common
def lineage(asset: str, up: int | None, down: int | None, form: str, as_json: bool) -> int:
    """Show what ASSET reads, and who reads it; or of a column of it, what it is made from.

    A column is written behind its asset: marts.daily.revenue.
    """
    if as_json and form not in ("text", "json"):
        raise UsageError("--json is a format of its own", help="leave out --format")
    form = "json" if as_json else form
    with opened(said()) as project:
        if (told := _of_column(project, asset, (up, down), form)) is not None:
            click.echo(told)
            return 0
        key = one_asset(project, asset)
        edges = edges_around(project.graph, key, up, down)
        click.echo(FORMS[form](key, edges, project.graph))
    return 0


def _of_column(
    project: Project, words: str, depths: tuple[int | None, int | None], form: str
) -> str | None:
    """Return what to tell of a column; None where an asset is meant."""
    graph = project.graph
    if words in graph.assets or words in graph.sources or words in graph.quarantined:
        return None
    # The analyser and DuckDB, which nothing else here needs.
    from freshline.cli.column import column_meant, column_text

    spot = column_meant(graph, words)
    return None if spot is None else column_text(graph, spot, depths, form)


def _explained(key: str, plan: Plan, facts: Facts) -> list[str]:
    steps = {step.asset: step for step in plan.steps}
    if (aside := facts.graph.quarantined.get(key)) is not None:
        word = click.style("set aside", fg="red")
        why = f"with {aside.because}" if aside.because else aside.code
        told = [diagnostic_text(problem) for problem in plan.problems]
        return [f"{click.style(key, bold=True)} is {word} {why}", *told]
    blocked = next((found.why for found in plan.blocked if found.asset == key), None)
    if blocked is not None:
        word = click.style("blocked", fg="red")
        return [f"{click.style(key, bold=True)} is {word}: {blocked}"]
    for verdict, verb, kept in (
        ("pinned", "unpin", plan.pinned),
        ("paused", "resume", plan.paused),
    ):
        if held := next((held for held in kept if held.asset == key), None):
            return _explained_held(held, verdict, verb, facts)
    if key not in steps:
        fresh = next((fresh for fresh in plan.fresh if fresh.asset == key), None)
        proof = fresh.proof if fresh is not None else ""
        guessed = fresh is not None and fresh.trust is Trust.HEURISTIC
        word = click.style("fresh*" if guessed else "fresh", fg="green")
        title = f"{click.style(key, bold=True)} is {word}: {proof}"
        return [title, *proof_lines(key, facts)]
    step = steps[key]
    word = "missing" if step.action == "create" else "stale"
    word = word if step.certain else "perhaps stale"
    word = "fresh" if step.action == "check" else word
    lines = [f"{click.style(key, bold=True)} is {click.style(word, fg='yellow')}: {step.action}"]
    lines += chain_lines(step, steps, facts)
    return [*lines, *proof_lines(key, facts)] if step.action == "check" else lines


def _explained_held(held: Held, verdict: str, verb: str, facts: Facts) -> list[str]:
    """Return what keeps an asset as it is, and what it would be otherwise."""
    word = click.style(verdict, fg="blue")
    lines = [f"{click.style(held.asset, bold=True)} is {word}: {held_text(held)}"]
    key = held.asset
    free = replace(
        facts,
        pins={k: pin for k, pin in facts.pins.items() if k != key},
        pauses={k: pause for k, pause in facts.pauses.items() if k != key},
    )
    would = make_plan(free, Wish(selected=frozenset({key})))
    lines.append(f"  after `freshline {verb} {key}`:")
    return [*lines, *(f"  {line}" for line in _explained(key, would, free))]


def _resolved(project: Project, key: str) -> list[str]:
    """Return every value in force with its origin, aligned."""
    rows: list[tuple[str, str, str]] = []
    for each in _origins(project, key):
        place = f"{each.place.file}:{each.place.line}" if each.place else ""
        who = each.by if each.by in ("built-in", "defaults", "environment") else ""
        rows.append((each.key, each.value, f"{place} {who}".strip()))
    return [
        click.style(key, bold=True),
        *table(("key", "value", "from"), rows, width=terminal_width()),
    ]


def _origins(project: Project, key: str) -> "tuple[Origin, ...]":
    from freshline.declare.origins import origins  # YAML, which nothing else here needs

    graph = project.graph
    return origins(project.root, graph.project, project.environment, graph.definition_of(key))


def _shown(project: Project, key: str) -> list[str]:
    facts = _facts_of(project, key)
    lines = [click.style(key, bold=True)]
    hidden = ("columns", "key", "sql", "code", "windows", "read_by")
    for name, value in facts.items():
        if name not in hidden and value not in (None, "", [], {}):
            text = ", ".join(cast("list[str]", value)) if isinstance(value, list) else str(value)
            lines.append(f"  {name.replace('_', ' '):<12} {text}")
    if isinstance(facts.get("code"), dict):
        lines += code_lines(cast("dict[str, object]", facts["code"]))
    lines += ["", *_columns(project, key)]
    for title, name in (("reads", "windows"), ("read by", "read_by")):
        windows = cast("dict[str, list[str] | None]", facts.get(name, {}))
        rows = [(other, _window_text(columns)) for other, columns in windows.items()]
        width, whole = terminal_width(), frozenset({0})
        lines += ["", *table((title, "of it"), rows, whole=whole, width=width)] if rows else []
    return lines


def _window_text(columns: list[str] | None) -> str:
    if columns is None:
        return "all columns"
    return ", ".join(columns) if columns else "how many rows there are"


def _facts_of(project: Project, key: str) -> dict[str, object]:
    graph = project.graph
    if key in graph.quarantined:
        return _facts_aside(project, key)
    node = graph.assets.get(key) or graph.sources[key]
    definition = node.definition
    facts: dict[str, object] = {
        "key": key,
        "description": definition.description,
        "declared_in": str(definition.span),
        "owner": definition.owner,
        "group": definition.group,
        "tags": list(definition.tags),
        "freshness": freshness_words(definition.freshness) if definition.freshness else None,
        "columns": [c._asdict() for c in node.columns],
        "read_by": _readers(graph, key),
    }
    if (source := graph.sources.get(key)) is not None:
        found: dict[str, object] = {"path": source.definition.path, "files": len(source.files)}
        if (origin := source.definition.origin) is not None:
            found = {"from": f"{origin.asset} of the catalog {origin.catalog}", **found}
            found |= _said_there(project, source.definition.path)
        probe = source.definition.probe
        told = {} if probe.kind is ProbeKind.AUTO else {"version_by": probe.kind}
        return {**facts, **found, **told}
    asset = graph.assets[key]
    facts |= {
        "kind": asset.definition.kind,
        "storage": storage_of(asset.definition, graph.project),
        "reads": list(asset.upstreams),
        "windows": {read: _window(graph, asset, read) for read in asset.reads},
        "code_version": asset.code_version,
        "refresh": refresh_words(asset.definition.refresh),
        "inputs": [trigger_words(each) for each in asset.definition.triggers],
        "pool": asset.definition.pool,
    }
    if asset.code is None:
        facts["sql"] = _sql(project, key)
    else:
        facts["code"] = code_facts(asset, asset.code, graph.project)
    if asset.opaque:
        facts["opaque"] = asset.opaque
    if asset.varies:
        facts["varies"] = list(asset.varies)
        facts["volatile"] = asset.volatile
    if (cutoff := asset.definition.cutoff) != Cutoff():
        facts["cutoff"] = f"round {cutoff.round:g}" if cutoff.round else cutoff.by
    state = project.sight.events.snapshot(graph.project.name, project.environment)
    build = state.of(project.place.target(key)).build
    return {**facts, **(_facts_of_version(build.version) if build is not None else {})}


def _said_there(project: Project, folder: str) -> dict[str, object]:
    """Return what the catalog that a source comes from says of it, as it was seen last."""
    word = brought(project.root, folder)
    if word is None:
        return {}
    contacts = "".join(f", {name} {value}" for name, value in word.contacts)
    told: dict[str, object] = {"version": f"{word.number} of {moment(word.at)} UTC"}
    if word.owner:
        told["its_owner"] = redacted(word.owner + contacts)
    if word.description:
        told["described"] = redacted(word.description)
    if word.freshness:
        told["its_state"] = word.freshness
    if word.refresh:
        told["its_rule"] = word.refresh
    if word.until is not None:
        told["token_until"] = f"{moment(word.until)} UTC"
    return told


def _readers(graph: Graph, key: str) -> dict[str, list[str] | None]:
    """Return the assets that read another, through views too, and which of its columns."""
    if key in graph.assets and graph.assets[key].is_view:
        from freshline.lineage.readers import readers_of_columns  # asks DuckDB

        seen = readers_of_columns(graph)[key]
        return {
            reader: [name for name, readers in seen.items() if reader in readers]
            for reader, asset in graph.assets.items()
            if key in asset.upstreams
        }
    return {
        reader: _window(graph, asset, key)
        for reader, asset in graph.assets.items()
        if key in asset.reads
    }


def _window(graph: Graph, asset: Asset, read: str) -> list[str] | None:
    """Return the columns that an asset reads of an input in the input's order; None is all."""
    columns = asset.window(read).columns
    every = [column.name for column in graph.columns_of(read)]
    if columns is None or not every:  # nobody knows yet what there is
        return None if columns is None else list(columns)
    return [name for name in every if name in columns]


def _facts_aside(project: Project, key: str) -> dict[str, object]:
    """Return what the last version of an asset tells that is set aside."""
    manifest = _last(project, key)
    return {
        "key": key,
        "set_aside": aside_text(project.graph, key).removeprefix(f"{key} is set aside "),
        "columns": [c._asdict() for c in manifest.version.columns],
        "sql": manifest.logic.text,
        **_facts_of_version(manifest.version),
    }


def _facts_of_version(version: Version) -> dict[str, object]:
    return {
        "version": version.number,
        "published": moment(version.at),
        "rows": None if version.query else version.rows,
        "size": size(version.bytes),
        "files": [file.path for file in version.files],
    }


def _last(project: Project, key: str) -> Manifest:
    """Return the record of the last version of an asset that is set aside."""
    kept = last_version(project.place.target(key), project.storages.values())
    if kept is None:
        raise UsageError(aside_text(project.graph, key), help="see `freshline validate`")
    return kept.manifest


def _columns(project: Project, key: str) -> list[str]:
    graph, described = project.graph, dict[str, str]()
    if key in graph.quarantined:
        columns = _last(project, key).version.columns
    else:
        columns = graph.columns_of(key)
        described = {c.name.lower(): c.description for c in graph.definition_of(key).columns}
    if not columns:
        return ["its columns are known when it has run once"]
    rows = [(c.name, c.type.lower(), described.get(c.name.lower(), "")) for c in columns]
    return table(("column", "type", "description"), rows)


def _sql(project: Project, key: str) -> str:
    graph = project.graph
    if key in graph.sources:
        raise UsageError(f"{key} is a source: it has no SQL")
    if key in graph.assets and graph.assets[key].code is not None:
        raise UsageError(f"{key} is made by code: it has no SQL", help=f"`freshline show {key}`")
    if key in graph.quarantined:
        return _last(project, key).logic.text
    from freshline.lineage.sql import readable

    return readable(graph.assets[key].text)
