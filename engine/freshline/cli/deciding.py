"""validate, plan, apply and status: what is wrong, what is stale, and doing something about it."""

import math
import os
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from freshline.cli.checking import accepting
from freshline.cli.compose import Project, graph_of, holder, opened, run_wanted, terminal_width
from freshline.cli.options import Whole, as_json, common, said, selection
from freshline.cli.render import diagnostics_text, held_text, plan_text
from freshline.cli.screen import Screen, outcome, show_outcome, status_lines
from freshline.cli.select import selected
from freshline.cli.waiting import in_line
from freshline.codec import encode
from freshline.counted import counted
from freshline.definitions import Trust
from freshline.errors import Diagnostic
from freshline.events import Outcome
from freshline.execute.apply import Order, succeeded
from freshline.execute.rounds import apply_in_rounds
from freshline.execute.runner import Patience
from freshline.execute.unfinished import last_run, to_build, unfinished
from freshline.lineage.graph import Graph
from freshline.reconcile.facts import Facts
from freshline.reconcile.held import refuse_force
from freshline.reconcile.observe import look, plan_from
from freshline.reconcile.planned import Plan, Wish, report
from freshline.reconcile.statuses import statuses
from freshline.survey import Status

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
        assets, sources = counted(len(graph.assets), "asset"), counted(len(graph.sources), "source")
        click.echo(f"{assets} and {sources} are valid")
    return 1 if failed else 0


@click.command()
@selection
@as_json
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there is work to do.")
@click.option("--only", is_flag=True, help="Leave the selection's ancestors as they are.")
@click.option("--force", is_flag=True, help="As if the selection were not fresh.")
@click.option("--strict", is_flag=True, help="Take sources that are only guessed at for changed.")
@common
def plan(
    selection: tuple[str, ...],
    as_json: bool,
    detailed_exitcode: bool,
    only: bool,
    force: bool,
    strict: bool,
) -> int:
    """Show what an apply of SELECTION (default: everything) would do now, and why."""
    with opened(said()) as project:
        wish = Wish(only=only, force=force, strict=strict, named=frozenset(selection))
        made, _ = _planned(project, selection, wish)
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
@click.option("--failed", is_flag=True, help="Only what the last run did not finish.")
@click.option("--strict", is_flag=True, help="Do nothing while anything is broken; trust no guess.")
@click.option("--accept", multiple=True, metavar="CHECK", help="Take a failing check as it is.")
@click.option("--reason", metavar="TEXT", help="Why that is accepted; it goes on record.")
@click.option("--retries", type=Whole(0), help="Try each step again so often at most.")
@click.option("--no-wait", is_flag=True, help="Fail rather than wait for what others do here.")
@click.option("-j", "--jobs", type=Whole(1, 64), default=_DEFAULT_JOBS, show_default=True)
@common
def apply(
    selection: tuple[str, ...],
    as_json: bool,
    expected: str | None,
    yes: bool,
    force: bool,
    only: bool,
    failed: bool,
    strict: bool,
    accept: tuple[str, ...],
    reason: str | None,
    retries: int | None,
    no_wait: bool,
    jobs: int,
) -> int:
    """Make SELECTION (default: everything) fresh, with what it needs from its ancestors."""
    with opened(said()) as project:
        if (strict or project.graph.project.strict) and project.graph.failed:
            click.echo(diagnostics_text(project.graph.diagnostics), err=True)
            why = "" if strict else f": the environment {project.environment} is strict"
            click.echo(f"nothing was done{why}", err=True)
            return 1
        chosen = selected(project, selection, with_aside=True)
        if failed:
            chosen = _left(project, chosen)
            if not chosen:
                return _nothing_left(project, selection, as_json=as_json)
        order = Order(
            wish=Wish(
                selected=chosen,
                only=only,
                force=force,
                named=frozenset(selection),
                strict=strict,
            ),
            holder=holder(project.environment, "apply"),
            command=" ".join(["freshline", *sys.argv[1:]]),
            jobs=jobs,
            expected=expected,
            accepting=accepting(project, accept, reason),
            patience=Patience(most=retries, in_line=0.0 if no_wait else math.inf),
            may_drop=partial(_may_drop, yes=yes),
            run=run_wanted(),
            wait=None if no_wait else in_line(),
        )
        shown = Screen(quiet=said().verbosity < 0 or as_json)
        began = time.perf_counter()
        with project.working() as ports:
            applied = apply_in_rounds(
                project.place, ports, order, lambda p: shown.plan(project, p), shown.progress
            )
        shown.done()
        if as_json:
            click.echo(encode(outcome(applied)))
        else:
            show_outcome(applied, time.perf_counter() - began)
    if applied.report is not None and applied.report.outcome is Outcome.CANCELLED:
        return 130
    return 0 if succeeded(applied) else 1


