"""People's code, as commands meet it: the workers that run it, and what is known of its columns."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from freshline.calls import Load, ToldFile, Workers
from freshline.code import Location
from freshline.definitions import Column, ProjectDefinition, SourceDefinition
from freshline.lineage.outside import Columns, Outside


def outside(root: Path, catalog: Path, more: Columns | None = None) -> Outside:
    """Return what compiling a project asks of the world; `more` are columns that are not on record.

    Nothing is started or opened before it is asked for.
    """
    return Outside(
        load=_load,
        locked=partial(_locked, root),
        learnt=partial(_learnt, catalog, more or {}),
        bring=partial(_bring, root),
    )


def _bring(root: Path, project: ProjectDefinition, sources: Sequence[SourceDefinition]) -> None:
    from freshline.cli.bringing import bring

    bring(root, project, sources)


def workers() -> Workers:
    """Return where a project's code runs; no process is there before the first call."""
    from freshline.locations.workers import LocationWorkers

    return LocationWorkers()


def _load(load: Load) -> tuple[ToldFile, ...]:
    found = workers()
    try:
        return found.load(load)
    finally:
        found.close()


def _locked(root: Path, location: Location) -> str:
    from freshline.locations.interpreters import locked

    return locked(location, str(root))


def _learnt(
    catalog: Path, more: Columns, project: str, environment: str
) -> Mapping[str, tuple[Column, ...]]:
    """Return the columns of every current version, of which the caller takes what code made."""
    found: dict[str, tuple[Column, ...]] = {}
    if catalog.exists():
        from freshline.cli.compose import event_log_at

        log = event_log_at(catalog)
        try:
            state = log.snapshot(project, environment)
        finally:
            log.close()
        found = {
            target.asset: known.build.version.columns
            for target, known in state.targets.items()
            if known.build is not None
        }
    return {**found, **more}
