"""The rules of publishing, as functions of values: the same for every storage that keeps a log.

A publish is admitted when its publication was planned against the head and no newer attempt has
published. A newer attempt is looked for first: an attempt that was overtaken should hear that it
is over (FencedError), not that planning again might help (ConflictError).
"""

from collections.abc import Iterable

from freshline.errors import ConflictError, FencedError
from freshline.versions import Manifest, Publication, Version


def manifest_of(publication: Publication) -> Manifest:
    """Return the record of the version that a publication makes, numbered after its base."""
    return Manifest(version=publication.version, trace=publication.trace, logic=publication.logic)


def already_published(newest_first: Iterable[Manifest], publication: Publication) -> Version | None:
    """Return the version that this very publication has made before, or None.

    Fences never fall along the log, so the search ends at the first version that an older attempt
    made: as a rule that is the head.
    """
    for manifest in newest_first:
        if manifest.version.publish_id == publication.publish_id:
            return manifest.version
        if manifest.version.fence < publication.fence:
            return None
    return None


def check_fence(head: Version | None, publication: Publication) -> None:
    """Raise FencedError where a newer attempt than the publication's has made the head."""
    if head is not None and head.fence > publication.fence:
        raise FencedError(
            f"{publication.target}: attempt {publication.publish_id} (fence {publication.fence}) "
            f"was overtaken by a newer one (fence {head.fence}), which published "
            f"version {head.number}",
            help="nothing is lost: the newer version stays. This attempt may be dropped",
        )


def check_base(number: int, publication: Publication) -> None:
    """Raise ConflictError where the head's number is not the one the publication builds on."""
    if number != publication.base:
        raise ConflictError(
            f"{publication.target}: {_head(number)}, "
            f"but attempt {publication.publish_id} was planned when {_head(publication.base)}",
            help="run again: the plan is then made against what is published now",
        )


def _head(number: int) -> str:
    return f"version {number} was published" if number else "nothing was published"
