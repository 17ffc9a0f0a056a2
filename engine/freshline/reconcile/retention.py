"""Retention: which versions nobody has to keep any more. A function of values alone.

A version is kept while it is current, while it is one of the newest, and for some days after
another took its place: who opened it just before that goes on reading it. Of the last two whichever
keeps more decides. Beyond that stays what somebody pinned, or can look at as a candidate.
"""

from collections.abc import Collection, Iterable, Sequence

from freshline.definitions import Retention
from freshline.versions import Version

_DAY = 86_400.0


def expired(
    versions: Sequence[Version], kept: Collection[str], retention: Retention, now: float
) -> tuple[Version, ...]:
    """Return the versions of a target that are out of retention, of all in ascending order.

    `kept` are the mat_ids that stay at any age. The last one is current, and never among them.
    """
    found: list[Version] = []
    newest = max(1, retention.versions)
    for place, version in enumerate(versions):
        if len(versions) - place <= newest or version.mat_id in kept:
            continue
        replaced_at = versions[place + 1].at
        if now - replaced_at > retention.days * _DAY:
            found.append(version)
    return tuple(found)


def freed(removed: Iterable[Version], staying: Iterable[Version]) -> int:
    """Return how many bytes a removal gives back: those of files that nothing which stays uses."""
    used = {file.path for version in staying for file in version.files}
    sizes = {f.path: f.bytes for version in removed for f in version.files if f.path not in used}
    return sum(sizes.values())
