"""What the reconciler remembers of an asset from one look to the next, and how that is kept."""

from collections.abc import Sequence
from functools import lru_cache

from msgspec import MsgspecError, Struct

from freshline.codec import decode, digest_of, encode
from freshline.refresh import Cron, Every, Manual, Never, Rule, Upstream, WhenNeeded, leaves

Timed = Cron | Every
_AHEAD = 26 * 3600.0


class Tried(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An attempt that was asked for: in which run, when, and on what, as a digest.

    `count` is how often that was tried, `logic` a digest of how it was to be built, `along` what it
    reads that was to be built in the same run, and `head` the version that there was before.
    `failed` is the run, where its failure has been taken note of.
    """

    run: str
    at: float
    digest: str
    count: int = 1
    along: tuple[str, ...] = ()
    logic: str = ""
    head: str = ""
    failed: str = ""


class AssetMemory(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is remembered of an asset.

    `since` is when its present rule was first seen, as the digest `rule`. `used` holds the moment
    that each part of the rule used up last, `held` one that was seen in time and could not be used.
    `stale` is when it was first seen to be stale, `went` when it was asked for, as far as a rate
    counts it, and `woke` what it was woken by last.
    """

    rule: str = ""
    since: float = 0.0
    used: dict[str, float] = {}
    held: dict[str, float] = {}
    stale: float | None = None
    tried: Tried | None = None
    went: tuple[float, ...] = ()
    woke: dict[str, str] = {}

    def floor(self, part: str) -> float:
        """Return the moment up to which a part of the rule has nothing to say any more."""
        return max(self.since, self.used.get(part, self.since))

    def is_ahead(self, now: float) -> bool:
        """Say whether it was written by a clock that was wrong by more than any is turned."""
        return max((self.since, *self.used.values())) > now + _AHEAD


NOTHING = AssetMemory()


_ASSET = "asset:"


def name_of(key: str) -> str:
    """Return under which name an asset's memory is kept."""
    return f"{_ASSET}{key}"


def key_of(name: str) -> str | None:
    """Return whose memory is kept under a name; None where that is no asset's."""
    return name.removeprefix(_ASSET) if name.startswith(_ASSET) else None


# What was read last under each name. Not of each text: those go on for ever.
_last: dict[str, tuple[str, AssetMemory]] = {}


def read(name: str, text: str | None) -> AssetMemory:
    """Return what a text says that was kept under a name; what cannot be read is nothing."""
    if text is None:
        return NOTHING
    known = _last.get(name)
    if known is not None and known[0] == text:
        return known[1]
    try:
        found = decode(text, AssetMemory)
    except (MsgspecError, ValueError):
        found = NOTHING
    _last[name] = (text, found)
    return found


def text_of(memory: AssetMemory) -> str | None:
    """Return the text under which a memory is kept; None where there is nothing to keep."""
    return None if memory == NOTHING else encode(memory).decode()


@lru_cache(maxsize=16_384)
def part_of(rule: Rule) -> str:
    """Return a short name of a rule, the same whenever it says the same."""
    return digest_of(rule)[:12]


@lru_cache(maxsize=4096)
def timed(rule: Rule) -> tuple[Timed, ...]:
    """Return the parts of a rule that moments are used up by."""
    return tuple(leaf for leaf in leaves(rule) if isinstance(leaf, Cron | Every))


@lru_cache(maxsize=4096)
def is_plain(rule: Rule) -> bool:
    """Say whether nothing needs to be remembered for a rule while its asset is fresh."""
    return all(isinstance(leaf, Upstream | Manual | Never | WhenNeeded) for leaf in leaves(rule))


def told(keys: Sequence[str]) -> str:
    """Return in a few words what was taken note of, where nothing is to be built."""
    named = ", ".join(keys[:3]) + (f" and {len(keys) - 3} more" if len(keys) > 3 else "")
    return f"nothing is to be built; something to remember of {named}"
