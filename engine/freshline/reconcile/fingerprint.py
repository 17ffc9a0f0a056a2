"""Fingerprints of what is declared beside the logic: settings that move data, and metadata."""

from collections.abc import Mapping

from freshline.codec import digest, digest_of
from freshline.definitions import AssetDefinition, ProjectDefinition, SourceDefinition
from freshline.lineage.graph import Source
from freshline.state import Observation


def storage_of(definition: AssetDefinition, project: ProjectDefinition) -> str:
    """Return the name of the storage that keeps an asset's versions."""
    return definition.storage or project.default_storage


def config(definition: AssetDefinition, project: ProjectDefinition) -> str:
    """Return the hash of the settings whose change needs the data to be written anew."""
    return digest(definition.kind, storage_of(definition, project))


def source_version(source: Source, observed: Observation) -> str:
    """Return what readers of a source see: its files' version, and how they are read.

    The columns are part of it, since the same bytes read with other types are other rows.
    """
    definition = source.definition
    how = [definition.format, list(definition.options), list(source.columns)]
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
