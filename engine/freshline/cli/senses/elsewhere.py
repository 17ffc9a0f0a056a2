"""Elsewhere: what sensors wait for in other catalogs and in stores of objects."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from freshline.cli.bringing import offered
from freshline.cli.senses.answering import Glimpse
from freshline.cli.senses.inquiring import Inquiries
from freshline.errors import ResourceError, UnbuiltError
from freshline.lineage.graph import Graph
from freshline.offers import Offer
from freshline.operate.looking import Listed, since_seen
from freshline.operate.scene import FileSeen, Remote

CATALOG = "catalog://"


class Elsewhere:
    """What was found elsewhere, so that no version is measured twice. For one thread a question."""

    def __init__(self, root: Path, inquiries: Inquiries) -> None:
        self._root, self._inquiries = root, inquiries
        self._files: dict[str, Mapping[str, FileSeen]] = {}
        self._measured: dict[str, tuple[str, dict[tuple[str, ...], str]]] = {}

    def listed(self, address: str, now: float) -> Listed:
        """Return the files of a glob in a store; one whose time nobody tells changed just now.

        ComputeError or ResourceError where the store cannot be asked.
        """
        from freshline.lineage.files.remote import listed

        found = [
            FileSeen(path=each.path, stamp=each.stamp, changed=now if each.at is None else each.at)
            for each in listed(address)
        ]
        files = since_seen(self._files.get(address, {}), found)
        self._files[address] = {file.path: file for file in files}
        return Listed(files=files)

    def current(self, graph: Graph, key: str, columns: Sequence[tuple[str, ...]]) -> Remote:
        """Return the current version of `catalog://name/key`, and what columns of it hold.

        FreshlineError says why that is not known. What was published there passed its checks.
        """
        name, _, asset = key.removeprefix(CATALOG).partition("/")
        catalogs = {each.name: each for each in graph.project.catalogs}
        if name not in catalogs:
            raise ResourceError(f"there is no catalog {name}")
        for _ in range(3):
            try:
                offer = offered(self._root, catalogs[name], asset)
            except UnbuiltError:  # known, and nothing: the first version that comes is new
                return Remote(key=key)
            windows = self._windows((key, name, asset), offer, columns)
            if windows is not None:
                return Remote(
                    key=key,
                    version=offer.publish_id,
                    content=offer.data_version,
                    at=offer.at,
                    windows={",".join(each): windows[each] for each in columns},
                )
        raise ResourceError("it changes faster than it can be measured")

    def _windows(
        self,
        of: tuple[str, str, str],
        offer: Offer,
        columns: Sequence[tuple[str, ...]],
    ) -> Mapping[tuple[str, ...], str] | None:
        """Return hashes by columns; None where another version is current by now."""
        key, catalog, asset = of
        version, known = self._measured.get(key, ("", {}))
        if version != offer.mat_id:
            known = _recorded(offer, columns)
        missing = tuple(each for each in columns if each not in known)
        if missing:
            glimpse = Glimpse(name=key, catalog=catalog, asset=asset, columns=missing)
            for answered in self._inquiries.ask(glimpses=[glimpse]):
                if answered.error:
                    raise ResourceError(answered.error)
                if answered.version != offer.mat_id:
                    return None
                known = {**known, **dict(answered.windows)}
        self._measured[key] = (offer.mat_id, known)
        return known


def _recorded(offer: Offer, columns: Sequence[tuple[str, ...]]) -> dict[tuple[str, ...], str]:
    """Return what the build measured itself, because somebody over there reads these columns."""
    outputs = {frozenset(name.lower() for name in names): found for names, found in offer.windows}
    wanted = {each: frozenset(name.lower() for name in each) for each in columns}
    return {each: outputs[names] for each, names in wanted.items() if names in outputs}
