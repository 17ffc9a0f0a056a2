"""verify, doctor and catalog: is everything as it was written, and mending it if not."""

import math
import os
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import cast

import click

from freshline import __version__
from freshline.cli.compose import (
    STATE,
    Project,
    catalog_path,
    graph_of,
    holder,
    opened,
    root_of,
    surveys_in,
)
from freshline.cli.options import as_json, common, said, selection
from freshline.cli.select import selected
from freshline.cli.waiting import shown_in_line
from freshline.codec import encode
from freshline.declare.files import list_files
from freshline.errors import (
    CatalogDamagedError,
    CatalogError,
    CorruptError,
    FreshlineError,
    ResourceError,
    UsageError,
)
from freshline.events import Damaged
from freshline.execute.anew import Verdict, compared
from freshline.execute.commit import engine
from freshline.execute.recover import from_storage
from freshline.execute.setting import Setting
from freshline.keys import Target
from freshline.ports import Ports, Storage
from freshline.reconcile.fingerprint import rounded_to, storage_of
from freshline.reconcile.observe import look, plan_from
from freshline.reconcile.planned import Action, Wish
from freshline.state import State, TargetState
from freshline.versions import Manifest, Version

_NICE = 5


@click.command()
@selection
@click.option("--paranoid", is_flag=True, help="Compute what is fresh anew too, and compare.")
@click.option("--sample", metavar="N%", help="With --paranoid: of so many of them, at random.")
@as_json
@common
def verify(selection: tuple[str, ...], paranoid: bool, sample: str | None, as_json: bool) -> int:
    """Read every byte of the current versions of SELECTION and compare it with its record."""
    share = _share(sample, paranoid)
    with opened(said()) as project, ExitStack() as open_until_end:
        chosen = selected(project, selection)
        ports = open_until_end.enter_context(project.working())
        state = ports.events.snapshot(project.graph.project.name, project.environment)
        problems: list[dict[str, str]] = []
        notes: list[str] = []
        checked = 0
        for key, asset in project.graph.assets.items():
            if chosen is not None and key not in chosen:
                continue
            storage = ports.storages[storage_of(asset.definition, project.graph.project)]
            found = _verified(project, state, storage, ports, key)
            problems += [{"asset": key, "problem": sentence} for sentence in found]
            notes += _damaged_history(storage, project.place.target(key))
            checked += 1
        anew = _computed_anew(project, ports, chosen, share, (problems, notes)) if paranoid else 0
    if as_json:
        answer = {"version": 1, "checked": checked, "problems": problems, "notes": notes}
        click.echo(encode({**answer, "computed_anew": anew} if paranoid else answer))
    else:
        for note in notes:
            click.echo(f"note: {note}")
        for problem in problems:
            click.echo(f"{click.style('wrong', fg='red')} {problem['asset']}  {problem['problem']}")
        if problems:
            click.echo("`freshline apply` mends what is damaged; `freshline plan` shows how")
        else:
            click.secho(f"{checked} assets are as they were written", fg="green")
        if paranoid:
            click.echo(f"{anew} fresh assets were computed anew")
    return 1 if problems else 0


@click.command()
@as_json
@common
def doctor(as_json: bool) -> int:
    """Check this machine and this project's folders, and say what to mend."""
    root = root_of(said())
    results: list[dict[str, object]] = []
    for name, check in _checks(root):
        try:
            results.append({"check": name, "ok": True, "detail": check()})
        except (FreshlineError, OSError, ImportError) as error:
            detail = "; ".join(filter(None, (str(error), getattr(error, "help", ""))))
            results.append({"check": name, "ok": False, "detail": detail})
    if as_json:
        click.echo(encode({"version": 1, "checks": results}))
    else:
        for result in results:
            mark = (
                click.style("ok   ", fg="green") if result["ok"] else click.style("wrong", fg="red")
            )
            click.echo(f"{mark} {result['check']:<12} {result['detail']}")
    return 0 if all(result["ok"] for result in results) else 1


@click.group(
    invoke_without_command=True, no_args_is_help=True, subcommand_metavar="COMMAND [ARGS]..."
)
@common
def catalog() -> None:
    """Mend the catalog, and what its pages show."""
    context = click.get_current_context()
    if context.invoked_subcommand is None:
        names = "|".join(cast(click.Group, context.command).commands)
        context.fail(f"Name one of its commands: freshline catalog {names}.")


