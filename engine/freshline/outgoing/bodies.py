"""The body of a webhook: JSON whose members have a schema, with a version of its own."""

from collections.abc import Mapping
from typing import cast

from freshline.acts import Delivery, Kind
from freshline.codec import encode
from freshline.outgoing.notices import link_of, link_to, moment
from freshline.secrets import redacted

VERSION = 1


def body_of(delivery: Delivery, catalog: str = "") -> bytes:
    """Return the body that tells of a delivery, the same at every attempt.

    `catalog` is where the pages are served; without it there are no links. No secret that this
    process knows is in it.
    """
    happening = delivery.happening
    run = happening.run
    told: dict[str, object] = {
        "version": VERSION,
        "id": delivery.id,
        "event": happening.kind.value,
        "project": delivery.project,
        "environment": delivery.environment,
        "at": moment(happening.at),
        "sensor": happening.name if happening.kind is Kind.FIRED else None,
        "incident": happening.incident,
        "why": happening.why,
        "assets": [
            {
                "asset": each.asset,
                "version": each.version or None,
                "link": link_to(catalog, "assets", each.asset) or None,
            }
            for each in happening.assets
        ],
        "run": None if run is None else {"id": run, "link": link_to(catalog, "runs", run) or None},
        "details": list(happening.details),
        "link": link_of(happening, catalog) or None,
    }
    return encode(_redacted(told))


def _redacted(value: object) -> object:
    match value:
        case str():
            return redacted(value)
        case Mapping():
            mapping = cast("Mapping[str, object]", value)
            return {name: _redacted(inner) for name, inner in mapping.items()}
        case list():
            return [_redacted(inner) for inner in cast("list[object]", value)]
        case _:
            return value
