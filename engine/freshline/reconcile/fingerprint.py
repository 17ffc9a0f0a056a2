"""Fingerprints of what is declared beside the logic: settings that move data, and metadata."""

from collections.abc import Mapping
from datetime import UTC, datetime

from freshline.codec import digest, digest_of
from freshline.definitions import AssetDefinition, ProjectDefinition, SourceDefinition, Volatile
from freshline.lineage.graph import Asset, Source
from freshline.state import Observation


def storage_of(definition: AssetDefinition, project: ProjectDefinition) -> str:
    """Return the name of the storage that keeps an asset's versions."""
    return definition.storage or project.default_storage


def config(definition: AssetDefinition, project: ProjectDefinition) -> str:
    """Return the hash of the settings whose change needs the data to be written anew.

    What content is rounded to stands behind it, where it is: hashes of other roundings are of
    another kind.
    """
    moved = digest(definition.kind, storage_of(definition, project))
    quantum = definition.cutoff.round
    return moved if quantum is None else f"{moved} round {quantum!r}"


def rounded_to(settings: str) -> float | None:
    """Return what content on record with these settings was rounded to, None where it was not."""
    quantum = settings.partition(" round ")[2]
    return float(quantum) if quantum else None


def only_rounded(before: str, after: str) -> bool:
    """Say whether two settings differ in nothing but what content is rounded to."""
    return before != after and before.partition(" ")[0] == after.partition(" ")[0]


def period(asset: Asset, now: float) -> str:
    """Return the day or the hour that the rows of an asset are of; empty where time is no matter.

    An hour's text begins with its day's.
    """
    if not asset.varies or asset.volatile not in (Volatile.DAY, Volatile.HOUR):
        return ""
    return day(now) if asset.volatile is Volatile.DAY else hour(now)


def day(now: float) -> str:
    """Return the day of a moment, in UTC."""
    return f"{datetime.fromtimestamp(now, UTC):%Y-%m-%d}"


def hour(now: float) -> str:
    """Return the hour of a moment, in UTC."""
    return f"{datetime.fromtimestamp(now, UTC):%Y-%m-%dT%H}"


def same_period(recorded: str, wanted: str) -> bool:
    """Say whether rows of one period are those of another that is wanted now."""
    return recorded.startswith(wanted)


def source_version(source: Source, observed: Observation) -> str:
    """Return what readers of a source see: its files' version, and how they are read.

    The columns are part of it, since the same bytes read with other types are other rows.
    """
    definition = source.definition
    how: list[object] = [definition.format, list(definition.options), list(source.columns)]
    return digest(digest_of(how), observed.version)


def spec(definition: AssetDefinition | SourceDefinition) -> Mapping[str, object]:
    """Return what pages and searches show of a definition; no SQL, no places in files."""
    return {
        "description": definition.description,
        "owner": definition.owner,
        "group": definition.group,
        "tags": list(definition.tags),
        "meta": dict(definition.meta),
        "columns": {c.name: c.description for c in definition.columns if c.description},
        **(_of_assets(definition) if isinstance(definition, AssetDefinition) else {}),
    }


def _of_assets(definition: AssetDefinition) -> Mapping[str, object]:
    """Return what only assets have, as far as it is said: what is not, is not kept as nothing."""
    found: dict[str, object] = {}
    if definition.links:
        found["links"] = dict(definition.links)
    if (cycle := definition.lifecycle) is not None:
        told = {"replacement": cycle.replacement, "sunset": cycle.sunset}
        said = {name: value for name, value in told.items() if value is not None}
        found["lifecycle"] = {"stage": cycle.stage, **said}
    return found


def spec_digest(spec: Mapping[str, object]) -> str:
    """Return the hash by which a change of metadata is noticed."""
    return digest_of(spec)