@catalog.command()
@click.option("--from-storage", is_flag=True, help="Read the storages' own records.")
@common
def rebuild(from_storage: bool) -> int:
    """Bring a lost catalog back from the records that storages keep beside the data."""
    if not from_storage:
        raise UsageError("say from what", help="freshline catalog rebuild --from-storage")
    root = root_of(said())
    _move_away_if_unreadable(root)
    with opened(said()) as project:
        count, problems = _rebuilt(project)
    for problem in problems:
        click.secho(f"lost: {problem}", fg="yellow", err=True)
    click.echo(f"{count} versions are on record again" if count else "every version is on record")
    return 0


@catalog.command()
@click.option("--part", type=click.Choice(["entries", "lineage"]), hidden=True)
@as_json
@common
def survey(part: str | None, as_json: bool) -> int:
    """Write down anew what pages show of every asset: `freshline up` does so by itself."""
    from freshline.cli.surveying import survey_of, trace

    if part is not None and hasattr(os, "nice"):
        os.nice(_NICE)  # a server asked: whoever builds something goes first
    files = list_files(root_of(said()))
    told: dict[str, object] = {"version": 1}
    with opened(said()) as project:
        surveys = surveys_in(project.sight.events)
        if part != "lineage":
            made = survey_of(project, files)
            missing = surveys.keep(made.survey)
            told |= {"entries": len(made.survey.entries), "untraced": len(missing)}
            told |= {"made_of": made.survey.made_of, "data": made.data}
        if part != "entries":
            told["traced"] = trace(project, surveys)
    if as_json:
        click.echo(encode(told))
    elif part != "lineage":
        click.echo(f"{told['entries']} assets and sources are as the pages show them now")
    return 0


def _share(sample: str | None, paranoid: bool) -> float:
    """Return which part of the fresh assets to compute anew."""
    try:
        share = float((sample or "100").removesuffix("%")) / 100
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise UsageError(f'"{sample}" is no share', help="say for instance --sample 10%")
    if sample and not paranoid:
        raise UsageError("--sample is of --paranoid", help="add --paranoid")
    return share


def _computed_anew(
    project: Project,
    ports: Ports,
    chosen: frozenset[str] | None,
    share: float,
    said: tuple[list[dict[str, str]], list[str]],
) -> int:
    """Compare what a plan calls fresh with what its query gives; return how many were computed."""
    problems, notes = said
    place = project.place
    plan, facts = plan_from(
        look(place.graph, place.root, place.environment, ports), ports, Wish(selected=chosen)
    )
    setting = Setting(
        run="", root=place.root, graph=place.graph, ports=ports, sources=facts.sources
    )
    wrong = {problem["asset"] for problem in problems}
    keys = [fresh.asset for fresh in plan.fresh if chosen is None or fresh.asset in chosen]
    keys = [k for k in keys if not facts.graph.assets[k].is_view and k not in wrong]
    drawn = set(random.sample(keys, math.ceil(len(keys) * share)))
    for key in filter(drawn.__contains__, keys):
        found = compared(facts.graph.assets[key], facts.builds[key], facts.builds, setting)
        if found.verdict is Verdict.DIFFERENT:
            problems.append({"asset": key, "problem": found.why})
            notes.append(f"freshline apply --force {key} mends it; please report how it came to be")
        elif found.verdict is Verdict.UNSURE:
            notes.append(f"{key} cannot be compared: {found.why}")
    stale = sum(step.action is not Action.CHECK for step in plan.steps)
    if stale:
        notes.append(f"{stale} assets are not fresh and were not computed anew")
    return len(drawn)


def _rebuilt(project: Project) -> tuple[int, list[str]]:
    """Restore every environment in turn, each under its own lease."""
    ports = project.ports()
    found = [(s, t) for s in ports.storages.values() for t in s.targets()]
    count, problems = 0, list[str]()
    for environment in sorted({target.environment for _, target in found}):
        asking = holder(environment, "catalog rebuild")
        lease = ports.events.acquire(asking, wait=shown_in_line())
        try:
            state = ports.events.snapshot(project.graph.project.name, environment)
            for storage, target in found:
                if target.environment == environment and state.of(target).build is None:
                    events, lost = from_storage(ports.ids.new(), [target], storage, ports)
                    if events:
                        ports.events.append(events)
                    count += len(events)
                    problems += lost
        finally:
            lease.release()
    return count, problems


