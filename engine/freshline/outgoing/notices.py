"""Notices: what people are told, in which words, and by which way it reaches them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from freshline.acts import Delivery, Happening, Kind
from freshline.outgoing.notifiers import Notice
from freshline.people import Channel, OwnerDefinition
from freshline.refresh import Notify

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_LONGEST = 2000
_MOST_ASSETS = 20
MAIL = "smtp"
PLACEHOLDERS = (
    "name", "sensor", "why", "assets", "run", "at", "project", "environment", "link",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """By which channel somebody is reached, and under which address there."""

    channel: Channel
    to: str = ""


def route(
    name: str, owners: Sequence[OwnerDefinition], channels: Sequence[Channel]
) -> Route | None:
    """Return how somebody is reached: by a channel of that name, by chat, by mail; None where not.

    The chat of an owner names a channel; a mail goes by the channel `mail`, or the first of mail.
    """
    named = {channel.name: channel for channel in channels}
    if name in named:
        return Route(channel=named[name])
    mails = [channel for channel in channels if channel.notifier == MAIL]
    mail = named.get("mail") or (mails[0] if mails else None)
    owner = next((owner for owner in owners if owner.name == name), None)
    chat = owner.chat.lstrip("#") if owner is not None and owner.chat else ""
    if chat in named:
        return Route(channel=named[chat])
    email = owner.email if owner is not None else name if "@" in name else None
    return Route(channel=mail, to=email) if mail is not None and email else None


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return a text with what is known put in where `{name}` stands; all else stays as it is.

    What is put in is never looked at again.
    """
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)


def notice(deliveries: Sequence[Delivery], catalog: str) -> Notice:
    """Return what is told of deliveries to one recipient: of several, one after the other."""
    texts = [_text(delivery, catalog) for delivery in deliveries]
    first = deliveries[0]
    subject = _subject(first.happening)
    if len(deliveries) > 1:
        subject = f"{subject}, and {len(deliveries) - 1} more"
    where = f"[{first.project}/{first.environment}]"
    return Notice(subject=_one_line(f"{where} {subject}"), text="\n\n".join(texts))


def link_to(catalog: str, *path: str) -> str:
    """Return the address of a page of the catalog, empty where nobody said where that is."""
    if not catalog:
        return ""
    return "/".join((catalog.rstrip("/"), *(quote(each, safe="") for each in path)))


def link_of(happening: Happening, catalog: str) -> str:
    """Return the address of the page that tells most of what happened."""
    if happening.run is not None:
        return link_to(catalog, "runs", happening.run)
    if happening.kind is not Kind.FIRED:
        return link_to(catalog, "assets", happening.name)
    if happening.assets:
        return link_to(catalog, "assets", happening.assets[0].asset)
    return link_to(catalog)


def moment(at: float) -> str:
    """Return a moment as receivers read it: ISO 8601, UTC, whole seconds."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _text(delivery: Delivery, catalog: str) -> str:
    happening = delivery.happening
    link = link_of(happening, catalog)
    shown = [each.asset for each in happening.assets[:_MOST_ASSETS]]
    more = len(happening.assets) - len(shown)
    values = {
        "name": happening.name,
        "sensor": happening.name,
        "why": happening.why,
        "assets": ", ".join(shown) + (f" and {more} more" if more > 0 else ""),
        "run": happening.run or "",
        "at": moment(happening.at),
        "project": delivery.project,
        "environment": delivery.environment,
        "link": link,
    }
    said = delivery.act.text if isinstance(delivery.act, Notify) else ""
    if said:
        return filled(said, values)[:_LONGEST]
    lines = [f"{_subject(happening)}: {happening.why}", *happening.details[:_MOST_ASSETS]]
    return "\n".join((*lines, link) if link else lines)[:_LONGEST]


def _subject(happening: Happening) -> str:
    match happening.kind:
        case Kind.FIRED:
            return f"sensor {happening.name} fired"
        case Kind.OPENED:
            return f"{happening.name} is in trouble"
        case Kind.CLOSED:
            return f"{happening.name} is well again"


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]
