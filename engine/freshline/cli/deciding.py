"""validate, plan, apply and status: what is wrong, what is stale, and doing something about it."""

import os
import sys
import time

import click

from freshline.cli.compose import Project, graph_of, holder, opened
from freshline.cli.options import as_json, common, said, selection
from freshline.cli.render import diagnostics_text, error_text, plan_text, progress_text
from freshline.cli.select import selected
from freshline.codec import encode
from freshline.events import Outcome
from freshline.execute.apply import Applied, Order, succeeded
from freshline.execute.apply import apply as apply_plan
from freshline.execute.run import FINAL, Status
from freshline.execute.runner import Progress
from freshline.reconcile.observe import look, plan_from
from freshline.reconcile.plan import Plan, Wish, report

_DEFAULT_JOBS = min(8, 2 * (os.cpu_count() or 1))


@click.command()
@as_json
@common
def validate(as_json: bool) -> int:
    """Report everything that is wrong with the project, each thing with its place."""
    _, _, graph = graph_of(said())
    if as_json:
        answer = {"version": 1, "valid": not graph.failed, "problems": graph.diagnostics}
        click.echo(encode(answer))
    elif graph.diagnostics:
        click.echo(diagnostics_text(graph.diagnostics))
    if not as_json and not graph.failed:
        click.echo(f"{len(graph.assets)} assets and {len(graph.sources)} sources are valid")
    return 1 if graph.failed else 0


@click.command()
@selection
@as_json
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there is work to do.")
@click.option("--only", is_flag=True, help="Leave the selection's ancestors as they are.")
@common
def plan(selection: tuple[str, ...], as_json: bool, detailed_exitcode: bool, only: bool) -> int:
    """Show what an apply of SELECTION (default: everything) would do now, and why."""
    with opened(said()) as project:
        made = _planned(project, selection, only=only)
        if as_json:
            click.echo(encode(report(made)))
        else:
            _show_plan(project, made)
    return 2 if detailed_exitcode and made.steps else 0


@click.command()
@selection
@as_json
@click.option("--plan", "expected", metavar="ID", help="Apply only if this is still the plan.")
@click.option("-y", "--yes", is_flag=True, help="Agree beforehand to what would be asked.")
@click.option("--force", is_flag=True, help="Rebuild the selection although it is fresh.")
@click.option("--only", is_flag=True, help="Leave the selection's ancestors as they are.")
@click.option("--strict", is_flag=True, help="Do nothing at all while anything is broken.")
@click.option("-j", "--jobs", type=click.IntRange(1, 64), default=_DEFAULT_JOBS, show_default=True)
@common
def apply(
    selection: tuple[str, ...],
    as_json: bool,
    expected: str | None,
    yes: bool,
    force: bool,
    only: bool,
    strict: bool,
    jobs: int,
) -> int:
    """Make SELECTION (default: everything) fresh, with what it needs from its ancestors."""
    with opened(said()) as project:
        if strict and project.graph.failed:
            click.echo(diagnostics_text(project.graph.diagnostics), err=True)
            return 1
        order = Order(
            wish=Wish(selected=selected(project, selection), only=only, force=force),
            holder=holder(project.environment, "apply"),
            command=" ".join(["freshline", *sys.argv[1:]]),
            jobs=jobs,
            expected=expected,
        )
        shown = _Screen(quiet=said().verbosity < 0 or as_json)
        ports = project.ports()
        began = time.perf_counter()
        applied = apply_plan(
            project.place, ports, order, lambda p: shown.plan(project, p), shown.progress
        )
        shown.done()
        if as_json:
            click.echo(encode(_outcome(applied)))
        else:
            _show_outcome(applied, time.perf_counter() - began)
    if applied.report is not None and applied.report.outcome is Outcome.CANCELLED:
        return 130
    return 0 if succeeded(applied) else 1


@click.command()
@selection
@as_json
@common
def status(selection: tuple[str, ...], as_json: bool) -> int:
    """Show for each asset of SELECTION whether it is fresh, and if not, why."""
    with opened(said()) as project:
        made = _planned(project, selection, only=False)
        rows = _statuses(project, made)
        if as_json:
            answer = {"version": 1, "environment": project.environment, "assets": rows}
            click.echo(encode(answer))
        else:
            for row in rows:
                color = {"fresh": "green", "stale": "yellow", "missing": "red"}
                mark = click.style(f"{row['status']:<11}", fg=color.get(str(row["status"]), "red"))
                click.echo(f"{mark} {row['asset']}  {row['why']}".rstrip())
    return 0