def _move_away_if_unreadable(root: Path) -> None:
    """Put a catalog that cannot be opened aside, whole: nothing is ever thrown away here."""
    path = catalog_path(root)
    try:
        with opened(said()) as project:
            project.sight.events.snapshot(project.graph.project.name, project.environment)
    except CatalogDamagedError:
        for suffix in ("", "-wal", "-shm"):
            part = path.with_name(path.name + suffix)
            if part.exists():
                os.replace(part, part.with_name(f"{part.name}.damaged"))
        click.secho(f"the damaged catalog lies in {path.name}.damaged now", err=True)


def _verified(
    project: Project, state: State, storage: Storage, ports: Ports, key: str
) -> Iterator[str]:
    """Yield what is wrong with the current version of one asset, in sentences."""
    target = project.place.target(key)
    known = state.of(target)
    holders = ports.events.holders(f"apply:{target.environment}")
    if known.attempt is not None and all(h.run != known.attempt.run for h in holders):
        yield f"attempt {known.attempt.publish_id} never said how it ended"
    try:
        head = storage.current(target)
    except CorruptError as error:
        yield error.message
        return
    if head is None:
        if known.build is not None:
            yield "the catalog has a version that the storage does not"
        return
    version = head.version
    if known.build is None or known.build.version.publish_id != version.publish_id:
        yield f"version {version.number} is published but not on record: apply will record it"
    damaged = storage.verify(version)
    yield from damaged
    if damaged:
        _record_damage(known, version, "; ".join(damaged), ports)
    elif not version.query:
        yield from _content(storage, ports, head)


def _record_damage(known: TargetState, version: Version, detail: str, ports: Ports) -> None:
    """Have every later plan read the bytes, although their stamp says that nobody touched them."""
    build = known.build
    if build is None or build.version.publish_id != version.publish_id or not build.stamp:
        return
    event = Damaged(
        at=ports.clock.now(),
        run=ports.ids.new(),
        target=version.target,
        publish_id=version.publish_id,
        detail=detail,
    )
    with suppress(CatalogError, ResourceError):  # what was found is told in any case
        ports.events.append([event])


def _damaged_history(storage: Storage, target: Target) -> Iterator[str]:
    """Yield what is wrong with records behind the head, which nobody reads any more."""
    for number in storage.numbers(target)[:-1]:
        try:
            storage.manifest(target, number)
        except CorruptError as error:
            yield f"an older version is lost: {error.message}"


def _content(storage: Storage, ports: Ports, manifest: Manifest) -> Iterator[str]:
    """Read the rows, and compare their hash where the engine is still the one that took it."""
    relation, quantum = storage.relation(manifest.version), rounded_to(manifest.trace.config)
    try:
        measured = ports.compute.measure(relation, quantum=quantum)
    except FreshlineError as error:
        yield error.message
        return
    if measured.rows != manifest.version.rows:
        yield f"it has {measured.rows} rows, {manifest.version.rows} were written"
    elif _major(manifest.trace.engine) != _major(engine()):
        return  # hashes of another release are of another kind: the bytes alone are compared
    elif manifest.trace.data_version != measured.data_version:
        key = manifest.version.target.asset
        yield f"its rows are not those that were written: `freshline apply --force {key}`"


def _major(engine: str) -> str:
    return engine.partition(".")[0]


def _checks(root: Path) -> Iterator[tuple[str, Callable[[], str]]]:
    yield "freshline", lambda: f"{__version__} on Python {sys.version.split()[0]}"
    yield "duckdb", _duckdb
    yield "project", lambda: _project(root)
    yield "folder", lambda: _folder(root)
    yield "catalog", _catalog


def _duckdb() -> str:
    import duckdb

    return duckdb.__version__


def _project(root: Path) -> str:
    _, _, graph = graph_of(said())
    if graph.failed:
        aside = f"{len(graph.quarantined)} assets are set aside"
        raise UsageError(aside, help="see `freshline validate`")
    return f"{graph.project.name}: {len(graph.assets)} assets, {len(graph.sources)} sources"


def _folder(root: Path) -> str:
    """Write, sync and remove a file where the lake is."""
    folder = root / STATE
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as probe:
        probe.write(b"fresh")
        probe.flush()
        os.fsync(probe.fileno())
    status = os.statvfs(folder) if hasattr(os, "statvfs") else None
    free = f", {status.f_bavail * status.f_frsize // 1_000_000_000} GB free" if status else ""
    return f"{folder} can be written{free}"


def _catalog() -> str:
    with opened(said()) as project:
        state = project.sight.events.snapshot(project.graph.project.name, project.environment)
        return f"{state.sequence} events, {len(state.targets)} targets in {project.environment}"
