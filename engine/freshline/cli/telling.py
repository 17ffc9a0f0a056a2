"""What code told of its versions, in a few words each."""

from collections.abc import Mapping
from typing import cast

from freshline.calls import Datum, Metadata
from freshline.cli.compose import Project
from freshline.codec import encode
from freshline.events import Materialized
from freshline.secrets import HIDDEN, is_telling

_LOOKED_AT = 2_000  # of an asset's newest events
_LONGEST = 40
_NAMED = 4


def told_of(project: Project, key: str) -> Mapping[str, Metadata]:
    """Return what was told of the versions of an asset, by the name of their publish."""
    target = project.place.target(key)
    return {
        entry.event.build.version.publish_id: entry.event.metadata
        for entry in reversed(project.sight.events.latest(limit=_LOOKED_AT, asset=key))
        if isinstance(entry.event, Materialized)
        and entry.event.target == target
        and entry.event.metadata
    }


def briefly(metadata: Metadata) -> str:
    """Return the first few values of metadata with their names, each in a word or two."""
    named = [
        f"{name} {HIDDEN if is_telling(name) else _word(datum)}" for name, datum in metadata.items()
    ]
    more = len(named) - _NAMED
    return ", ".join(named[:_NAMED]) + (f" (+{more})" if more > 0 else "")


def _word(datum: Datum) -> str:
    kind, value = datum
    match kind, value:
        case _, bool():
            return "yes" if value else "no"
        case _, int():
            return f"{value:,}"
        case _, float():
            return f"{value:.6g}"
        case "table", {"rows": list()}:
            count = len(cast("dict[str, list[object]]", value)["rows"])
            return f"{count} row{'' if count == 1 else 's'}"
        case "image", {"media_type": str() as media}:
            return media
        case _, str():
            words = " ".join(value.split())
        case _:
            words = encode(value).decode()
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"
