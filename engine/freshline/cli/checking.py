"""check: the checks of what is current; and how failing rows are shown wherever they turn up."""

from collections.abc import Iterable, Sequence

import click

from freshline.cli.compose import Project, RandomIds, actor, opened, terminal_width
from freshline.cli.options import as_json, common, said, selection
from freshline.cli.render import diagnostic_text
from freshline.cli.select import selected
from freshline.cli.table import table
from freshline.codec import encode
from freshline.definitions import CheckKind, CheckSeverity
from freshline.errors import UsageError
from freshline.events import CheckResult
from freshline.execute.check_step import CheckTask, look_at
from freshline.execute.checking import Findings, acceptance
from freshline.execute.setting import Accepting, Setting
from freshline.lineage.graph import Graph
from freshline.reconcile.observe import look
from freshline.suggest import closest

_PLAIN_WIDTH = 80
_GAP = 2


@click.command()
@selection
@click.option("--accept", multiple=True, metavar="CHECK", help="Take it as it is, if it fails.")
@click.option("--reason", metavar="TEXT", help="Why that is accepted; it goes on record.")
@as_json
@common
def check(
    selection: tuple[str, ...], accept: tuple[str, ...], reason: str | None, as_json: bool
) -> int:
    """Run the checks of SELECTION (default: all) on what is current, and record the results.

    With --accept none is run: those that failed last, also on what was held back, are accepted.
    """
    with opened(said()) as project:
        wanted = accepting(project, accept, reason)
        if wanted is not None:
            return _accept(project, wanted, selected(project, selection))
        findings, absent = _looked_at(project, selected(project, selection))
    if as_json:
        checks = [
            {"asset": key, **_fact(result, found)}
            for key, found in findings.items()
            for result in found.results
        ]
        click.echo(encode({"version": 1, "checks": checks, "missing": absent}))
    elif not findings and not absent:
        click.echo("there are no checks here; add some, for instance under `columns:` of an asset")
    else:
        click.echo("\n".join(_report(findings, absent)))
    return 1 if any(found.refused for found in findings.values()) else 0


def failures_text(results: Iterable[CheckResult], indent: int) -> str:
    """Return results that did not pass, each with the rows that it found."""
    lines: list[str] = []
    for result in results:
        lines.append(f"{_mark(result)} {result.name}  {_count(result)}".rstrip())
        lines += [f"  {line}" for line in _rows(result, indent + 2)]
    return "\n".join(" " * indent + line for line in lines)


def accepting(project: Project, names: Sequence[str], reason: str | None) -> Accepting | None:
    """Return the checks that the caller takes as they are, or raise UsageError."""
    if not names:
        if reason is not None:
            raise UsageError("a reason for what?", help="name the failing check with --accept")
        return None
    if not reason or not reason.strip():
        raise UsageError(
            "an accepted check needs a reason", help="add --reason TEXT: it goes on record"
        )
    known = _declared(project.graph)
    found: set[tuple[str, str]] = set()
    for name in names:
        asset, _, check = name.rpartition(":")
        meant = {(a, c) for a, c in known if c == check and asset in ("", a)}
        if not meant:
            every = [*(f"{a}:{c}" for a, c in known), *(c for _, c in known)]
            near = closest(name, every)
            hint = f'did you mean "{near[0]}"?' if near else "see `freshline check` for all"
            raise UsageError(f'there is no check "{name}"', help=hint)
        found |= meant
    return Accepting(checks=frozenset(found), actor=actor(), reason=reason.strip())


def _accept(project: Project, wanted: Accepting, chosen: frozenset[str] | None) -> int:
    """Write down that these checks are accepted for the content that they failed on last."""
    state = project.sight.events.snapshot(project.graph.project.name, project.environment)
    at, run = project.sight.clock.now(), RandomIds().new()
    events = [
        acceptance(wanted, known.target, result, at, run)
        for known in (state.of(project.place.target(key)) for key, _ in sorted(wanted.checks))
        if chosen is None or known.target.asset in chosen
        for result in known.checks
        if (known.target.asset, result.name) in wanted.checks
        and not result.passed
        and not known.accepts(result)
    ]
    if not events:
        raise UsageError("none of these checks fails", help="`freshline check` runs them anew")
    project.sight.events.append(events)
    for event in events:
        click.secho(f"{event.target.asset}: {event.name} is accepted as it is", fg="green")
    return 0


def _declared(graph: Graph) -> list[tuple[str, str]]:
    return [
        (key, check.definition.name)
        for key in (*graph.sources, *graph.assets)
        for check in graph.checks_of(key)
    ]


