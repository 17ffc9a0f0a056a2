"""A step that gives an asset other columns of the files it has. No row is computed.

The plan has proven that the new query is the old one with columns dropped, reordered or renamed.
What is left to find out here is whether the inputs still show what the old rows were made of, now
through the windows of the new query. The new version is another one for whoever reads by position,
so it has a mat_id of its own; its content is hashed anew, and its checks are asked of it as of any
candidate. The protocol is that of every publish (see commit.py); the attempt has no private bytes.
"""

from collections.abc import Mapping
from dataclasses import replace

from freshline.definitions import Column
from freshline.errors import ComputeError
from freshline.execute.commit import (
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
from freshline.execute.run import Status
from freshline.execute.setting import Input, Result, Setting, storage_for
from freshline.lineage.quoting import quoted
from freshline.ports import Storage
from freshline.reconcile.fingerprint import rounded_to
from freshline.reconcile.inputs import reads
from freshline.versions import WHOLE, Build, Output, Publication, PublishKind, Read, Version


def may_relay(task: Task, setting: Setting, inputs: Mapping[str, Input]) -> bool:
    """Say whether the inputs show what the current version was made of.

    `inputs` are known through the windows of the new query. What the old version read beyond them
    does not matter; where it is on record for the wider window alone, both versions of an input are
    looked at through the narrower one.
    """
    build = task.build
    if task.step.relaid is None or build is None:
        return False
    recorded = {read.asset: read for read in build.trace.inputs}
    return all(
        key in recorded and _shows_the_same(task, setting, recorded[key], now)
        for key, now in inputs.items()
    )


def relay(task: Task, setting: Setting, inputs: Mapping[str, Input]) -> Result:
    """Publish the files of the current version with the columns of the new query."""
    assert task.build is not None
    ports, storage, older = setting.ports, storage_for(setting, task.target.asset), task.build
    publish_id = ports.ids.new()
    fence = claim(task, setting, publish_id)
    try:
        forget_candidate(task, setting)
        record = reads(task.asset, {key: each.seen for key, each in inputs.items()})
        columns, layout = _laid_out(task, older.version)
        trace = trace_of(task, setting, record, (Output(WHOLE, ""),))
        publication = Publication(
            target=task.target,
            publish_id=publish_id,
            mat_id=publish_id,
            fence=fence,
            base=task.head,
            kind=PublishKind.RELAYOUT,
            at=ports.clock.now(),
            rows=older.version.rows,
            columns=columns,
            files=older.version.files,
            trace=trace,
            logic=logic_of(task, setting),
            layout=layout,
        )
        publication = _measured(task, setting, storage, publication)
        candidate = Build(version=publication.version, trace=publication.trace)
        relation = storage.relation(candidate.version)
        content = Input(relation, candidate.version.mat_id, candidate.trace.data_version)
        findings = examined(task, setting, content)
        if findings.refused:
            return held_back(task, setting, publish_id, candidate.version, findings)
        build = publish_and_record(task, setting, storage, publication)
    except Exception as error:
        give_up(task, setting, publish_id, error)
        raise
    note = f"the rows of version {older.version.number} with other columns"
    return Result(status=Status.REPUBLISHED, build=build, note=note, checks=findings.failed)


def _laid_out(task: Task, older: Version) -> tuple[tuple[Column, ...], tuple[str, ...]]:
    """Return the columns of the new version, each with its name in the files."""
    assert task.step.relaid is not None
    there = dict(zip((c.name for c in older.columns), older.stored, strict=True))
    return task.asset.columns, tuple(there[was] for _, was in task.step.relaid.columns)


def _measured(
    task: Task, setting: Setting, storage: Storage, publication: Publication
) -> Publication:
    """Return the publication with its content hashed, as it is and through what reads it."""
    windows = setting.windows.get(task.target.asset, ())
    relation = storage.relation(publication.version)
    quantum = task.asset.definition.cutoff.round
    measured = setting.ports.compute.measure(relation, windows, quantum=quantum)
    if (measured.rows, measured.columns) != (publication.rows, publication.columns):
        raise ComputeError(
            f"{task.target.asset} has other rows or columns than are on record",
            help=f"run `freshline apply --force {task.target.asset}`",
        )
    outputs = (Output(WHOLE, measured.data_version), *measured.outputs)
    return replace(publication, trace=replace(publication.trace, outputs=outputs))


def _shows_the_same(task: Task, setting: Setting, read: Read, now: Input) -> bool:
    former = dict(dict(task.step.relaid.below if task.step.relaid else ()).get(read.asset, ()))
    same = now.version == read.version or now.seen.through(read.window) == read.data_version
    if same and not former:  # where columns have other names, equal names are no proof
        return True
    window = task.asset.window(read.asset)
    if read.asset in setting.sources or window == WHOLE:
        return False
    target = task.target._replace(asset=read.asset)
    builds = setting.ports.events.builds(target)
    was = next((build for build in builds if build.version.mat_id == read.version), None)
    storage = storage_for(setting, read.asset)
    if was is None or was.version.query or not storage.stamp(was.version):
        return False
    before = next((o.data_version for o in was.trace.outputs if o.window == window), None)
    names = {column.name.lower(): column.name for column in was.version.columns}
    wanted = [(name, names.get(former.get(name, name).lower())) for name in window.columns or ()]
    if any(there is None or there != name for name, there in wanted):
        before = None
    if before is None and all(there for _, there in wanted):
        # To the engine names in another case are the same.
        spelt = [f"{quoted(str(there))} AS {quoted(name)}" for name, there in wanted]
        there = storage.relation(was.version)
        relation = f"(SELECT {', '.join(spelt)} FROM {there})" if spelt else there
        quantum = rounded_to(was.trace.config)
        measured = setting.ports.compute.measure(relation, (window,), quantum=quantum)
        before = measured.outputs[0].data_version
    return before is not None and before == now.seen.through(window)
