"""Bringing: what this project reads of other projects' catalogs, as files of its own.

Of a project on this machine the storage is asked what is current, its catalog is not even opened;
a version that is one Parquet file is linked, so that nothing is copied and the other side may
remove it, and all else is written anew. A catalog that is served elsewhere is asked over HTTP. One
that cannot be asked is told to be so: what it has is then not known.

Whoever is killed in between leaves the old word and its file, or the new ones. Several processes
may bring the same at once: one does, and the others find it done.
"""

import fcntl
import os
import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from freshline.cli.catalogs.handing import current_in, link, write
from freshline.declare.brought import Brought, brought, say
from freshline.declare.catalogs import folder_of
from freshline.definitions import ProjectDefinition, SourceDefinition
from freshline.errors import ConflictError, FreshlineError, ResourceError
from freshline.failpoints import failpoint
from freshline.offers import Offer, offer_of
from freshline.other_catalogs import Origin, OtherCatalog
from freshline.ports import Storage
from freshline.versions import Manifest

if TYPE_CHECKING:
    from freshline.cli.catalogs.asking import Asking

_KEPT = 24 * 3600.0  # seconds that a file stays behind the one that took its place
_LOCK = "bringing.lock"


def bring(root: Path, project: ProjectDefinition, sources: Sequence[SourceDefinition]) -> None:
    """See to it that what sources stand for in other catalogs is here, or known why not."""
    catalogs = {each.name: each for each in project.catalogs}
    origins = dict.fromkeys(each.origin for each in sources if each.origin is not None)
    for name, catalog in catalogs.items():
        bring_from(root, catalog, [each.asset for each in origins if each.catalog == name])


def bring_from(root: Path, catalog: OtherCatalog, assets: Sequence[str]) -> None:
    """See to it that assets of one catalog are here as they are there now, or known why not."""
    if not assets:
        return
    if not catalog.is_remote:
        for asset in assets:
            _bring(root, catalog, asset, None)
        return
    from freshline.cli.catalogs.asking import Asking, UnreachableError

    with Asking(catalog) as asking:
        gone: FreshlineError | None = None
        for asset in assets:
            if gone is None:
                gone = _bring(root, catalog, asset, asking)
                gone = gone if isinstance(gone, UnreachableError) else None
            else:
                _unknown(root, folder_of(Origin(catalog.name, asset)), gone, time.time())


def offered(root: Path, catalog: OtherCatalog, asset: str) -> Offer:
    """Return what another catalog says of the current version of an asset.

    FreshlineError says in one sentence why that is not known.
    """
    if not catalog.is_remote:
        return offer_of(current(root, catalog, asset)[1])
    from freshline.cli.catalogs.asking import Asking

    with Asking(catalog) as asking:
        return asking.current(asset)


def rows_here(root: Path, catalog: OtherCatalog, asset: str) -> tuple[Offer, Path]:
    """Return what a served catalog says of an asset, and the file here that its rows are in."""
    from freshline.cli.catalogs.asking import Asking

    with Asking(catalog) as asking:
        offer, file = _taken(root, folder_of(Origin(catalog.name, asset)), asset, asking)
    return offer, file


def current(root: Path, catalog: OtherCatalog, asset: str) -> tuple[Storage, Manifest]:
    """Return the current version of an asset of a project on this machine, and its storage.

    FreshlineError says in one sentence why there is none to be had.
    """
    other = Path(os.path.abspath(root / catalog.path))
    return current_in(other, catalog.environment, asset, catalog.path)


def _bring(
    root: Path, catalog: OtherCatalog, asset: str, asking: "Asking | None"
) -> FreshlineError | None:
    """Bring one asset; return what was in the way, which is then written down."""
    folder, now = folder_of(Origin(catalog.name, asset)), time.time()
    try:
        if asking is not None:
            _taken(root, folder, asset, asking)
        else:
            _linked(root, folder, catalog, asset)
    except FreshlineError as error:
        _unknown(root, folder, error, now)
        return error
    except OSError as error:
        _unknown(root, folder, ResourceError(str(error)), now)
    return None


def _linked(root: Path, folder: str, catalog: OtherCatalog, asset: str) -> None:
    """Have the rows of a project on this machine here, and say so."""
    asked = time.time()
    storage, manifest = current(root, catalog, asset)
    offer = offer_of(manifest)
    known = brought(root, folder)
    if known is not None and not known.error and known.file == _file_of(offer):
        if (root / folder / known.file).is_file():
            return  # what is said of it is looked at with its next version
    offer = _described(offer, manifest, Path(os.path.abspath(root / catalog.path)))
    with _alone(root / folder):
        path = root / folder / _file_of(offer)
        if not path.is_file():
            draft = _draft(path)
            if link(storage, manifest, draft) is None:
                write(storage, manifest, draft)
            os.replace(draft, path)
        _say(root, folder, offer, asked)


