"""Facts to words: times, durations, sizes and counts as pages write them. Pure functions."""

from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

NARROW = "\u202f"  # between a number and its unit: they stay on one line

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_WEEK, _MONTH, _YEAR = 7 * _DAY, 30 * _DAY, 365 * _DAY
_UNITS = ((_YEAR, "y"), (_MONTH, "mo"), (_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min"))


class Tone(NamedTuple):
    """How a word of status looks: the class of its colours, and its glyph."""

    colour: str
    glyph: str


TONES = {
    "fresh": Tone("fresh", "fresh"),
    "stale": Tone("stale", "stale"),
    "maybe stale": Tone("stale", "maybe"),
    "missing": Tone("none", "missing"),
    "never built": Tone("none", "missing"),
    "pinned": Tone("none", "pinned"),
    "paused": Tone("none", "paused"),
    "blocked": Tone("failed", "blocked"),
    "set aside": Tone("failed", "aside"),
    "source": Tone("none", "source"),
    "external": Tone("none", "source"),
    "gone": Tone("none", "none"),
    "running": Tone("running", "running"),
    "queued": Tone("running", "missing"),
    "requested": Tone("running", "running"),
    "nothing": Tone("none", "none"),
    "failed": Tone("failed", "failed"),
    "interrupted": Tone("failed", "blocked"),
    "cancelled": Tone("none", "blocked"),
    "skipped": Tone("none", "none"),
    "waiting": Tone("none", "missing"),
    "not begun": Tone("none", "missing"),
    "built": Tone("fresh", "passed"),
    "republished": Tone("fresh", "passed"),
    "verified": Tone("fresh", "fresh"),
    "checked": Tone("fresh", "fresh"),
    "dropped": Tone("none", "none"),
    "begun": Tone("running", "missing"),
    "done": Tone("fresh", "passed"),
    "succeeded": Tone("fresh", "passed"),
    "passed": Tone("fresh", "passed"),
    "warned": Tone("warn", "warn"),
    "accepted": Tone("none", "passed"),
    "error": Tone("failed", "failed"),
    "healthy": Tone("fresh", "fresh"),
    "warning": Tone("stale", "warn"),
    "degraded": Tone("failed", "failed"),
    "unknown": Tone("none", "missing"),
    "open": Tone("failed", "failed"),
    "closed": Tone("fresh", "passed"),
    "muted": Tone("none", "paused"),
    "delivered": Tone("fresh", "passed"),
    "dead": Tone("failed", "failed"),
    "awaited": Tone("none", "missing"),
    "arrived": Tone("running", "maybe"),
    "consumed": Tone("fresh", "passed"),
    "ignored": Tone("none", "none"),
}


def tone(word: str) -> Tone:
    """Return how a word of status looks; one that nobody knows looks like nothing in particular."""
    return TONES.get(word, Tone("none", "none"))


def iso(at: float) -> str:
    """Return a moment as machines read it."""
    return _moment(at).strftime("%Y-%m-%dT%H:%M:%SZ")


def absolute(at: float) -> str:
    """Return a moment in full, in UTC."""
    return _moment(at).strftime("%Y-%m-%d %H:%M:%S UTC")


def zoned(at: float, zone: str) -> str:
    """Return a moment as a clock in a time zone shows it; in UTC where the zone is unknown."""
    try:
        there = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        there, zone = ZoneInfo("UTC"), "UTC"
    shown = _moment(at).astimezone(there)
    return f"{shown:%a %Y-%m-%d %H:%M} {zone}"


def clock(at: float) -> str:
    """Return a moment's time of day in UTC."""
    return _moment(at).strftime("%H:%M:%S")


def day(at: float) -> str:
    """Return a moment's day in UTC."""
    return _moment(at).strftime("%Y-%m-%d")


def relative(at: float, now: float) -> str:
    """Return how long ago a moment was, or how soon it will be, in its largest unit."""
    distance = abs(now - at)
    if distance < 5:
        return "just now"
    words = _largest(distance)
    return f"{words} ago" if at < now else f"in {words}"


def duration(seconds: float) -> str:
    """Return a length of time in at most two units: 340 ms, 4.2 s, 1 min 12 s, 3 h 05 min."""
    if seconds < 0:
        return "-" + duration(-seconds)
    if round(seconds, 3) < 1:
        return f"{round(seconds * 1000)}{NARROW}ms"
    if round(seconds, 1) < 10:
        return f"{seconds:.1f}{NARROW}s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole}{NARROW}s"
    if whole < _HOUR:
        return f"{whole // 60}{NARROW}min {whole % 60:02d}{NARROW}s"
    minutes = round(seconds / 60)
    if minutes < 60 * 24:
        return f"{minutes // 60}{NARROW}h {minutes % 60:02d}{NARROW}min"
    hours = round(seconds / _HOUR)
    return f"{hours // 24}{NARROW}d {hours % 24}{NARROW}h"


def size(count: int) -> str:
    """Return a number of bytes in the unit that leaves at most three digits before the point."""
    if count < 1000:
        return f"{count}{NARROW}B"
    value = float(count)
    for unit in ("kB", "MB", "GB", "TB"):
        value /= 1000
        if round(value, 0) < 1000:
            return (
                f"{value:.1f}{NARROW}{unit}"
                if round(value, 1) < 10
                else f"{value:.0f}{NARROW}{unit}"
            )
    return f"{value / 1000:,.1f}{NARROW}PB"


def number(value: float) -> str:
    """Return a number with its thousands apart."""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.6g}"


def short_number(value: int) -> str:
    """Return a count in at most four characters or so: 940, 12k, 3.4M."""
    if abs(value) < 10_000:
        return f"{value:,}"
    scaled = float(value)
    for unit in ("k", "M", "G"):
        scaled /= 1000
        if abs(round(scaled, 0)) < 1000:
            return f"{scaled:.1f}{unit}" if abs(round(scaled, 1)) < 10 else f"{scaled:.0f}{unit}"
    return f"{scaled / 1000:,.0f}T"


def plural(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def shortened(text: str, length: int) -> str:
    """Return a text cut in its middle to at most `length` characters: both ends of a key tell."""
    if len(text) <= length:
        return text
    kept = length - 1
    front = kept // 2
    return f"{text[:front]}…{text[len(text) - (kept - front) :]}"


def _moment(at: float) -> datetime:
    try:
        return datetime.fromtimestamp(at, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.fromtimestamp(0, UTC)


def _largest(distance: float) -> str:
    for length, unit in _UNITS:
        if distance >= length:
            return f"{int(distance // length)}{NARROW}{unit}"
    return f"{int(distance)}{NARROW}s"
