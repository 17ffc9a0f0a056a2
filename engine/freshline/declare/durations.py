"""Durations as people write them: `30s`, `5m`, `2h`, `7d`, `1.5h`."""

import re

from freshline.declare import source
from freshline.declare.report import Report
from freshline.declare.section import wrong

_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s?(ms|s|m|h|d|w)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0}
_FORMS = "a duration such as 30s, 5m, 2h, 7d or 1.5h"
_LONGEST = 100 * 365 * 86_400.0


def seconds(text: str) -> float | None:
    """Return how many seconds a duration has, None where the text is none or exceeds a century."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        return None
    value = float(found[1]) * _SECONDS[found[2]]
    return value if value <= _LONGEST else None


def spelled(seconds: float) -> str:
    """Return a number of seconds as a duration that reads as the same: 5400 is `1.5h`."""
    for unit in ("w", "d", "h", "m"):
        count = seconds / _SECONDS[unit]
        if count >= 1 and count * 4 == int(count * 4):
            return f"{count:g}{unit}"
    return f"{seconds:.9g}s"


def read_duration(report: Report, entry: source.Entry) -> float | None:
    """Read a duration, zero included, in seconds."""
    value = entry.value
    found = seconds(value.text) if isinstance(value, source.Scalar) else None
    if found is None:
        fix = "write a number and its unit: ms, s, m, h, d or w"
        if isinstance(value, source.Scalar) and value.text.isdecimal():
            fix = f"say of what: `{value.text}s` is seconds, `{value.text}m` minutes"
        wrong(report, entry, _FORMS, fix)
    return found