def _described(offer: Offer, manifest: Manifest, other: Path) -> Offer:
    """Return an offer with what the other project's catalog says, where that can be read."""
    from freshline.cli.compose import catalog_path, saying

    try:
        said = saying()(catalog_path(other), *manifest.version.target[:3])
    except (FreshlineError, ValueError):  # no permission, or another version: nothing hangs on it
        return offer
    if said is None:
        return offer
    entry, owner = said
    return replace(
        offer,
        description=entry.description,
        owner=owner.name,
        contacts=owner.contacts,
        freshness=entry.freshness,
        refresh=entry.refresh,
    )


def _taken(root: Path, folder: str, asset: str, asking: "Asking") -> tuple[Offer, Path]:
    """Have the rows of an asset of a served catalog here, and say so."""
    for _ in range(3):
        asked = time.time()
        offer = asking.current(asset)
        path = root / folder / _file_of(offer)
        if _is_said(root, folder, offer):
            return offer, path
        with _alone(root / folder):
            if _is_outdated(root, folder, asked):
                continue  # what was heard since counts
            failpoint("bring.before_fetch")
            try:
                if not path.is_file():
                    draft = _draft(path)
                    asking.fetch(offer, draft)
                    failpoint("bring.after_fetch")
                    os.replace(draft, path)
            except ConflictError:
                continue  # another version is current by now
            failpoint("bring.before_word")
            _say(root, folder, offer, asked)
        return offer, path
    raise ResourceError("it changes faster than it can be read")


def _file_of(offer: Offer) -> str:
    if offer.view:
        raise ResourceError("it is a view there, and kept nowhere: read what it reads")
    return f"{offer.mat_id}-{offer.number}.parquet"


def _is_said(root: Path, folder: str, offer: Offer) -> bool:
    """Say whether all of this is known here already, and the file is there."""
    known, file = brought(root, folder), _file_of(offer)
    if known is None or known.error or known.file != file:
        return False
    return known == _word(known, offer) and (root / folder / file).is_file()


def _word(known: Brought, offer: Offer) -> Brought:
    """Return the word that an offer makes of the one before."""
    return Brought(
        file=_file_of(offer),
        number=offer.number,
        mat_id=offer.mat_id,
        data_version=offer.data_version,
        at=offer.at,
        older=known.older,
        owner=offer.owner,
        contacts=offer.contacts,
        description=offer.description,
        freshness=offer.freshness,
        refresh=offer.refresh,
        until=offer.until,
        asked=known.asked,
    )


def _is_outdated(root: Path, folder: str, asked: float) -> bool:
    """Say whether somebody asked later, and wrote down what they heard."""
    known = brought(root, folder)
    return known is not None and known.asked > asked


def _say(root: Path, folder: str, offer: Offer, asked: float) -> None:
    known, now = brought(root, folder) or Brought(), time.time()
    word = _word(known, offer)
    older = known.older
    if known.file not in ("", word.file):
        older = (*older, (known.file, now))
    word = replace(word, asked=asked, older=_without_old(root / folder, older, word.file, now))
    with suppress(OSError):  # where nothing can be written, nothing could be built either
        (root / folder).mkdir(parents=True, exist_ok=True)
        say(root, folder, word)


def _unknown(root: Path, folder: str, error: FreshlineError, asked: float) -> None:
    """Write down that nobody knows what is current, why, and since when."""
    known = brought(root, folder) or Brought()
    why = f"{error.message} ({error.help})" if error.help else error.message
    if known.error == why or known.asked > asked:
        return
    with suppress(OSError):
        (root / folder).mkdir(parents=True, exist_ok=True)
        since = known.since or time.time()
        say(root, folder, replace(known, error=why, since=since, asked=asked))


def _draft(path: Path) -> Path:
    """Return a new name for a file that is on its way; those that were left behind go."""
    for left in path.parent.glob("*.parquet.*"):
        with suppress(OSError):
            left.unlink()
    return path.with_name(f"{path.name}.{os.getpid()}")


@contextmanager
def _alone(folder: Path) -> Generator[None]:
    """Let one process at a time bring what is in a folder: the lock ends with who has it."""
    with ExitStack() as held:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        held.callback(os.close, descriptor)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


def _without_old(
    folder: Path, older: Sequence[tuple[str, float]], current: str, now: float
) -> tuple[tuple[str, float], ...]:
    """Remove files that ceased to be current long ago; return those that stay."""
    kept: list[tuple[str, float]] = []
    for name, at in older:
        if name == current:
            continue
        if now - at < _KEPT:
            kept.append((name, at))
        else:
            with suppress(OSError):
                (folder / name).unlink()
    return tuple(kept)
