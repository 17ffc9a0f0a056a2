"""One step: compare, compute, stage, check, seal, and commit (see commit.py)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from freshline.calls import CheckTold, Metadata
from freshline.definitions import ProbeKind
from freshline.errors import ComputeError, FreshlineError, InternalError
from freshline.events import Verified
from freshline.execute.check_step import CheckTask, perform_check
from freshline.execute.checking import with_told
from freshline.execute.code_step import NotMade, computed_by_code
from freshline.execute.commit import (
    NOTHING_TOLD,
    Task,
    claim,
    examined,
    forget_candidate,
    give_up,
    held_back,
    logic_of,
    publish_and_record,
    trace_of,
)
from freshline.execute.narrowing import is_refusal, narrowed, without_rows
from freshline.execute.relayout import may_relay, relay
from freshline.execute.run import Status
from freshline.execute.setting import (
    Input,
    Result,
    Setting,
    input_of,
    looked_again,
    machine_refused,
    storage_for,
)
from freshline.failpoints import failpoint
from freshline.lineage.canonical import bind, rules_of
from freshline.lineage.code_assets import optional_reads
from freshline.lineage.graph import Asset
from freshline.lineage.sources import unmoved
from freshline.ports import Measurement, Stage
from freshline.reconcile.fingerprint import config, period
from freshline.reconcile.inputs import Difference, compare, reads, reusable
from freshline.reconcile.planned import Action
from freshline.versions import WHOLE, Build, Output, Publication, PublishKind, Read, Window


def perform(task: Task, setting: Setting) -> Result:
    """Carry out one step and record it; a failure is a result, not an exception."""
    if (upstream := _with_other_columns(task, setting)) is not None:
        return Result(status=Status.SKIPPED, note=f"{upstream} has other columns now")
    try:
        inputs = _inputs(task, setting)
        if task.step.action is Action.RECHECK and task.build is not None:
            inputs = _looked_through(setting, inputs, _recorded(task.build))
            same = _compare(task, task.build, inputs) == Difference()
            if same and not _looked_at_in_vain(task, setting, inputs):
                return _cut_off(task, setting, inputs)
        older = _reusable(task, setting, inputs)
        if older is not None:
            return _republish(task, setting, older, inputs)
        if task.step.relaid is not None:
            inputs = _looked_through(setting, inputs, dict(task.asset.windows))
            if may_relay(task, setting, inputs):
                return relay(task, setting, inputs)
        return _built(task, setting, inputs)
    except FreshlineError as error:
        return Result(status=Status.FAILED, error=error)
    except OSError as error:
        return Result(status=Status.FAILED, error=machine_refused(error))
    except Exception as error:  # one asset's trouble, even if it is ours, is not the others'
        ours = InternalError(f"{type(error).__name__}: {error}", help="please report it")
        return Result(status=Status.FAILED, error=ours)


def _built(task: Task, setting: Setting, inputs: Mapping[str, Input]) -> Result:
    try:
        return _build(task, setting, inputs)
    except NotMade:
        return _left_as_it_is(task, setting, inputs)
    except ComputeError as error:
        if not is_refusal(error):
            raise
        # DuckDB may work out what a join does not use: then all is read, and on record.
        whole = replace(task, asset=replace(task.asset, windows=()))
        return _build(whole, setting, inputs)


def _with_other_columns(task: Task, setting: Setting) -> str | None:
    """Return what SQL reads of code that came out with other columns than it was compiled for.

    It is compiled anew then, in the next round of the apply.
    """
    for key in task.asset.upstreams if task.asset.code is None else ():
        upstream, build = setting.graph.assets.get(key), task.inputs.get(key)
        if upstream is None or upstream.code is None or build is None:
            continue
        if build.version.columns != upstream.columns:
            return key
    return None


def _inputs(task: Task, setting: Setting) -> dict[str, Input]:
    """Return what the step reads: of each asset the pinned build, of each source the probe."""
    found: dict[str, Input] = {}
    optional = optional_reads(task.asset) | setting.graph.can_do_without(task.target.asset)
    for key in task.asset.reads:
        each = input_of(setting, key, task.inputs)
        if each is None and key in optional:
            continue
        if each is None:
            raise ComputeError(f"{key} was never materialized", help=f"run freshline apply {key}")
        found[key] = each
    return found


def _looked_through(
    setting: Setting, inputs: Mapping[str, Input], windows: Mapping[str, Window]
) -> dict[str, Input]:
    """Return inputs with the content of these windows, by a scan where nobody has taken it yet."""
    found = dict(inputs)
    compute = setting.ports.compute
    for key, window in windows.items():
        known = found.get(key)
        if known is None or known.seen.through(window) is not None:
            continue
        if key in setting.graph.sources:
            every = (window, *setting.windows.get(key, ()))
            seen = setting.glimpses.through(compute, known.version, known.relation, every)
        else:
            quantum = known.cutoff.round
            seen = compute.measure(known.relation, (window,), quantum=quantum).outputs
        found[key] = known._replace(outputs=(*(known.outputs or ()), *seen))
    return found


def _recorded(build: Build) -> Mapping[str, Window]:
    return {read.asset: read.window for read in build.trace.inputs}


def _compare(task: Task, build: Build, inputs: Mapping[str, Input]) -> Difference:
    seen = {key: each.seen for key, each in inputs.items()}
    return compare(build, seen, in_order=task.asset.order_sensitive)


def _reusable(task: Task, setting: Setting, inputs: Mapping[str, Input]) -> Build | None:
    """Return an older version to point back to; none where a rebuild was asked for or forced."""
    if any(reason.kind in ("forced", "drift") for reason in task.step.reasons):
        return task.step.reuse
    settings = config(task.asset.definition, setting.graph.project)
    seen = {key: each.seen for key, each in inputs.items()}
    wanted = period(task.asset, setting.ports.clock.now())
    return reusable(task.history, task.asset, settings, seen, wanted)


def _record(task: Task, inputs: Mapping[str, Input]) -> tuple[Read, ...]:
    return reads(task.asset, {key: each.seen for key, each in inputs.items()})


def _cut_off(task: Task, setting: Setting, inputs: Mapping[str, Input]) -> Result:
    """Keep the current version: the inputs have the content that it was built from."""
    assert task.build is not None
    failpoint("verify.before")
    ports = setting.ports
    event = Verified(
        at=ports.clock.now(),
        run=setting.run,
        target=task.target,
        mat_id=task.build.version.mat_id,
        inputs=_record(task, inputs),
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


def _left_as_it_is(task: Task, setting: Setting, inputs: Mapping[str, Input]) -> Result:
    """Keep what is there of an optional output that was not made; write down for which inputs."""
    note = "not made this time"
    if task.build is None:  # nothing to write it down of: the next plan asks again
        return Result(status=Status.VERIFIED, note=note)
    event = Verified(
        at=setting.ports.clock.now(),
        run=setting.run,
        target=task.target,
        mat_id=task.build.version.mat_id,
        inputs=_record(task, _looked_through(setting, inputs, dict(task.asset.windows))),
        code_version=task.asset.code_version,
        canonicaliser=rules_of(task.asset.code),
    )
    setting.ports.events.append([event])
    return Result(status=Status.VERIFIED, build=task.build, note=note)


def _republish(task: Task, setting: Setting, older: Build, inputs: Mapping[str, Input]) -> Result:
    """Point to an older version again; nothing is computed."""
    ports, storage = setting.ports, storage_for(setting, task.target.asset)
    publish_id = ports.ids.new()
    fence = claim(task, setting, publish_id)
    version, trace = older.version, older.trace
    logic = ports.events.logic([version.mat_id]).get(version.mat_id) or logic_of(task, setting)
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
        trace=replace(trace, inputs=_record(task, inputs)),
        logic=logic,
        layout=version.layout,
    )
    try:
        forget_candidate(task, setting)
        content = Input(storage.relation(version), version.mat_id, trace.data_version)
        findings = examined(task, setting, content)
        if findings.refused:
            return held_back(task, setting, publish_id, version, findings)
        build = publish_and_record(task, setting, storage, publication)
    except Exception as error:
        give_up(task, setting, publish_id, error)
        raise
    note = f"version {version.number} again"
    return Result(status=Status.REPUBLISHED, build=build, note=note, checks=findings.failed)


def _build(task: Task, setting: Setting, inputs: Mapping[str, Input]) -> Result:
    """Compute a new version and publish it."""
    ports, storage = setting.ports, storage_for(setting, task.target.asset)
    mat_id = ports.ids.new()
    fence = claim(task, setting, mat_id)
    try:
        forget_candidate(task, setting)
        made = _written(task, setting, inputs, mat_id)
        inputs, stage, measured = made.inputs, made.stage, made.measured
        task = replace(task, asset=made.asset)
        content = Input(stage.relation, mat_id, measured.data_version)
        findings = examined(task, made.setting, content)
        place = (task.target, task.known, content)
        findings = with_told(findings, made.told, made.setting, place)
        files = stage.seal()
        record, moved = _reads(task, made.setting, inputs)
        outputs = (Output(WHOLE, measured.data_version), *measured.outputs)
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
            trace=trace_of(task, setting, record, outputs, made.period),
            logic=logic_of(task, setting),
        )
        if findings.refused:
            return held_back(task, setting, mat_id, publication.version, findings)
        build = publish_and_record(task, setting, storage, publication, made.metadata)
    except Exception as error:
        give_up(task, setting, mat_id, error)
        raise
    note = f"{', '.join(moved or made.moved)} changed during the run" if made.moved else ""
    note += ": read again" if made.moved and not moved else ""
    return Result(status=Status.BUILT, build=build, note=note, checks=findings.failed)


class _Written(NamedTuple):
    """What an attempt has written: of what asset, from what and under which look at it, of when.

    `asset` and `setting` know what columns came out. `metadata` is what code told of it, `told` the
    checks that it made by itself.
    `moved` are the sources that changed the first time that they were read.
    """

    setting: Setting
    inputs: Mapping[str, Input]
    stage: Stage
    measured: Measurement
    period: str
    asset: Asset
    moved: tuple[str, ...] = ()
    metadata: Metadata = NOTHING_TOLD
    told: tuple[CheckTold, ...] = ()


def _written(task: Task, setting: Setting, inputs: Mapping[str, Input], mat_id: str) -> _Written:
    """Compute the rows; once more where a source changed meanwhile, from what it is then."""
    try:
        made = _computed(task, setting, inputs, mat_id)
        moved = _moved(task, setting)
    except ComputeError:
        moved = _moved(task, setting)
        if not moved:
            raise
    else:
        if not moved:
            return made
    storage_for(setting, task.target.asset).abort(task.target, mat_id)
    setting = replace(setting, sources={**setting.sources, **looked_again(setting, moved)})
    made = _computed(task, setting, _inputs(task, setting), mat_id)
    return made._replace(moved=moved)


def _computed(task: Task, setting: Setting, inputs: Mapping[str, Input], mat_id: str) -> _Written:
    compute, asset = setting.ports.compute, task.asset
    wanted = period(asset, setting.ports.clock.now())  # of before it reads the clock itself
    # Who hangs on the order of rows takes no other version for the same, whatever a scan says.
    sources = setting.graph.sources.keys() if asset.order_sensitive else ()
    windows = {key: window for key, window in asset.windows if key not in sources}
    found = _looked_through(setting, inputs, windows)
    if asset.code is not None:
        made = computed_by_code(task, setting, found, mat_id)
        return _Written(
            setting=made.setting,
            inputs=found,
            stage=made.stage,
            measured=made.measured,
            period=wanted,
            asset=made.asset,
            metadata=made.metadata,
            told=made.checks,
        )
    stage = storage_for(setting, task.target.asset).begin(task.target, mat_id)
    stage.write(compute, _query(task, setting, found), asset.columns)
    seen_by = setting.windows.get(task.target.asset, ())
    quantum = asset.definition.cutoff.round
    measured = compute.measure(stage.relation, seen_by, quantum=quantum)
    if measured.columns != asset.columns:
        raise ComputeError(
            f"{asset.definition.key} came out with other columns than it was compiled for",
            help="a source may have changed while it was read: run apply again",
        )
    return _Written(setting, found, stage, measured, wanted, asset)


def _query(task: Task, setting: Setting, inputs: Mapping[str, Input]) -> str:
    """Return the compiled text over the versions that this step reads, each narrowed to its window.

    So what is compared is all that can be read: a column outside of the window is an error.
    """
    columns_of = setting.graph.columns_of
    relations = {
        key: narrowed(key, inputs[key].relation, columns_of(key), task.asset.window(key))
        if key in inputs
        else without_rows(columns_of(key))
        for key in task.asset.reads
    }
    return bind(task.asset.query, relations)


def _reads(
    task: Task, setting: Setting, inputs: Mapping[str, Input]
) -> tuple[tuple[Read, ...], tuple[str, ...]]:
    """Return the record of inputs, and the sources that moved while they were read.

    Nobody can say which content of those was seen: they are recorded as a version that never comes
    again, so that the next plan finds the asset stale.
    """
    moved = _moved(task, setting)
    versions = {key: f"{inputs[key].version}+moved" for key in moved}
    unsure = {key: Input("", version, version, None) for key, version in versions.items()}
    return _record(task, {**inputs, **unsure}), moved


def _looked_at_in_vain(task: Task, setting: Setting, inputs: Mapping[str, Input]) -> bool:
    """Say whether what was hashed of a source may be what it became after the run's look at it."""
    assert task.build is not None
    recorded = {read.asset: read.version for read in task.build.trace.inputs}
    return any(recorded.get(key) != inputs[key].version for key in _moved(task, setting))


def _moved(task: Task, setting: Setting) -> tuple[str, ...]:
    """Return the sources that are not what they were at the look that the step goes by.

    One that is not to be looked at for a while is what it is said to be.
    """
    return tuple(
        key
        for key in task.asset.reads
        if key in setting.sources
        and setting.graph.sources[key].definition.probe.kind is not ProbeKind.TTL
        and not unmoved(setting.root, setting.sources[key])
    )
