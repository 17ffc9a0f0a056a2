"""Surveying: one look at a whole project, kept in its catalog for pages to show."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from freshline.catalog import Surveys
from freshline.cli.compose import Project
from freshline.cli.refreshing import evaluated
from freshline.cli.stamps import stamp
from freshline.declare.brought import WORD, Brought, brought
from freshline.declare.catalogs import BROUGHT
from freshline.declare.files import ProjectFile
from freshline.declare.origins import Definition, Origin, origins_of_all
from freshline.declare.paths import is_address
from freshline.declare.settings import read_settings
from freshline.lineage.graph import Graph
from freshline.lineage.hops import Hop, Hops
from freshline.lineage.sql import readable
from freshline.operate.moments import moments_of
from freshline.operate.scene import Evaluated, Gate
from freshline.reconcile.entries import entries, traced_by
from freshline.reconcile.observe import look, plan_from
from freshline.reconcile.planned import Wish
from freshline.refresh import Materialize, ScheduleDefinition, SensorDefinition
from freshline.refresh_words import act_words, awaited_words, cron_words, refresh_words
from freshline.secrets import redacted, without_secrets
from freshline.survey import (
    ColumnHop,
    Entry,
    EntryCode,
    EntryMover,
    Owner,
    Setting,
    Survey,
)

_BATCH = 50  # assets whose column lineage is kept at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyed:
    """A survey, and the paths of what it was made from beside the project's own files."""

    survey: Survey
    data: tuple[str, ...]


def survey_of(project: Project, files: Sequence[ProjectFile]) -> Surveyed:
    """Return a survey of a project that was read from these files."""
    root, graph = project.root, project.graph
    paths = {each.definition.path for each in graph.sources.values() if not each.definition.origin}
    # What another catalog cannot tell now is no source of the graph, and may be one any moment.
    words = {f"{BROUGHT}/*/*/{WORD}"} if graph.project.catalogs else set[str]()
    data = tuple(sorted({path for path in paths if not is_address(path)} | words))
    made_of = stamp(root, files, data)  # before anything is read: what changes meanwhile is news
    plan, facts = plan_from(
        look(graph, root, project.environment, project.sight), project.sight, Wish()
    )
    found = entries(plan, facts, _settings(project, facts.graph), readable)
    _, looked = evaluated(project, project.sight.events, plan, facts)
    survey = Survey(
        project=facts.project,
        environment=facts.environment,
        at=facts.now,
        sequence=facts.state.sequence,
        plan_id=plan.plan_id,
        entries=tuple(
            without_secrets_in(_with_origin(root, _refreshed(entry, graph, looked), graph))
            for entry in found
        ),
        owners=_owners(root, graph),
        orphans=plan.orphans,
        problems=plan.problems,
        warnings=tuple(redacted(warning) for warning in plan.warnings),
        made_of=made_of,
        schedules=tuple(_schedule(each, facts.now) for each in graph.schedules),
        sensors=tuple(map(_sensor, graph.sensors)),
    )
    return Surveyed(survey=survey, data=data)


def _refreshed(entry: Entry, graph: Graph, looked: Evaluated) -> Entry:
    """Return an entry that says when its asset is kept fresh, and why it is not built now."""
    age = looked.ages.get(entry.key)
    if age is not None:
        entry = replace(entry, freshness=age.standing.value)
    asset = graph.assets.get(entry.key)
    if asset is None or asset.is_view:
        return entry
    entry = replace(entry, refresh=refresh_words(asset.definition.refresh))
    decision = looked.decisions.get(entry.key)
    if decision is None:
        return entry
    # Of what is fresh there is nothing to say that would not be another thing at every look.
    waits = decision.gate not in (None, Gate.FRESH)
    return replace(
        entry,
        waiting=redacted(decision.why) if waits else "",
        gate=decision.gate.value if decision.gate is not None else "",
        again=decision.again,
    )


def _with_origin(root: Path, entry: Entry, graph: Graph) -> Entry:
    """Return an entry that says of which other catalog it is, and what is said of it there."""
    source = graph.sources.get(entry.key)
    if source is None or entry.origin is None:
        return entry
    word = brought(root, source.definition.path) or Brought()
    told = entry.origin._replace(
        number=word.number,
        at=word.at or None,
        owner=redacted(word.owner),
        contacts=word.contacts,
        description=redacted(word.description),
        freshness=word.freshness,
        refresh=word.refresh,
        until=word.until,
    )
    return replace(entry, origin=told)


def _schedule(schedule: ScheduleDefinition, now: float) -> EntryMover:
    cron = schedule.cron
    return EntryMover(
        name=schedule.name,
        words=cron_words(schedule.cron),
        does=f"make {schedule.selection} fresh",
        again=moments_of(cron.expression, cron.timezone, cron.calendar).next(now),
        zone=cron.timezone,
        selection=schedule.selection,
        description=schedule.description,
        owner=schedule.owner,
        place=schedule.span,
    )


def _sensor(sensor: SensorDefinition) -> EntryMover:
    made = [act.selection for act in sensor.acts if isinstance(act, Materialize)]
    return EntryMover(
        name=sensor.name,
        words=redacted(awaited_words(sensor)),
        does=redacted("; ".join(map(act_words, sensor.acts))),
        selection=made[0] if len(made) == 1 else "",
        description=sensor.description,
        owner=sensor.owner,
        place=sensor.span,
    )


def trace(project: Project, surveys: Surveys) -> int:
    """Take and keep the column lineage that is not on record; return of how many assets."""
    graph = project.graph
    scope = (graph.project.name, project.environment)
    wanted = [
        (key, digest)
        for key, digest in surveys.untraced(*scope)
        if key in graph.assets and traced_by(graph.assets[key], graph) == digest
    ]
    hops = Hops(graph)
    for begin in range(0, len(wanted), _BATCH):
        found = (
            (key, digest, tuple(_hop(hop) for hop in hops.into(key)))
            for key, digest in wanted[begin : begin + _BATCH]
        )
        surveys.keep_hops(*scope, found)
    return len(wanted)


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


def without_secrets_in(entry: Entry) -> Entry:
    """Return an entry as people may read it, whatever its author wrote into the query."""
    return replace(
        entry,
        sql=redacted(entry.sql),
        query=redacted(entry.query),
        code=_code_without_secrets(entry.code) if entry.code is not None else None,
        checks=tuple(check._replace(sql=redacted(check.sql)) for check in entry.checks),
    )


def _code_without_secrets(code: EntryCode) -> EntryCode:
    config = cast("dict[str, object]", without_secrets(code.config))
    return replace(code, source=redacted(code.source), config=config)
