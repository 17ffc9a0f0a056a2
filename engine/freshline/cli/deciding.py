"""validate, plan, apply and status: what is wrong, what is stale, and doing something about it."""

import os
import shutil
import sys
import time
from pathlib import Path

import click

from freshline.cli.checking import accepting, failures_text
from freshline.cli.compose import Project, graph_of, holder, opened
from freshline.cli.options import as_json, common, said, selection
from freshline.cli.render import (
    diagnostics_text,
    error_text,
    plan_text,
    progress_text,
    standing_text,
)
from freshline.cli.select import selected
from freshline.codec import encode
from freshline.errors import Diagnostic
from freshline.events import Outcome
from freshline.execute.apply import Applied, Order, succeeded
from freshline.execute.apply import apply as apply_plan
from freshline.execute.run import FINAL, Status
from freshline.execute.runner import Progress
from freshline.lineage.graph import Graph
from freshline.reconcile.observe import look, plan_from
from freshline.reconcile.plan import Plan, Wish, report
from freshline.reconcile.staleness import Facts

_DEFAULT_JOBS = min(8, 2 * (os.cpu_count() or 1))


@click.command()
@as_json
@common
def validate(as_json: bool) -> int:
    """Report everything that is wrong with the project, each thing with its place."""
    root, _, graph = graph_of(said())
    found = _problems_of_tests(root, graph)
    problems, failed = (*graph.diagnostics, *found), graph.failed or bool(found)
    if as_json:
        click.echo(encode({"version": 1, "valid": not failed, "problems": problems}))
    elif problems:
        click.echo(diagnostics_text(problems))
    if not as_json and not failed:
        click.echo(f"{len(graph.assets)} assets and {len(graph.sources)} sources are valid")
    return 1 if failed else 0


@click.command()
@selection
@as_json
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there is work to do.")
@click.option("--only", is_flag=True, help="Leave the selection's ancestors as they are.")
@common
def plan(selection: tuple[str, ...], as_json: bool, detailed_exitcode: bool, only: bool) -> int:
    """Show what an apply of SELECTION (default: everything) would do now, and why."""
    with opened(said()) as project:
        made, _ = _planned(project, selection, only=only)
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
@click.option("--accept", multiple=True, metavar="CHECK", help="Take a failing check as it is.")
@click.option("--reason", metavar="TEXT", help="Why that is accepted; it goes on record.")
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
    accept: tuple[str, ...],
    reason: str | None,
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
            accepting=accepting(project, accept, reason),
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
        made, facts = _planned(project, selection, only=False)
        rows = _statuses(project, made, facts)
        if as_json:
            answer = {"version": 1, "environment": project.environment, "assets": rows}
            click.echo(encode({**answer, "failing": report(made)["failing"]}))
            return 0
    for row in rows:
        color = {"fresh": "green", "stale": "yellow", "missing": "red"}
        mark = click.style(f"{row['status']:<11}", fg=color.get(str(row["status"]), "red"))
        click.echo(f"{mark} {row['asset']}  {row['why']}".rstrip())
        if row["held_back"]:
            click.echo(f"{'held back':<11} {row['held_back']}")
    for found in made.failing:
        click.echo(standing_text(found).lstrip())
    return 0


def _problems_of_tests(root: Path, graph: Graph) -> tuple[Diagnostic, ...]:
    if not (root / "tests").is_dir():
        return ()
    from freshline.cli.testing import faults  # DuckDB, which nothing else here needs

    return faults(root, graph)


def _planned(project: Project, selection: tuple[str, ...], *, only: bool) -> tuple[Plan, Facts]:
    seen = look(project.graph, project.root, project.environment, project.sight)
    wish = Wish(selected=selected(project, selection), only=only)
    return plan_from(seen, project.sight, wish)


def _show_plan(project: Project, made: Plan) -> None:
    click.echo(plan_text(made, project.declared))
    broken = [d for d in made.problems if d.severity == "error"]
    if broken:
        click.echo(diagnostics_text(broken), err=True)


def _statuses(project: Project, made: Plan, facts: Facts) -> list[dict[str, object]]:
    verdicts: dict[str, tuple[str, str]] = {}
    for fresh in made.fresh:
        verdicts[fresh.asset] = ("fresh", fresh.proof)
    for step in made.steps:
        word = "missing" if step.action == "create" else "stale"
        word = word if step.certain else "maybe stale"
        word = "fresh" if step.action == "check" else word
        verdicts[step.asset] = (word, "; ".join(reason.detail for reason in step.reasons))
    for blocked in made.blocked:
        verdicts[blocked.asset] = ("blocked", blocked.why)
    for aside in made.quarantined:
        why = f"with {aside.because}" if aside.because else aside.code
        verdicts[aside.asset] = ("set aside", why)
    order = [*project.graph.assets, *project.graph.quarantined]
    return [
        {
            "asset": key,
            "status": verdicts[key][0],
            "why": verdicts[key][1],
            "held_back": None if verdicts[key][0] == "fresh" else _held_back(facts, key),
        }
        for key in order
        if key in verdicts
    ]


def _held_back(facts: Facts, key: str) -> str | None:
    """Say what became of the last candidate, where a check kept it from being published."""
    known = facts.state.of(facts.target(key))
    if known.candidate is None or known.failure is None:
        return None
    return f"{known.failure.message}   freshline preview {key} --candidate"


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
            if now.checks:
                self._line(failures_text(now.checks, 6))
            if now.error is not None and now.status is Status.FAILED:
                self._line(_indented(error_text(now.error)))
        else:
            self._running[now.asset] = None
        if self._live and self._running:
            names = ", ".join(self._running)
            room = shutil.get_terminal_size().columns - 1
            click.echo(f"\r\x1b[2K{f'  running {names}'[:room]}", nl=False, err=True)

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
        for found in applied.plan.failing:
            click.echo(standing_text(found), err=True)
        for warning in applied.plan.warnings:
            click.echo(f"  {click.style('warning', fg='yellow')} {warning}", err=True)
        total = len(applied.plan.fresh)
        aside = len(applied.plan.quarantined)
        rest = f", {aside} set aside" if aside else ""
        rest += _failing(applied)
        click.secho(f"nothing is stale: {total} fresh{rest}", fg="yellow" if rest else "green")
        return
    counts = ((status.value, report.count(status)) for status in FINAL)
    words = ", ".join(f"{n} {name}" for name, n in sorted(counts) if n)
    color = {Outcome.SUCCEEDED: "green", Outcome.FAILED: "red"}.get(report.outcome, "yellow")
    if bad := _failing(applied):
        words, color = words + bad, "yellow" if color == "green" else color
    click.secho(f"{report.outcome} in {seconds:.1f} s: {words}   run {report.run}", fg=color)


def _failing(applied: Applied) -> str:
    """Count the checks that are known to fail on what stays as it is, and that nobody accepted."""
    bad = sum(found.blocks for found in applied.plan.failing)
    return f", {bad} failing check{'' if bad == 1 else 's'}" if bad else ""


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
        "failing": report(applied.plan)["failing"],
        "problems": list(applied.problems),
    }


def _error(error: Exception | None) -> dict[str, str] | None:
    code = getattr(error, "code", "")
    return None if error is None else {"code": code, "message": str(error)}


def _indented(text: str) -> str:
    return "\n".join(f"      {line}" for line in text.split("\n"))
