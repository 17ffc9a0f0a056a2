"""What a firing is about, and who is told of it."""

from collections.abc import Iterable

from freshline.acts import OWNER, AssetVersion
from freshline.operate.arrivals import Sensed
from freshline.operate.ground import Ground
from freshline.refresh import (
    AssetArrived,
    CallWebhook,
    Condition,
    Materialize,
    Notify,
    SensorDefinition,
)


def about(ground: Ground, pairs: Iterable[tuple[Condition, Sensed]]) -> tuple[AssetVersion, ...]:
    """Return the assets that arrived, each with the content that it has."""
    found: dict[str, str] = {}
    for condition, sensed in pairs:
        if isinstance(condition, AssetArrived) and sensed.arrived:
            remote = ground.scene.seen.remotes.get(condition.key)
            content = remote.content if remote is not None else ground.content(condition.key)
            found[condition.key] = content or ""
    return tuple(AssetVersion(key, content) for key, content in found.items())


def addressed(
    ground: Ground, sensor: SensorDefinition, arrived: Iterable[AssetVersion]
) -> tuple[CallWebhook | Notify, ...]:
    """Return a sensor's acts beside runs; a notice to nobody, or to `owner`, names the owners."""
    owners = _owners(ground, sensor, arrived)
    found: list[CallWebhook | Notify] = []
    for act in sensor.acts:
        if isinstance(act, CallWebhook):
            found.append(act)
        elif not isinstance(act, Materialize):
            named = act.to or (OWNER,)
            to = [each for name in named for each in (owners if name == OWNER else (name,))]
            found.append(Notify(to=tuple(dict.fromkeys(to)), text=act.text))
    return tuple(found)


def _owners(
    ground: Ground, sensor: SensorDefinition, arrived: Iterable[AssetVersion]
) -> tuple[str, ...]:
    """Return who owns the assets that arrived; of what nobody owns, the owner of the sensor."""
    graph = ground.graph
    found: list[str | None] = []
    for key, _ in arrived:
        if (asset := graph.assets.get(key)) is not None:
            found.append(asset.definition.owner)
        elif (source := graph.sources.get(key)) is not None:
            found.append(source.definition.owner)
    owners = tuple(dict.fromkeys(owner for owner in found if owner))
    return owners or ((sensor.owner,) if sensor.owner else ())
