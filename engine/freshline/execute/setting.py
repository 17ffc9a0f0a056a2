"""What all steps of a run share: the setting, how they read what they need, how they end."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from freshline.errors import FreshlineError, ResourceError
from freshline.events import CheckResult
from freshline.execute.run import Status
from freshline.lineage.graph import Graph
from freshline.lineage.sources import relation as source_relation
from freshline.ports import Ports, Storage
from freshline.reconcile.fingerprint import source_version, storage_of
from freshline.state import Observation
from freshline.versions import Build


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepting:
    """The failing checks that somebody takes as they are: (asset, check), who and why."""

    checks: frozenset[tuple[str, str]]
    actor: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What all steps of a run share."""

    run: str
    root: Path
    graph: Graph
    ports: Ports
    sources: Mapping[str, Observation]
    accepting: Accepting | None = None


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


def input_of(setting: Setting, key: str, builds: Mapping[str, Build]) -> Input | None:
    """Return how to read an asset's build, or a source as it was probed; None without a build."""
    source = setting.graph.sources.get(key)
    if source is not None:
        seen = source_version(source, setting.sources[key])
        reader = source_relation(setting.root, source.definition, source.files)
        return Input(reader, seen, seen)
    build = builds.get(key)
    if build is None:
        return None
    relation = storage_for(setting, key).relation(build.version)
    return Input(relation, build.version.mat_id, build.trace.data_version)


def storage_for(setting: Setting, key: str) -> Storage:
    """Return the storage that keeps an asset's versions."""
    definition = setting.graph.assets[key].definition
    return setting.ports.storages[storage_of(definition, setting.graph.project)]


def machine_refused(error: Exception) -> ResourceError:
    """Return our error for one of the operating system's."""
    return ResourceError(
        f"the machine refused: {error}", help="what was published before is untouched"
    )
