"""One step: compare, compute, stage, check, seal, publish, record. The commit protocol.

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
from dataclasses import dataclass, replace

import duckdb

from freshline.errors import ComputeError, FreshlineError, InternalError, UnknownOutcomeError
from freshline.events import AttemptFailed, Materialized, Verified
from freshline.execute.check_step import CheckTask, perform_check, subject_of
from freshline.execute.checking import Findings, examine, refusal
from freshline.execute.run import Status
from freshline.execute.setting import Input, Result, Setting, input_of, machine_refused, storage_for
from freshline.failpoints import failpoint
from freshline.keys import Target
from freshline.lineage.canonical import bind, canonicaliser
from freshline.lineage.graph import Asset
from freshline.lineage.sources import unmoved
from freshline.ports import Claim, Publication, Resolution, Storage
from freshline.reconcile.fingerprint import config, source_version
from freshline.reconcile.plan import Action, Step
from freshline.reconcile.staleness import Seen, differing, reads, reusable
from freshline.state import TargetState
from freshline.versions import WHOLE, Build, Logic, Output, PublishKind, Read, Trace, Version

_ENGINE = f"duckdb-{duckdb.__version__}"


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


def perform(task: Task, setting: Setting) -> Result:
    """Carry out one step and record it; a failure is a result, not an exception."""
    inputs = _seen(task, setting)
    try:
        if task.step.action is Action.RECHECK and not _differs(task, inputs):
            return _cut_off(task, setting, inputs)
        older = _reusable(task, setting, inputs)
        if older is not None:
            return _republish(task, setting, older, inputs)
        return _build(task, setting, inputs)
    except FreshlineError as error:
        return Result(status=Status.FAILED, error=error)
    except OSError as error:
        return Result(status=Status.FAILED, error=machine_refused(error))
    except Exception as error:  # one asset's trouble, even if it is ours, is not the others'
        ours = InternalError(f"{type(error).__name__}: {error}", help="please report it")
        return Result(status=Status.FAILED, error=ours)


def _seen(task: Task, setting: Setting) -> Mapping[str, Seen]:
    """Return what the step reads: of each asset the pinned build, of each source the probe."""
    seen: dict[str, Seen] = {}
    for key in task.asset.upstreams:
        if (observed := setting.sources.get(key)) is not None:
            version = source_version(setting.graph.sources[key], observed)
            seen[key] = Seen(version, version)
        else:
            build = task.inputs[key]
            seen[key] = Seen(build.version.mat_id, build.trace.data_version)
    return seen


def _differs(task: Task, inputs: Mapping[str, Seen]) -> bool:
    return task.build is None or bool(
        differing(task.build, inputs, in_order=task.asset.order_sensitive)
    )


def _reusable(task: Task, setting: Setting, inputs: Mapping[str, Seen]) -> Build | None:
    """Return an older version to point back to; none where a rebuild was asked for or forced."""
    if any(reason.kind in ("forced", "drift") for reason in task.step.reasons):
        return task.step.reuse
    settings = config(task.asset.definition, setting.graph.project)
    order = task.asset.order_sensitive
    return reusable(task.history, task.asset.code_version, settings, inputs, in_order=order)


def _cut_off(task: Task, setting: Setting, inputs: Mapping[str, Seen]) -> Result:
    """Keep the current version: the inputs have the content that it was built from."""
    assert task.build is not None
    failpoint("verify.before")
    ports = setting.ports
    event = Verified(
        at=ports.clock.now(),
        run=setting.run,
        target=task.target,
        mat_id=task.build.version.mat_id,
        inputs=reads(inputs),
    )
    ports.events.append([event])
    current = CheckTask(
        target=task.target,
        builds={**task.inputs, task.target.asset: task.build},
        known=task.known,
    )
    checked = perform_check(current, setting)
    if checked.status is Status.FAILED:
        return checked
    note = "inputs have the same content"
    return Result(status=Status.VERIFIED, build=task.build, note=note, checks=checked.checks)


def _republish(task: Task, setting: Setting, older: Build, inputs: Mapping[str, Seen]) -> Result:
    """Point to an older version again; nothing is computed."""
    ports, storage = setting.ports, _storage(task, setting)
    publish_id = ports.ids.new()
    fence = _claim(task, setting, publish_id)
    version, trace = older.version, older.trace
    logic = ports.events.logic([version.mat_id]).get(version.mat_id) or _logic(task, setting)
    publication = Publication(
        target=task.target,
        publish_id=publish_id,
        mat_id=version.mat_id,
        fence=fence,
        base=task.head,
        kind=PublishKind.REVERT,
        at=ports.clock.now(),
        rows=version.rows,
        columns=version.columns,
        files=version.files,
        trace=replace(trace, inputs=reads(inputs)),
        logic=logic,
    )
    try:
        _forget_candidate(task, setting)
        content = Input(storage.relation(version), version.mat_id, trace.data_version)
        findings = _examined(task, setting, content)
        if findings.refused:
            return _held_back(task, setting, publish_id, version, findings)
        build = _publish_and_record(task, setting, storage, publication)
    except Exception as error:
        _give_up(task, setting, publish_id, error)
        raise
    note = f"version {version.number} again"
    return Result(status=Status.REPUBLISHED, build=build, note=note, checks=findings.failed)


def _build(task: Task, setting: Setting, inputs: Mapping[str, Seen]) -> Result:
    """Compute a new version and publish it."""
    ports, storage = setting.ports, _storage(task, setting)
    mat_id = ports.ids.new()
    fence = _claim(task, setting, mat_id)
    try:
        _forget_candidate(task, setting)
        stage = storage.begin(task.target, mat_id)
        stage.write(ports.compute, _query(task, setting), task.asset.columns)
        measured = ports.compute.measure(stage.relation)
        if measured.columns != task.asset.columns:
            raise ComputeError(
                f"{task.asset.definition.key} came out with other columns than it was compiled for",
                help="a source may have changed while it was read: run apply again",
            )
        content = Input(stage.relation, mat_id, measured.data_version)
        findings = _examined(task, setting, content)
        files = stage.seal()
        record, moved = _reads(task, setting, inputs)
        publication = Publication(
            target=task.target,
            publish_id=mat_id,
            mat_id=mat_id,
            fence=fence,
            base=task.head,
            kind=PublishKind.BUILD,
            at=ports.clock.now(),
            rows=measured.rows,
            columns=measured.columns,
            files=files,
            trace=_trace(task, setting, record, measured.data_version),
            logic=_logic(task, setting),
        )
        if findings.refused:
            return _held_back(task, setting, mat_id, _unpublished(publication), findings)
        build = _publish_and_record(task, setting, storage, publication)
    except Exception as error:
        _give_up(task, setting, mat_id, error)
        raise
    note = f"{', '.join(moved)} changed during the run" if moved else ""
    return Result(status=Status.BUILT, build=build, note=note, checks=findings.failed)


def _examined(task: Task, setting: Setting, content: Input) -> Findings:
    """Put a candidate to the asset's checks, before anybody can see it."""
    if not task.asset.checks:
        return Findings()
    own = CheckTask(target=task.target, builds=task.inputs, known=task.known)
    return examine(setting, subject_of(setting, own, content))