def _planned(project: Project, selection: tuple[str, ...], *, only: bool) -> Plan:
    seen = look(project.graph, project.root, project.environment, project.sight)
    wish = Wish(selected=selected(project, selection), only=only)
    made, _ = plan_from(seen, project.sight, wish)
    return made


def _show_plan(project: Project, made: Plan) -> None:
    click.echo(plan_text(made, project.declared))
    broken = [d for d in made.problems if d.severity == "error"]
    if broken:
        click.echo(diagnostics_text(broken), err=True)


def _statuses(project: Project, made: Plan) -> list[dict[str, object]]:
    verdicts: dict[str, tuple[str, str]] = {}
    for fresh in made.fresh:
        verdicts[fresh.asset] = ("fresh", fresh.proof)
    for step in made.steps:
        word = "missing" if step.action == "create" else "stale"
        word = word if step.certain else "maybe stale"
        verdicts[step.asset] = (word, "; ".join(reason.detail for reason in step.reasons))
    for aside in made.quarantined:
        why = f"with {aside.because}" if aside.because else aside.code
        verdicts[aside.asset] = ("set aside", why)
    order = [*project.graph.assets, *project.graph.quarantined]
    return [
        {"asset": key, "status": verdicts[key][0], "why": verdicts[key][1]}
        for key in order
        if key in verdicts
    ]


class _Screen:
    """What a run shows while it goes: lines as steps end, and on a terminal a line that counts."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._live = not quiet and sys.stderr.isatty()
        self._running: dict[str, None] = {}

    def plan(self, project: Project, made: Plan) -> None:
        if not self._quiet:
            if made.steps:
                click.echo(plan_text(made, project.declared), err=True)
            broken = [d for d in made.problems if d.severity == "error"]
            if broken:
                click.echo(diagnostics_text(broken), err=True)

    def progress(self, now: Progress) -> None:
        if self._quiet:
            return
        if now.status in FINAL:
            self._running.pop(now.asset, None)
            place = f"{now.done:>{len(str(now.total))}}/{now.total}"
            self._line(progress_text(now.status, now.asset, _detail(now), place))
            if now.error is not None and now.status is Status.FAILED:
                self._line(_indented(error_text(now.error)))
        else:
            self._running[now.asset] = None
        if self._live:
            names = ", ".join(list(self._running)[:3])
            click.echo(f"\r\x1b[2K  running {names}"[:200], nl=False, err=True)

    def done(self) -> None:
        if self._live:
            click.echo("\r\x1b[2K", nl=False, err=True)

    def _line(self, text: str) -> None:
        clear = "\r\x1b[2K" if self._live else ""
        click.echo(clear + text, err=True)


def _detail(now: Progress) -> str:
    parts: list[str] = []
    if now.rows is not None:
        parts.append(f"{now.rows:,} rows")
    if now.status is Status.BUILT:
        parts.append(f"{now.seconds:.2f} s")
    if now.note:
        parts.append(now.note)
    return "  ".join(parts)


def _show_outcome(applied: Applied, seconds: float) -> None:
    report = applied.report
    for problem in applied.problems:
        click.secho(f"warning: {problem}", fg="yellow", err=True)
    if report is None:
        total = len(applied.plan.fresh)
        aside = len(applied.plan.quarantined)
        rest = f", {aside} set aside" if aside else ""
        click.secho(f"nothing is stale: {total} fresh{rest}", fg="green" if not aside else "yellow")
        return
    counts = ((status.value, report.count(status)) for status in FINAL)
    words = ", ".join(f"{n} {name}" for name, n in sorted(counts) if n)
    color = {Outcome.SUCCEEDED: "green", Outcome.FAILED: "red"}.get(report.outcome, "yellow")
    click.secho(f"{report.outcome} in {seconds:.1f} s: {words}   run {report.run}", fg=color)


def _outcome(applied: Applied) -> dict[str, object]:
    report_ = applied.report
    return {
        "version": 1,
        "plan_id": applied.plan.plan_id,
        "run": report_.run if report_ else None,
        "outcome": report_.outcome if report_ else "succeeded",
        "steps": [
            {
                "asset": key,
                "status": status,
                "error": _error(report_.errors.get(key)) if report_ else None,
            }
            for key, status in (report_.status.items() if report_ else ())
        ],
        "fresh": [fresh.asset for fresh in applied.plan.fresh],
        "quarantined": applied.plan.quarantined,
        "problems": list(applied.problems),
    }


def _error(error: Exception | None) -> dict[str, str] | None:
    code = getattr(error, "code", "")
    return None if error is None else {"code": code, "message": str(error)}


def _indented(text: str) -> str:
    return "\n".join(f"      {line}" for line in text.split("\n"))
