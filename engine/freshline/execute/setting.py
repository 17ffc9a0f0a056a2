"""What all steps of a run share: the setting, how they read what they need, how they end."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from freshline.calls import Line
from freshline.definitions import Column, Cutoff, Looks
from freshline.errors import DeniedError, FreshlineError, InternalError, ResourceError
from freshline.events import CheckResult
from freshline.execute.glimpses import Glimpses
from freshline.execute.outcomes import Outcomes
from freshline.execute.present import Present
from freshline.execute.run import Status
from freshline.lineage.canonical import upstreams_in, view_relation
from freshline.lineage.graph import Graph
from freshline.lineage.sources import probe
from freshline.lineage.sources import relation as source_relation
from freshline.ports import Ports, Storage
from freshline.reconcile.fingerprint import storage_of
from freshline.reconcile.inputs import Seen, seen_of_source, seen_through
from freshline.state import Observation
from freshline.versions import Build, Output, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepting:
    """The failing checks that somebody takes as they are: (asset, check), who and why."""

    checks: frozenset[tuple[str, str]]
    actor: str
    reason: str


Relearn = Callable[[Mapping[str, tuple[Column, ...]]], Graph]


def _nobody_listens(asset: str, line: Line) -> None:
    """Take a line of user code, and do nothing with it."""


def nothing_learns(columns: Mapping[str, tuple[Column, ...]]) -> Graph:
    """Refuse to compile: there is no project to be read again."""
    raise InternalError("columns that are not known beforehand cannot be learnt here")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What all steps of a run share.

    `planned` are the assets that it may build; `outcomes` what calls of code returned that make
    several of them, `tell` gets what code says of an asset on its way. `relearn` compiles the
    project anew, with what came out of code just now as the columns of these assets.
    `windows` are those through which each asset is read, by whomever; `glimpses` what sources show
    through those that steps of this run read them by. `present` tells what other runs do meanwhile;
    None where there are no others.
    """

    run: str
    root: Path
    graph: Graph
    ports: Ports
    sources: Mapping[str, Observation]
    accepting: Accepting | None = None
    windows: Mapping[str, tuple[Window, ...]] = field(default_factory=dict[str, tuple[Window, ...]])
    glimpses: Glimpses = field(default_factory=Glimpses)
    planned: frozenset[str] = frozenset()
    outcomes: Outcomes = field(default_factory=Outcomes)
    tell: Callable[[str, Line], None] = _nobody_listens
    relearn: Relearn = nothing_learns
    present: Present | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a step ended: the status, the current build after it, and what failed.

    `checks` are the results that did not pass, those that only warn among them.
    """

    status: Status
    build: Build | None = None
    error: FreshlineError | None = None
    note: str = ""
    checks: tuple[CheckResult, ...] = ()


class Input(NamedTuple):
    """One version to read: how the engine reads it, which it is, and the hash of its content."""

    relation: str
    version: str
    data_version: str
    outputs: tuple[Output, ...] | None = ()
    cutoff: Cutoff = Cutoff()

    @property
    def seen(self) -> Seen:
        """What staleness compares of it."""
        by_version = self.cutoff.by is not Looks.CONTENT
        return Seen(self.version, self.data_version, self.outputs, by_version)


def input_of(setting: Setting, key: str, builds: Mapping[str, Build]) -> Input | None:
    """Return how to read an asset's build, or a source as it was probed; None without a build.

    A view is read by its query over what that reads, whose builds must be among these too.
    """
    source = setting.graph.sources.get(key)
    if source is not None and key in setting.sources:
        seen = seen_of_source(source, setting.sources[key])
        reader = source_relation(setting.root, source.definition, source.files)
        return Input(reader, seen.version, seen.data_version, seen.outputs)
    build = builds.get(key)
    if build is None or key not in setting.graph.assets:
        return None
    if build.version.query:
        return _through(setting, key, build, builds)
    relation = storage_for(setting, key).relation(build.version)
    trace = build.trace
    cutoff = setting.graph.assets[key].definition.cutoff
    return Input(relation, build.version.mat_id, trace.data_version, trace.outputs, cutoff)


def _through(setting: Setting, key: str, build: Build, builds: Mapping[str, Build]) -> Input | None:
    found: dict[str, Input] = {}
    for upstream in upstreams_in(build.version.query):
        below = input_of(setting, upstream, builds)
        if below is None:
            return None
        found[upstream] = below
    seen = seen_through(
        setting.graph.assets[key],
        build.trace.code_version,
        [i.seen for i in found.values()],
    )
    relation = view_relation(build.version.query, {u: i.relation for u, i in found.items()})
    return Input(relation, seen.version, seen.data_version, seen.outputs)


def looked_again(setting: Setting, keys: Iterable[str]) -> dict[str, Observation]:
    """Return what sources are now that moved since the run looked at them."""
    now, found = setting.ports.clock.now(), dict[str, Observation]()
    for key in keys:
        source = setting.graph.sources[key]
        found[key] = probe(setting.root, source.files, None, now, source.definition.probe)
    return found


def storage_for(setting: Setting, key: str) -> Storage:
    """Return the storage that keeps an asset's versions."""
    definition = setting.graph.assets[key].definition
    return setting.ports.storages[storage_of(definition, setting.graph.project)]


def machine_refused(error: Exception) -> ResourceError:
    """Return our error for one of the operating system's."""
    refused_for_good = isinstance(error, FileNotFoundError | PermissionError | NotADirectoryError)
    kind = DeniedError if refused_for_good else ResourceError
    return kind(f"the machine refused: {error}", help="what was published before is untouched")
