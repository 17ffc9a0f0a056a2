"""gc: giving back the room of what nobody has to keep any more."""

from collections.abc import Iterable, Sequence

import click

from freshline.cli.compose import holder, opened
from freshline.cli.options import as_json, common, said
from freshline.cli.render import size
from freshline.cli.waiting import in_line
from freshline.codec import encode
from freshline.counted import counted
from freshline.errors import UsageError
from freshline.execute.removal import Removal, Rubbish, Yard, collect, find


@click.command()
@click.option("--dry-run", is_flag=True, help="Only show what would be removed.")
@click.option("--orphans", is_flag=True, help="Also remove assets that nobody declares any more.")
@click.option("--wait", is_flag=True, help="Wait for runs under way; later ones wait behind it.")
@as_json
@common
def gc(dry_run: bool, orphans: bool, wait: bool, as_json: bool) -> int:
    """Remove versions out of retention, and what dead runs left behind, in every environment."""
    with opened(said()) as project:
        if orphans and project.graph.failed:
            raise UsageError(
                "something is wrong in the project, so nobody can tell what is declared no more",
                help="mend what `freshline validate` finds first",
            )
        yard = Yard(graph=project.graph, root=project.root, sight=project.sight)
        if dry_run:
            found = find(yard)
        else:
            holders = [holder(environment, "gc") for environment in yard.environments]
            patient = in_line() if wait else None
            found = collect(yard, project.ports(), holders, orphans=orphans, wait=patient)
        is_unsure = project.graph.failed
    if as_json:
        click.echo(encode(_facts(found, dry_run=dry_run, orphans=orphans)))
    else:
        click.echo("\n".join(_lines(found, dry_run=dry_run, orphans=orphans, is_unsure=is_unsure)))
    return 0


def _lines(found: Rubbish, *, dry_run: bool, orphans: bool, is_unsure: bool) -> list[str]:
    going = (*found.versions, *(found.orphans if orphans else ()))
    lines = _each(going, found) if said().verbosity > 0 else []
    lines += [f"left alone: {sentence}" for sentence in found.left_alone]
    if not orphans and not is_unsure:
        for removal in found.orphans:
            what = f"{_place(removal)}: {_versions(removal)}, {size(removal.bytes)}"
            lines.append(f"orphan: {what}; nobody declares it: `freshline gc --orphans`")
    count = sum(len(removal.versions) for removal in going)
    total = sum(removal.bytes for removal in going)
    assets = len({removal.target.asset for removal in going})
    parts: list[str] = []
    if count:
        parts.append(f"{counted(count, 'version')} of {counted(assets, 'asset')} ({size(total)})")
    if found.leftovers:
        bytes_ = sum(leftover.bytes for _, leftover in found.leftovers)
        parts.append(f"{counted(len(found.leftovers), 'leftover')} ({size(bytes_)})")
    if found.files:
        bytes_ = sum(bytes for _, bytes in found.files)
        parts.append(f"{counted(len(found.files), 'cached file')} ({size(bytes_)})")
    verb = "would remove" if dry_run else "removed"
    words = f"{verb} {', '.join(parts)}" if parts else "there is nothing to remove"
    return [*lines, click.style(words, fg="green")]


def _each(going: Iterable[Removal], found: Rubbish) -> list[str]:
    lines = [f"{_place(r)}: {_versions(r)}, {size(r.bytes)}" for r in going]
    for storage, leftover in found.leftovers:
        words = f"attempt {leftover.attempt}, {size(leftover.bytes)}"
        lines.append(f"{leftover.target.asset} in {storage}: {words}")
    return [*lines, *(f"{path.name}: {size(bytes)}" for path, bytes in found.files)]


def _place(removal: Removal) -> str:
    return f"{removal.target} in {removal.target.environment}"


def _versions(removal: Removal) -> str:
    """Return numbers as people write them: version 3, versions 1-4, 7."""
    numbers = removal.numbers
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    texts = [str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs]
    return f"version{'' if len(numbers) == 1 else 's'} {', '.join(texts)}"


def _facts(found: Rubbish, *, dry_run: bool, orphans: bool) -> dict[str, object]:
    return {
        "version": 1,
        "dry_run": dry_run,
        "removed": _removals((*found.versions, *(found.orphans if orphans else ()))),
        "orphans": [] if orphans else _removals(found.orphans),
        "leftovers": [
            {"storage": s, "asset": left.target.asset, "attempt": left.attempt, "bytes": left.bytes}
            for s, left in found.leftovers
        ],
        "files": [{"path": str(path), "bytes": bytes} for path, bytes in found.files],
        "left_alone": list(found.left_alone),
    }


def _removals(removals: Sequence[Removal]) -> list[dict[str, object]]:
    return [
        {
            "environment": removal.target.environment,
            "asset": removal.target.asset,
            "partition": removal.target.partition or None,
            "storage": removal.storage,
            "versions": list(removal.numbers),
            "bytes": removal.bytes,
        }
        for removal in removals
    ]