def _held_back(
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


def _forget_candidate(task: Task, setting: Setting) -> None:
    """Remove what the attempt before kept: only the last candidate can be looked at."""
    if task.known.candidate is not None:
        for storage in setting.ports.storages.values():
            storage.abort(task.target, task.known.candidate.mat_id)


def _unpublished(publication: Publication) -> Version:
    """Return the version that a publication would make."""
    return Version(
        target=publication.target,
        number=publication.base + 1,
        publish_id=publication.publish_id,
        mat_id=publication.mat_id,
        fence=publication.fence,
        kind=publication.kind,
        at=publication.at,
        rows=publication.rows,
        columns=publication.columns,
        files=publication.files,
    )


def _claim(task: Task, setting: Setting, publish_id: str) -> int:
    ports = setting.ports
    claim = Claim(
        at=ports.clock.now(),
        run=setting.run,
        target=task.target,
        publish_id=publish_id,
        base=task.head,
    )
    return ports.events.claim([claim])[0]


def _publish_and_record(
    task: Task, setting: Setting, storage: Storage, publication: Publication
) -> Build:
    """Make the version visible, then say so. Never the other way round."""
    version = _publish(storage, publication)
    build = Build(version=version, trace=publication.trace, stamp=storage.stamp(version))
    failpoint("record.before")
    event = Materialized(
        at=publication.at,
        run=setting.run,
        target=task.target,
        build=build,
        logic=publication.logic,
    )
    setting.ports.events.append([event])
    return build


def _publish(storage: Storage, publication: Publication) -> Version:
    try:
        return storage.publish(publication)
    except UnknownOutcomeError:
        return storage.publish(publication)  # the same publish again gives the version it made


def _give_up(task: Task, setting: Setting, publish_id: str, error: Exception) -> None:
    """Close an attempt that published nothing; one whose outcome is unknown stays open."""
    if isinstance(error, UnknownOutcomeError):
        return
    storage, ports = _storage(task, setting), setting.ports
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
        message=failure.message,
    )
    ports.events.append([event])


def _query(task: Task, setting: Setting) -> str:
    """Return the compiled text with every upstream bound to the version that this step reads."""
    relations: dict[str, str] = {}
    for key in task.asset.upstreams:
        found = input_of(setting, key, task.inputs)
        assert found is not None
        relations[key] = found.relation
    return bind(task.asset.text, relations)


def _reads(
    task: Task, setting: Setting, inputs: Mapping[str, Seen]
) -> tuple[tuple[Read, ...], tuple[str, ...]]:
    """Return the record of inputs, and the sources that moved while they were read.

    Nobody can say which content of those was seen: they are recorded as a version that never comes
    again, so that the next plan finds the asset stale.
    """
    moved = tuple(
        key
        for key in task.asset.upstreams
        if key in setting.sources and not unmoved(setting.root, setting.sources[key])
    )
    unsure = {key: Seen(f"{inputs[key].version}+moved", "moved") for key in moved}
    return reads({**inputs, **unsure}), moved


def _trace(task: Task, setting: Setting, record: tuple[Read, ...], data_version: str) -> Trace:
    return Trace(
        code_version=task.asset.code_version,
        canonicaliser=canonicaliser(),
        config=config(task.asset.definition, setting.graph.project),
        inputs=record,
        outputs=(Output(WHOLE, data_version),),
        engine=_ENGINE,
    )


def _logic(task: Task, setting: Setting) -> Logic:
    schemas = tuple((key, setting.graph.columns_of(key)) for key in task.asset.upstreams)
    return Logic(text=task.asset.definition.sql.text, schemas=schemas)


def _storage(task: Task, setting: Setting) -> Storage:
    return storage_for(setting, task.target.asset)
