"""Verdicts on assets, and the reasons that lead to them: the words of staleness, as values."""

from dataclasses import dataclass
from enum import StrEnum

from freshline.errors import Span


class Verdict(StrEnum):
    """What an asset is."""

    FRESH = "fresh"
    STALE = "stale"
    MISSING = "missing"
    PINNED = "pinned"  # kept at one version by somebody
    PAUSED = "paused"  # left as it is by somebody


# Verdicts under which nothing is to be done.
SETTLED = frozenset({Verdict.FRESH, Verdict.PINNED, Verdict.PAUSED})


class ReasonKind(StrEnum):
    """The closed set of causes."""

    MISSING = "missing"
    DRIFT = "drift"
    CONFIG = "config"
    CODE = "code"
    INPUT = "input"
    UPSTREAM = "upstream"
    FORCED = "forced"
    CHECK = "check"
    PIN = "pin"
    ORPHAN = "orphan"
    TIME = "time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One cause: the words, the upstream and columns concerned, and the place that decided."""

    kind: ReasonKind
    detail: str
    upstream: str | None = None
    columns: tuple[str, ...] = ()
    source: Span | None = None
