"""logs: what a run said while it went, line by line, also while it goes.

What code said stands as it said it, behind where that came from; how code failed stands with the
author's own frames first.
"""

import json
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

import click

from freshline.cli.compose import LOGS, Project, opened, terminal_width
from freshline.cli.layout import folded
from freshline.cli.options import as_json, common, said
from freshline.cli.tracing import trace_lines
from freshline.errors import ResourceError, UsageError
from freshline.suggest import closest

_LOOK = 0.1  # seconds between two looks for more
_LEVELS = ("debug", "info", "warning", "error")
_COLORS = {"warning": "yellow", "error": "red", "debug": "bright_black"}
_BAR = 20
_ID = re.compile(r"[0-9a-f-]*")
Line = Mapping[str, object]


@click.command()
@click.argument("run", required=False)
@click.argument("step", required=False)
@click.option("--asset", metavar="KEY", help="Only what was said of this asset; STEP is the same.")
@click.option(
    "--level",
    type=click.Choice(_LEVELS),
    default="debug",
    help="Only lines that are at least so bad.",
)
@click.option("-f", "--follow", is_flag=True, help="Go on until the run has ended.")
@as_json
@common
def logs(
    run: str | None, step: str | None, asset: str | None, level: str, follow: bool, as_json: bool
) -> int:
    """Show what RUN (default: the last one) said while it went, of all steps or of STEP alone.

    What is no id of a run is a STEP of the last one.
    """
    if run is not None and step is None and asset is None and not _ID.fullmatch(run):
        run, step = None, run
    if step is not None and asset not in (None, step):
        raise UsageError("STEP and --asset are the same", help="say one of them")
    asset = asset if step is None else step
    with opened(said()) as project:
        path = _file_of(project, run)
        shown, others = 0, set[str]()
        for text in _lines(project, path, follow=follow):
            line = _read(text)
            about = str(line.get("asset", ""))
            others.add(about)
            if asset is not None and about != asset:
                continue
            shown += 1
            if _LEVELS.index(_level(line)) < _LEVELS.index(level):
                continue
            for row in [text] if as_json else _told(line, terminal_width()):
                click.echo(row)
    if asset is not None and not shown:
        near = closest(asset, others - {""})
        hint = f'did you mean "{near[0]}"?' if near else "it was no step of that run"
        raise UsageError(f"run {path.stem} says nothing of {asset}", help=hint)
    return 0


def _file_of(project: Project, run: str | None) -> Path:
    """Return the log of a run, by the beginning of its id; of the last one here by default."""
    folder = project.root / LOGS
    files = sorted(folder.glob("*.jsonl"), reverse=True) if folder.is_dir() else []
    if run is not None:
        if not run.strip():
            raise UsageError("which run?", help="see `freshline runs` for all")
        found = [path for path in files if path.stem.startswith(run)]
        if not found:
            raise UsageError(
                f'there is no log of a run "{run}"',
                help="see `freshline runs`; the logs of the last 200 are kept",
            )
        return found[0]
    for path in files:
        if _environment(path) == project.environment:
            return path
    raise UsageError(
        f"there is no log of a run in {project.environment}", help="an apply writes one"
    )


def _environment(path: Path) -> object:
    with path.open(encoding="utf-8", errors="replace") as file:
        return _read(file.readline()).get("environment")


def _lines(project: Project, path: Path, *, follow: bool) -> Iterator[str]:
    """Yield the whole lines of a log; when following, until it ends or nobody writes it now."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            rest = ""
            while True:
                is_live = follow and _is_live(project, path)  # asked before the last look
                while part := file.readline():
                    rest += part
                    if rest.endswith("\n"):
                        yield rest.rstrip("\n")
                        if _read(rest).get("event") == "run_finished":
                            return
                        rest = ""
                if not is_live:
                    return
                time.sleep(_LOOK)
    except OSError as error:
        raise ResourceError(f"cannot read {path}: {error.strerror}") from error


def _is_live(project: Project, path: Path) -> bool:
    holders = project.sight.events.holders(f"apply:{_environment(path)}")
    return any(holder.run == path.stem for holder in holders)


def _read(text: str) -> Line:
    """Return a line as written; of one that is damaged its text as message."""
    try:
        found: object = json.loads(text)
    except ValueError:
        found = None
    return cast(Line, found) if isinstance(found, dict) else {"message": text.rstrip()}


def _level(line: Line) -> str:
    level = str(line.get("level", ""))
    return level if level in _LEVELS else "info"


def _told(line: Line, width: int | None) -> list[str]:
    """Return a line as people read it, with place, help and trace of an error below."""
    moment = str(line.get("time", ""))[11:23]
    level = str(line.get("level", ""))
    mark = click.style(f"{level:<7}", fg=_COLORS.get(level))
    about = str(line.get("asset") or line.get("event", "")).ljust(20)
    head = f"{moment:<12}  {mark}  {about}  "
    said = str(line.get("message", ""))
    if str(line.get("event", "")).startswith("code_") and "source" in line:
        source = click.style(f"{line['source']!s:<8}", dim=True)
        return [f"{head}{source}  {_bar(line)}{said}".rstrip()]  # as it was said, never folded
    rows = folded(head, said, indent=25 + len(about), width=width)
    for name in ("place", "help"):
        if line.get(name):
            rows += folded(" " * 23, str(line[name]), indent=23, width=width)
    return [*rows, *(f"{' ' * 23}{row}" for row in trace_lines(str(line.get("trace", ""))))]


def _bar(line: Line) -> str:
    """Return how far code says it is as a bar; nothing where it says no such thing."""
    done = line.get("done")
    if not isinstance(done, int | float):
        return ""
    full = round(min(max(done, 0.0), 1.0) * _BAR)
    return f"[{'#' * full}{'.' * (_BAR - full)}] {done:4.0%}  "
