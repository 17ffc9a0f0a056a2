"""The commit protocol: claim, publish, record; and how an attempt ends that publishes nothing.

| after              | durable                              | if everything dies now            |
|--------------------|--------------------------------------|-----------------------------------|
| claim              | intent and fence in the catalog      | the next run closes the attempt   |
| write              | private bytes                        | the next run removes them         |
| check              | what each check said of this content | as above; none is asked twice     |
| seal               | private bytes, for sure              | the next run removes them         |
| publish            | the new version, with its record     | the next run adopts it, uncomputed|
| record             | the event and the folded state       | nothing to do                     |

A version is never recorded before its publish is known to have happened.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from freshline.calls import Datum, Metadata
from freshline.claims import Claim
from freshline.errors import CodeError, FreshlineError, UnknownOutcomeError
from freshline.events import AttemptFailed, Materialized
from freshline.execute.check_step import CheckTask, subject_of
from freshline.execute.checking import Findings, examine, refusal
from freshline.execute.run import Status
from freshline.execute.setting import Input, Result, Setting, machine_refused, storage_for
from freshline.failpoints import failpoint
from freshline.keys import Target
from freshline.lineage.canonical import rules_of
from freshline.lineage.graph import Asset
from freshline.ports import Resolution, Storage
from freshline.reconcile.fingerprint import config
from freshline.reconcile.planned import Step
from freshline.secrets import redacted
from freshline.state import TargetState
from freshline.versions import Build, Logic, Output, Publication, Read, Trace, Version

NOTHING_TOLD: Mapping[str, Datum] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One step with its inputs pinned: `inputs` are the builds it reads, `build` its own current.

    `head` is the number that is published now, 0 for none; `history` are the builds that the step
    may point back to; `known` is what the catalog knows of the target.
    """

    step: Step
    asset: Asset
    target: Target
    inputs: Mapping[str, Build]
    build: Build | None
    head: int
    history: tuple[Build, ...]
    known: TargetState
    attempt: int = 1


def held_back(
    task: Task, setting: Setting, publish_id: str, candidate: Version, findings: Findings
) -> Result:
    """Close an attempt whose candidate is not published; its bytes stay to be looked at."""
    error = refusal(task.target.asset, findings, published=False)
    event = AttemptFailed(
        at=setting.ports.clock.now(),
        run=setting.run,
        target=task.target,
        publish_id=publish_id,
        code=error.code,
        message=error.message,
        candidate=candidate,
    )
    setting.ports.events.append([event])
    return Result(status=Status.FAILED, error=error, checks=findings.failed)


def examined(task: Task, setting: Setting, content: Input) -> Findings:
    """Put a candidate to the asset's checks, before anybody can see it."""
    if not task.asset.checks:
        return Findings()
    own = CheckTask(target=task.target, builds=task.inputs, known=task.known)
    return examine(setting, subject_of(setting, own, content))


def forget_candidate(task: Task, setting: Setting) -> None:
    """Remove what the attempt before kept: only the last candidate can be looked at."""
    if task.known.candidate is not None:
        for storage in setting.ports.storages.values():
            storage.abort(task.target, task.known.candidate.mat_id)


def claim(task: Task, setting: Setting, publish_id: str) -> int:
    """Record the intent to publish; return the fence of the attempt."""
    ports, build = setting.ports, task.known.build
    seen = "" if build is None else build.version.publish_id
    claim = Claim(
        at=ports.clock.now(),
        run=setting.run,
        target=task.target,
        publish_id=publish_id,
        base=task.head,
        seen=None if setting.present is None else seen,
        places=places(task, setting),
    )
    return ports.events.claim([claim])[0]


def places(task: Task, setting: Setting) -> tuple[tuple[str, int], ...]:
    """Return the pools that an attempt takes a place of, each with how many it has.

    A view computes nothing and needs none.
    """
    definition, pools = task.asset.definition, setting.graph.project.pools
    mine = {definition.pool, *(f"tag:{tag}" for tag in definition.tags)}
    return () if task.asset.is_view else tuple((p, n) for p, n in pools.items() if p in mine)


def publish_and_record(
    task: Task,
    setting: Setting,
    storage: Storage,
    publication: Publication,
    metadata: Metadata = NOTHING_TOLD,
) -> Build:
    """Make the version visible, then say so. Never the other way round.

    `metadata` is what its code told of it.
    """
    version = _publish(storage, publication)
    build = Build(version=version, trace=publication.trace, stamp=storage.stamp(version))
    failpoint("record.before")
    event = Materialized(
        at=publication.at,
        run=setting.run,
        target=task.target,
        build=build,
        logic=publication.logic,
        metadata=metadata,
    )
    setting.ports.events.append([event])
    return build


def _publish(storage: Storage, publication: Publication) -> Version:
    try:
        return storage.publish(publication)
    except UnknownOutcomeError:
        return storage.publish(publication)  # the same publish again gives the version it made


def give_up(task: Task, setting: Setting, publish_id: str, error: Exception) -> None:
    """Close an attempt that published nothing; one whose outcome is unknown stays open."""
    if isinstance(error, UnknownOutcomeError):
        return
    storage, ports = storage_for(setting, task.target.asset), setting.ports
    if storage.resolve(task.target, publish_id) is not Resolution.NOT_PUBLISHED:
        return
    storage.abort(task.target, publish_id)
    failure = error if isinstance(error, FreshlineError) else machine_refused(error)
    event = AttemptFailed(
        at=ports.clock.now(),
        run=setting.run,
        target=task.target,
        publish_id=publish_id,
        code=failure.code,
        message=redacted(failure.message),
        trace=redacted(failure.trace) if isinstance(failure, CodeError) else "",
    )
    ports.events.append([event])


def trace_of(
    task: Task,
    setting: Setting,
    record: tuple[Read, ...],
    outputs: tuple[Output, ...],
    period: str = "",
) -> Trace:
    """Return what staleness will compare: what ran, what it read, what came out, and of when."""
    return Trace(
        code_version=task.asset.code_version,
        canonicaliser=rules_of(task.asset.code),
        config=config(task.asset.definition, setting.graph.project),
        inputs=record,
        outputs=outputs,
        engine=engine(),
        period=period,
    )


def logic_of(task: Task, setting: Setting) -> Logic:
    """Return the text that ran, with the columns that it was compiled for."""
    schemas = tuple((key, setting.graph.columns_of(key)) for key in task.asset.reads)
    called = ((name, setting.graph.macros[name].text) for name in task.asset.macros)
    code = task.asset.code
    if code is not None:
        return Logic(text=code.text, schemas=schemas)
    return Logic(
        text=task.asset.definition.sql.text,
        schemas=schemas,
        macros=tuple(called),
        compiled=task.asset.query,
    )


@cache
def engine() -> str:
    """Return the name and release of the engine, as traces keep it."""
    import duckdb  # loaded by now; a plan alone does without it

    return f"duckdb-{duckdb.__version__}"