def _may_drop(keys: tuple[str, ...], *, yes: bool) -> bool:
    """Ask whether these assets are dropped; where nobody can be asked they are not."""
    if yes or not sys.stdin.isatty():
        return yes
    what = keys[0] if len(keys) == 1 else f"these {len(keys)} assets"
    return click.confirm(f"Drop {what}?", err=True)


@click.command()
@selection
@as_json
@common
def status(selection: tuple[str, ...], as_json: bool) -> int:
    """Show for each asset of SELECTION whether it is fresh, and if not, why."""
    with opened(said()) as project:
        made, facts = _planned(project, selection, Wish())
        rows = _statuses(made, facts)
        if as_json:
            answer = {"version": 1, "environment": project.environment, "assets": rows}
            click.echo(encode({**answer, "failing": report(made)["failing"]}))
            return 0
    for line in status_lines(rows, made.failing, terminal_width()):
        click.echo(line)
    return 0


def _left(project: Project, chosen: frozenset[str] | None) -> frozenset[str]:
    """Return what the last run here did not finish, as far as it is among the chosen ones."""
    log = project.sight.events
    last = last_run(log.runs(project.graph.project.name, 10_000), project.environment)
    if last is None:
        return frozenset()
    left = to_build(unfinished(log.events(run=last.run, limit=1_000_000)), project.graph)
    return left if chosen is None else left & chosen


def _nothing_left(project: Project, selection: tuple[str, ...], *, as_json: bool) -> int:
    if as_json:
        click.echo(encode({"version": 1, "run": None, "outcome": "succeeded", "steps": []}))
    else:
        among = f" of {' '.join(selection)}" if selection else ""
        words = f"the last run in {project.environment} left nothing{among} undone"
        click.secho(words, fg="green")
    return 0


def _problems_of_tests(root: Path, graph: Graph) -> tuple[Diagnostic, ...]:
    if not (root / "tests").is_dir():
        return ()
    from freshline.cli.testing import faults  # DuckDB, which nothing else here needs

    return faults(root, graph)


def _planned(project: Project, selection: tuple[str, ...], wish: Wish) -> tuple[Plan, Facts]:
    seen = look(project.graph, project.root, project.environment, project.sight)
    wish = replace(wish, selected=selected(project, selection, with_aside=True))
    if wish.force and wish.selected is not None:
        refuse_force(seen.facts, wish.selected)
    return plan_from(seen, project.sight, wish)


def _show_plan(project: Project, made: Plan) -> None:
    click.echo(plan_text(made, project.declared, terminal_width()))
    broken = [d for d in made.problems if d.severity == "error"]
    if broken:
        click.echo(diagnostics_text(broken), err=True)


def _statuses(made: Plan, facts: Facts) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for key, told in statuses(made, facts).items():
        is_fresh = told.status is Status.FRESH
        star = "*" if is_fresh and told.proof and told.trust is Trust.HEURISTIC else ""
        rows.append(
            {
                "asset": key,
                "status": f"{told.status}{star}",
                "why": held_text(told.held) if told.held is not None else told.words,
                "held_back": None if is_fresh else _held_back(facts, key),
                "failure": None if is_fresh else _failure(facts, key),
            }
        )
    return rows


def _failure(facts: Facts, key: str) -> str | None:
    """Say how the last attempt failed, where it did and left nothing to look at."""
    known = facts.state.of(facts.target(key))
    if known.failure is None or known.candidate is not None:
        return None
    return f"{known.failure.code} {known.failure.message}"


def _held_back(facts: Facts, key: str) -> str | None:
    """Say what became of the last candidate, where a check kept it from being published."""
    known = facts.state.of(facts.target(key))
    if known.candidate is None or known.failure is None:
        return None
    return f"{known.failure.message}   freshline preview {key} --candidate"
