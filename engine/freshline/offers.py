"""Offers: what one catalog tells another of the version of an asset that is current in it."""

from dataclasses import dataclass

from freshline.definitions import Column
from freshline.versions import Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The current version of an asset, and what is said of the asset where it is made.

    `publish_id` tells it from every other publish, `data_version` only from what holds something
    else; `windows` are hashes of columns that the build measured. `freshness` is how it stands to
    its policy, empty without one. `until` is when the token of whoever asks expires.
    """

    key: str
    mat_id: str
    number: int
    publish_id: str
    data_version: str
    at: float
    rows: int
    bytes: int
    columns: tuple[Column, ...]
    windows: tuple[tuple[tuple[str, ...], str], ...] = ()
    view: bool = False
    description: str = ""
    owner: str = ""
    contacts: tuple[tuple[str, str], ...] = ()
    status: str = ""
    freshness: str = ""
    refresh: str = ""
    until: float | None = None


def offer_of(manifest: Manifest) -> Offer:
    """Return what a version's own record says; what is said of its asset stays empty."""
    version, trace = manifest.version, manifest.trace
    return Offer(
        key=version.target.asset,
        mat_id=version.mat_id,
        number=version.number,
        publish_id=version.publish_id,
        data_version="" if version.query else trace.data_version,
        at=version.at,
        rows=version.rows,
        bytes=version.bytes,
        columns=version.columns,
        windows=tuple(
            (output.window.columns, output.data_version)
            for output in trace.outputs
            if output.window.columns is not None and not output.window.ordered
        ),
        view=bool(version.query),
    )
