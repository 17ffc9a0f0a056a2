"""Scenarios: edits of one small project, what is planned for each, and what came of it.

A scenario is a file: its first line is its name, then come turns. A turn is one or more lines that
begin with `$ ` and change the project, and what an apply then planned and did: once where the
staging assets are views, and once where they are tables. Lines that begin with `not yet: ` say what
the answer does not show, and should.
"""

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import duckdb

from freshline.cli.compose import graph_of
from freshline.cli.options import Common
from freshline.lineage.canonical import marked
from freshline.lineage.sources import relation
from freshline.notebook import Applied
from freshline.reconcile.planned import Plan, Step

FOLDER = Path(__file__).parent / "scenarios"
PROJECT = FOLDER / "project"
VARIANTS = ("views", "tables")
_CAME = {"verified": "cut off"}
# No two edits of a file at the same moment, and all of them long ago.
_AGO = count(1_600_000_000)
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Some edits, and by variant the lines of what was planned and done."""

    edits: tuple[str, ...]
    answers: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One file: what it is called, what is still missing in it, and its turns."""

    name: str
    turns: tuple[Turn, ...]
    missing: str = ""


def scenario(text: str) -> Scenario:
    """Return a scenario from its file."""
    name, *lines = text.splitlines()
    missing = [line.removeprefix("not yet: ") for line in lines if line.startswith("not yet: ")]
    turns: list[tuple[list[str], dict[str, list[str]]]] = []
    heard: list[str] | None = None
    for line in lines:
        if line.startswith("$ "):
            if not turns or turns[-1][1]:
                turns.append(([], {}))
            turns[-1][0].append(line[2:])
        elif line.startswith("with "):
            heard = turns[-1][1].setdefault(line.removeprefix("with "), [])
        elif line.startswith("  ") and heard is not None:
            heard.append(line[2:])
    return Scenario(
        name=name,
        missing=" ".join(missing),
        turns=tuple(
            Turn(edits=tuple(edits), answers={k: tuple(said) for k, said in answers.items()})
            for edits, answers in turns
        ),
    )


def text_of(told: Scenario) -> str:
    """Return the file of a scenario."""
    lines = [told.name, *([f"not yet: {told.missing}"] if told.missing else [])]
    for turn in told.turns:
        lines += ["", *(f"$ {edit}" for edit in turn.edits)]
        for variant in VARIANTS:
            lines += ["", f"with {variant}", *(f"  {line}" for line in turn.answers[variant])]
    return "\n".join(lines) + "\n"


def write_project(root: Path, variant: str) -> None:
    """Write the project that the edits are made to."""
    shutil.copytree(PROJECT, root)
    for file in (root / "assets/stg").glob("*.sql"):
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace("kind: view", f"kind: {variant[:-1]}"), encoding="utf-8")


def edit(root: Path, command: str) -> None:
    """Change a project as one line of a scenario says.

    What was touched just before is compiled anew by each command, so it is made to seem older.
    """
    verb, _, rest = command.partition(" ")
    file, _, change = rest.partition(": ")
    change = change.replace("\\n", "\n")
    path = root / file
    match verb:
        case "edit":
            old, new = change.split(" => ")
            text = path.read_text(encoding="utf-8")
            assert old in text, f"{file} has no {old!r}"
            _write(path, text.replace(old, new))
        case "write":
            _write(path, change + "\n")
        case "append":
            _write(path, path.read_text(encoding="utf-8") + change + "\n")
        case "remove":
            path.unlink()
        case "damage":
            newest = max((root / ".freshline/lake/data" / rest).rglob("*.parquet"), key=_age)
            newest.write_bytes(newest.read_bytes()[:-9] + b"overwrite")
        case "lose":
            shutil.rmtree(root / ".freshline/lake/data" / rest)
        case "nothing":
            pass
        case _:
            raise ValueError(f"a scenario cannot {verb!r}")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    seconds = next(_AGO)
    os.utime(path, (seconds, seconds))


def answer(done: Applied) -> tuple[str, ...]:
    """Return what was planned and what came of it, line by line."""
    plan = done.plan
    lines = [_line(step, done) for step in plan.steps]
    aside = [f"{q.asset} {q.code or f'because of {q.because}'}" for q in plan.quarantined]
    found = [f"{d.code} {d.span}: {d.message}" for d in plan.problems]
    listed = (
        ("metadata", [f"{change.asset} ({', '.join(change.fields)})" for change in plan.metadata]),
        ("set aside", aside),
        ("orphans", plan.orphans),
        ("blocked", [f"{b.asset}: {b.why}" for b in plan.blocked]),
        ("failing", [f"{f.asset}: {f.check.definition.name}" for f in plan.failing]),
        ("fresh", [fresh.asset for fresh in plan.fresh] or ["none"]),
    )
    lines += [f"{word}: {', '.join(items)}" for word, items in listed if items]
    lines += [f"problem: {line}" for line in found]
    lines += [f"error: {e.code} {e.message}" for e in done.errors.values()]
    return tuple(line.rstrip() for line in lines)


def expected_rows(root: Path) -> Mapping[str, list[tuple[object, ...]]]:
    """Return the rows of every asset as DuckDB alone makes them from the project's text.

    Nothing is reused, narrowed or looked through: what the assets hold must be equal to this.
    """
    _, _, graph = graph_of(Common(project=root))
    found: dict[str, list[tuple[object, ...]]] = {}
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for macro in graph.macros.values():
            connection.execute(macro.text)
        for key, source in graph.sources.items():
            rows = relation(root, source.definition, source.files)
            connection.execute(f"CREATE TABLE {marked(key)} AS SELECT * FROM {rows}")
        for key, asset in graph.assets.items():
            connection.execute(f"CREATE TABLE {marked(key)} AS {asset.text}")
            found[key] = connection.execute(f"FROM {marked(key)} ORDER BY ALL").fetchall()
    return found


def actual_rows(root: Path, keys: Iterator[str]) -> Mapping[str, list[tuple[object, ...]]]:
    """Return the rows of assets as a reader sees them now."""
    with duckdb.connect(str(root / "views.duckdb"), read_only=True) as connection:
        return {
            key: connection.execute(f"FROM {_quoted(key)} ORDER BY ALL").fetchall() for key in keys
        }


def is_whole(plan: Plan) -> bool:
    """Say whether a plan leaves nothing out."""
    return not (plan.quarantined or plan.blocked or plan.failing)


def _line(step: Step, done: Applied) -> str:
    status = done.status.get(step.asset)
    came = "not run" if status is None else _CAME.get(status.value, status.value)
    action = f"{step.action.value}{'' if step.certain else '?'}"
    why = _ID.sub("<id>", step.reasons[0].detail)
    return f"{step.asset:<15} {action:<10} {came:<12} {why}"


def _quoted(key: str) -> str:
    return ".".join(f'"{part}"' for part in key.split("."))


def _age(path: Path) -> float:
    return os.stat(path).st_mtime