def _looked_at(
    project: Project, chosen: frozenset[str] | None
) -> tuple[dict[str, Findings], list[str]]:
    """Run every check of the selection anew; return what was found, and what is not there yet."""
    ports, graph = project.ports(), project.graph
    facts = look(graph, project.root, project.environment, ports).facts
    setting = Setting(
        run=ports.ids.new(), root=project.root, graph=graph, ports=ports, sources=facts.sources
    )
    for problem in facts.graph.diagnostics[len(graph.diagnostics) :]:
        click.echo(diagnostic_text(problem), err=True)
    findings: dict[str, Findings] = {}
    absent: list[str] = []
    for key in (*graph.sources, *graph.assets):
        if not graph.checks_of(key) or (chosen is not None and key not in chosen):
            continue
        if key in facts.graph.quarantined:  # its source has gone since the project was read
            continue
        needs = (key, *(graph.assets.get(key) or graph.sources[key]).needs)
        if any(need in graph.assets and need not in facts.builds for need in needs):
            absent.append(key)
            continue
        target = facts.target(key)
        task = CheckTask(target=target, builds=facts.builds, known=facts.state.of(target))
        findings[key] = look_at(task, setting, anew=True)
    return findings, absent


def _report(findings: dict[str, Findings], absent: Sequence[str]) -> list[str]:
    results = [result for found in findings.values() for result in found.results]
    width = max((len(result.name) for result in results), default=0)
    lines: list[str] = []
    for key, found in findings.items():
        lines.append(click.style(key, bold=True))
        for result in found.results:
            lines.append(f"  {_mark(result)} {result.name:<{width}}  {_count(result)}".rstrip())
            if not result.passed and _blocks(result) and result.name not in found.refused:
                lines[-1] += "  (accepted)"
            lines += [f"           {line}" for line in _rows(result, 11)]
    lines += [f"{click.style(key, bold=True)}  was never materialized" for key in absent]
    passed = sum(result.passed for result in results)
    refused = sum(len(found.refused) for found in findings.values())
    counts = ((passed, "passed"), (len(results) - passed - refused, "let through"))
    words = ", ".join(f"{n} {word}" for n, word in (*counts, (refused, "failed")) if n)
    total = f"{len(results)} check{'' if len(results) == 1 else 's'}: {words or 'none run'}"
    return [*lines, click.style(total, fg="red" if refused else "green")]


def _mark(result: CheckResult) -> str:
    if result.passed:
        return click.style("passed  ", fg="green")
    if _blocks(result):
        return click.style("failed  ", fg="red")
    return click.style("warning ", fg="yellow")


def _blocks(result: CheckResult) -> bool:
    return result.severity is CheckSeverity.BLOCK


def _count(result: CheckResult) -> str:
    if result.error:
        return f"cannot be run: {result.error}"
    if result.kind is CheckKind.ROWS and result.rows:
        return f"there are {int(result.rows[0][0] or 0):,} rows"
    if result.passed:
        return ""
    return f"{result.failing:,} row{'' if result.failing == 1 else 's'}"


def _rows(result: CheckResult, indent: int) -> list[str]:
    """Return failing rows as a table: the columns that the check is about, and what fits."""
    if not result.rows or result.kind is CheckKind.ROWS:
        return []
    room = (terminal_width() or _PLAIN_WIDTH) - indent
    cells = [["NULL" if c is None else c.replace("\n", " ") for c in row] for row in result.rows]
    count = _fitting(result.columns, cells, room)
    right = frozenset(i for i in range(count) if all(_is_number(row[i]) for row in cells))
    lines = table(result.columns[:count], [row[:count] for row in cells], right=right, width=room)
    hidden, more = len(result.columns) - count, result.failing - len(result.rows)
    rest = [f"{more:,} more row{'' if more == 1 else 's'}"] if more > 0 else []
    rest += [f"{hidden} more column{'' if hidden == 1 else 's'}"] if hidden else []
    return [*lines, f"({', '.join(rest)})"] if rest else lines


def _fitting(header: Sequence[str], cells: Sequence[Sequence[str]], room: int) -> int:
    """Return how many columns have room beside each other, one at least."""
    widths = [max(len(row[i]) for row in (header, *cells)) for i in range(len(header))]
    count, used = 0, -_GAP
    while count < len(widths) and used + _GAP + widths[count] <= room:
        used += _GAP + widths[count]
        count += 1
    return max(count, 1)


def _is_number(text: str) -> bool:
    return text == "NULL" or text.lstrip("-").replace(".", "", 1).isdecimal()


def _fact(result: CheckResult, found: Findings) -> dict[str, object]:
    return {
        "check": result.name,
        "kind": result.kind,
        "severity": result.severity,
        "passed": result.passed,
        "accepted": not result.passed and _blocks(result) and result.name not in found.refused,
        "failing": result.failing,
        "columns": result.columns,
        "rows": result.rows,
        "error": result.error or None,
    }
