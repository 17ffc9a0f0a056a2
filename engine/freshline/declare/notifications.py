"""Notifications: the ways on which people are told, and what webhooks may call."""

import re
from ipaddress import ip_network

from freshline.declare import rules, source
from freshline.declare.interpolation import Misplaced, Values
from freshline.declare.references import filled_settings, filled_text
from freshline.declare.report import Report
from freshline.declare.section import Reader, Section, mapping, place_of, text, words, wrong
from freshline.declare.text import quoted
from freshline.people import Channel, Webhooks

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,99}")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+|[0-9A-Fa-f:]+)(:[0-9]{1,5})?")
_read_words = words(r"\S{1,300}", "a list of hosts and networks", "[builds.internal, 10.0.0.0/8]")
_FIX = "write for instance `slack: ${secret.slack_url}`"


def channels_reader(values: Values) -> Reader[tuple[Channel, ...]]:
    """Return a reader of `name: {notifier: its settings}`; `notifier: address` for one alone."""

    def read(report: Report, entry: source.Entry) -> tuple[Channel, ...]:
        node = mapping(report, entry)
        found = (_channel(report, each, values) for each in (node.entries if node else ()))
        return tuple(each for each in found if each is not None)

    return read


def webhooks_reader(values: Values) -> Reader[Webhooks]:
    """Return a reader of `{allow: [hosts and networks], catalog: address of the pages}`."""

    def read(report: Report, entry: source.Entry) -> Webhooks | None:
        node = mapping(report, entry)
        if node is None:
            return None
        section = Section(report, node, rules.WEBHOOKS)
        catalog = section.get("catalog", _address_reader(values))
        allow = section.get("allow", _read_allowed)
        return Webhooks(allow=allow or (), catalog=catalog or "")

    return read


def _channel(report: Report, entry: source.Entry, values: Values) -> Channel | None:
    name, node = entry.key.text, entry.value
    if not _NAME.fullmatch(name):
        message = f"{quoted(name)} is no name of a channel"
        fix = 'use lower-case letters, digits, "_" and "-", beginning with a letter'
        report.error("E105", entry.key, message, fix)
        return None
    if not isinstance(node, source.Mapping) or len(node.entries) != 1:
        wrong(report, entry, "a mapping with one notifier", _FIX)
        return None
    (given,) = node.entries
    if isinstance(given.value, source.Mapping):
        settings = filled_settings(report, given, values, is_template=True)
    else:
        alone = source.Scalar(given.key.start, given.key.end, "url", given.key.style)
        one = source.Mapping(
            given.value.start, given.value.end, (source.Entry(alone, given.value),)
        )
        whole = source.Entry(given.key, one)
        settings = filled_settings(report, whole, values, is_template=True)
    if settings is None:
        return None
    span = report.span(entry.key)
    return Channel(name=name, notifier=given.key.text, settings=settings, span=span)


def _address_reader(values: Values) -> Reader[str]:
    def read(report: Report, entry: source.Entry) -> str | None:
        written = text(report, entry)
        if written is None:
            return None
        try:
            address = filled_text(written, values).strip()
        except Misplaced as problem:
            report.error(problem.code, place_of(entry), problem.message, problem.fix)
            return None
        if not re.match(r"https?://[^\s]+\Z", address):
            wrong(report, entry, "an address", "write for instance https://catalog.shop.example")
            return None
        return address

    return read


def _read_allowed(report: Report, entry: source.Entry) -> tuple[str, ...]:
    found = _read_words(report, entry) or ()
    for each in found:
        if not _is_allowable(each):
            fix = "write hosts (`builds.internal`, `localhost:8080`) and networks (`10.0.0.0/8`)"
            wrong(report, entry, "a list of hosts and networks", fix)
            return ()
    return found


def _is_allowable(text: str) -> bool:
    if "/" not in text:
        return _HOST.fullmatch(text) is not None
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True
