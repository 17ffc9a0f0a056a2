"""test: unit tests of assets, rows given and rows expected."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path

import click

from freshline.calls import Workers
from freshline.cli.code import workers
from freshline.cli.compose import Project, opened
from freshline.cli.differences import LEGEND, difference_lines
from freshline.cli.options import as_json, common, said, selection
from freshline.cli.render import diagnostic_text
from freshline.cli.select import selected
from freshline.cli.tracing import trace_lines
from freshline.codec import encode
from freshline.declare.asset_tests import AssetTest, DeclaredTests, read_tests
from freshline.declare.pipes import written
from freshline.errors import Diagnostic, UsageError
from freshline.execute.asset_tests import Result, Verdict, faults_of, run_tests
from freshline.execute.code_tests import Calling
from freshline.lineage.graph import Graph
from freshline.suggest import closest

_COLORS = {Verdict.PASSED: "green", Verdict.FAILED: "red", Verdict.BROKEN: "yellow"}
_SAMPLE_COLUMNS = 3
_SAMPLE_VALUES = {"DATE": "2024-03-04", "TIMESTAMP": "2024-03-04 10:30:00", "BOOLEAN": "true"}


@click.command()
@selection
@as_json
@click.option("-k", "pattern", metavar="PATTERN", help="Only tests with such a name; * is a run.")
@common
def test(selection: tuple[str, ...], as_json: bool, pattern: str | None) -> int:
    """Run the unit tests of SELECTION (default: all): given rows in, expected rows out."""
    with opened(said()) as project:
        declared = read_tests(project.root)
        tests = declared.tests
        chosen = selected(project, selection, with_aside=True)
        if chosen is not None:
            tests = tuple(test for test in tests if test.asset.text in chosen)
        if pattern is not None:
            tests = _named(tests, pattern)
        results = _results(project, tests) if tests else ()
        if as_json:
            click.echo(encode(_answer(results, declared.problems)))
        elif not declared.tests and not declared.problems:
            click.echo("\n".join(_first_test(project.graph)))
        elif not results and not declared.problems:
            click.echo("no test is about this selection")
        else:
            _show(results, declared)
    fine = all(result.verdict is Verdict.PASSED for result in results)
    return 0 if fine and not declared.problems else 1


def _results(project: Project, tests: tuple[AssetTest, ...]) -> tuple[Result, ...]:
    with calling(project.root, project.environment) as code:
        return run_tests(tests, project.graph, code)


@contextmanager
def calling(root: Path, environment: str) -> Generator[Calling]:
    """Return where code of tests runs; processes start with the first call, and end with this."""
    begun: list[Workers] = []

    def begin() -> Workers:
        if not begun:
            begun.append(workers())
        return begun[0]

    try:
        yield Calling(root=root, environment=environment, workers=begin)
    finally:
        for each in begun:
            each.close()


def faults(root: Path, graph: Graph) -> tuple[Diagnostic, ...]:
    """Return everything that is wrong with the tests of a project; none is run."""
    declared = read_tests(root)
    if not graph.project.name:  # nothing is known that a test could be about
        return (*declared.problems, *(fault for test in declared.tests for fault in test.faults))
    found = faults_of(declared.tests, graph) if declared.tests else ()
    return (*declared.problems, *found)


def _named(tests: tuple[AssetTest, ...], pattern: str) -> tuple[AssetTest, ...]:
    wanted = f"*{pattern.lower().replace('[', '[[]')}*"
    found = tuple(test for test in tests if fnmatchcase(test.name.lower(), wanted))
    if tests and not found:
        near = closest(pattern, [test.name for test in tests])
        hint = f'did you mean "{near[0]}"?' if near else "see `freshline test -v` for all of them"
        raise UsageError(f'no test is called like "{pattern}"', help=hint)
    return found


def _show(results: Sequence[Result], declared: DeclaredTests) -> None:
    for problem in declared.problems:
        click.echo(diagnostic_text(problem))
    for result in results:
        if result.verdict is not Verdict.PASSED or said().verbosity > 0:
            click.echo("\n".join(result_lines(result)))
    if any(result.difference for result in results):
        click.echo(click.style(LEGEND, dim=True))
    counts = [(v, sum(r.verdict is v for r in results)) for v in Verdict]
    parts = [click.style(f"{n} {v}", fg=_COLORS[v]) for v, n in counts if n or v is Verdict.PASSED]
    if declared.problems:
        errors = len(declared.problems)
        word = "problem" if errors == 1 else "problems"
        parts.append(click.style(f"{errors} {word} outside the tests", fg="yellow"))
    click.echo(", ".join(parts))


def result_lines(result: Result) -> list[str]:
    """Return what came of a test: its name and place, and below what is wrong."""
    word = click.style(result.verdict, fg=_COLORS[result.verdict], bold=True)
    place = click.style(str(result.span), fg="cyan")
    lines = [f"{word}  {result.name}  {place}"]
    told = result.message.split("\n") if result.message else []
    told += difference_lines(result.difference) if result.difference else []
    told += trace_lines(result.trace)[1:]  # the first line is the message
    if result.verdict is Verdict.FAILED and result.said:
        told += ["it wrote:", *(f"  {line}" for line in result.said)]
    for fault in result.faults:
        told += diagnostic_text(fault).split("\n")
    return [*lines, *(f"  {line}" for line in told)]


def _answer(results: Sequence[Result], problems: Sequence[Diagnostic]) -> dict[str, object]:
    return {
        "version": 1,
        **{v.value: sum(result.verdict is v for result in results) for v in Verdict},
        "tests": results,
        "problems": problems,
    }


def _first_test(graph: Graph) -> list[str]:
    """Say that there is no test, and how one begins, about an asset of this very project."""
    known = [a for a in graph.assets.values() if a.columns and a.upstreams]
    asset = next((a for a in reversed(known) if graph.columns_of(a.upstreams[0])), None)
    if asset is None:
        return ["This project has no tests, and no asset that reads another."]
    key = asset.definition.key
    inputs = graph.columns_of(asset.upstreams[0])[:_SAMPLE_COLUMNS]
    row = [_sample(column.type) for column in inputs]
    return [
        f"This project has no tests. A first one, in tests/{key.split('.')[-1]}.yaml:",
        "",
        "tests:",
        "  what_is_to_hold:",
        f"    asset: {key}",
        "    given:",
        f"      {asset.upstreams[0]}: |",
        *(f"        {line}".rstrip() for line in written([c.name for c in inputs], [row])),
        "    expect:",
        f"      - {{{asset.columns[0].name}: {_sample(asset.columns[0].type)}}}",
    ]


def _sample(type: str) -> str:
    return _SAMPLE_VALUES.get(type, "some text" if type == "VARCHAR" else "1")
