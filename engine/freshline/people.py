"""People: who answers for assets, by which ways they are told, and what may be called for that."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from freshline.errors import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerDefinition:
    """Somebody who answers for assets, and how to reach them; `chat` may name a channel."""

    name: str
    email: str | None = None
    chat: str | None = None
    on_call: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A way on which notices reach people: which notifier, and its settings, secrets by name."""

    name: str
    notifier: str
    settings: Mapping[str, object] = field(default_factory=dict[str, object])
    span: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhooks:
    """What may be called although it lies within, and where receivers find the catalog's pages."""

    allow: tuple[str, ...] = ()
    catalog: str = ""
