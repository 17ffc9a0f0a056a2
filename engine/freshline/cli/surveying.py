"""Surveying: one look at a whole project, kept in its catalog for pages to show."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from freshline.catalog import Surveys
from freshline.cli.compose import Project
from freshline.cli.stamps import stamp
from freshline.declare.files import ProjectFile
from freshline.declare.origins import Definition, Origin, origins_of_all
from freshline.declare.paths import is_address
from freshline.declare.settings import read_settings
from freshline.lineage.graph import Graph
from freshline.lineage.hops import Hop, Hops
from freshline.lineage.sql import readable
from freshline.reconcile.entries import entries
from freshline.reconcile.observe import look, plan_from
from freshline.reconcile.planned import Wish
from freshline.secrets import redacted
from freshline.survey import ColumnHop, Entry, Owner, Setting, Survey

_BATCH = 50  # assets whose column lineage is kept at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyed:
    """A survey, the graph that it was made from, and the paths of what changes beside the files."""

    survey: Survey
    graph: Graph
    data: tuple[str, ...]


def survey_of(project: Project, files: Sequence[ProjectFile]) -> Surveyed:
    """Return a survey of a project that was read from these files."""
    root, graph = project.root, project.graph
    paths = (source.definition.path for source in graph.sources.values())
    data = tuple(sorted({path for path in paths if not is_address(path)}))
    made_of = stamp(root, files, data)  # before anything is read: what changes meanwhile is news
    plan, facts = plan_from(
        look(graph, root, project.environment, project.sight), project.sight, Wish()
    )
    found = entries(plan, facts, _settings(project, facts.graph), readable)
    survey = Survey(
        project=facts.project,
        environment=facts.environment,
        at=facts.now,
        sequence=facts.state.sequence,
        plan_id=plan.plan_id,
        entries=tuple(_without_secrets(entry) for entry in found),
        owners=_owners(root, graph),
        orphans=plan.orphans,
        problems=plan.problems,
        warnings=tuple(redacted(warning) for warning in plan.warnings),
        made_of=made_of,
    )
    return Surveyed(survey=survey, graph=facts.graph, data=data)


def trace(made: Surveyed, keys: Sequence[str], surveys: Surveys) -> None:
    """Take the column lineage of some assets and keep it, some assets at a time."""
    known = {entry.key: entry.traced_by for entry in made.survey.entries}
    hops = Hops(made.graph)
    scope = (made.survey.project, made.survey.environment)
    for begin in range(0, len(keys), _BATCH):
        found = (
            (key, known[key], tuple(_hop(hop) for hop in hops.into(key)))
            for key in keys[begin : begin + _BATCH]
        )
        surveys.keep_hops(*scope, found)


def _hop(hop: Hop) -> ColumnHop:
    kind = hop.kind.name.lower()
    return ColumnHop(hop.reader.column, hop.origin.asset, hop.origin.column, kind, hop.place)


def _settings(project: Project, graph: Graph) -> Mapping[str, tuple[Setting, ...]]:
    definitions: list[Definition] = [
        *(source.definition for source in graph.sources.values()),
        *(asset.definition for asset in graph.assets.values()),
    ]
    told = origins_of_all(project.root, graph.project, project.environment, definitions)
    return {key: tuple(_setting(origin) for origin in found) for key, found in told}


def _setting(origin: Origin) -> Setting:
    return Setting(origin.key, redacted(origin.value), origin.by, origin.place)


def _owners(root: Path, graph: Graph) -> tuple[Owner, ...]:
    file = graph.project.file
    try:
        content = (root / file).read_bytes()
    except OSError:
        return ()
    told = read_settings(content, file, os.environ).owners
    return tuple(
        Owner(name=each.name, contacts=tuple(_contacts(each.email, each.chat, each.on_call)))
        for each in told
    )


def _contacts(*values: str | None) -> Iterable[tuple[str, str]]:
    names = ("email", "chat", "on_call")
    return ((name, value) for name, value in zip(names, values, strict=True) if value)


def _without_secrets(entry: Entry) -> Entry:
    """Return an entry as people may read it, whatever its author wrote into the query."""
    return replace(
        entry,
        sql=redacted(entry.sql),
        query=redacted(entry.query),
        checks=tuple(check._replace(sql=redacted(check.sql)) for check in entry.checks),
    )
