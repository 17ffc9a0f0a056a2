"""The numbered records of published versions: one JSON file each, created once, never changed.

The head of a target is the highest number in its folder, found with one listing. There is no hint
file beside them: it would be a second truth to keep durable and to distrust after a crash, and a
listing is as cheap as reading it.

    {"freshline_manifest": 1, "digest": "<SHA-256>", "manifest": {...}}

The digest is that of the bytes of the member `manifest` as they stand in the file, so that a cut or
a flipped bit is noticed before anything is believed.
"""

import hashlib
import re
from collections.abc import Iterator

import msgspec

from freshline import codec
from freshline.errors import CorruptError
from freshline.keys import Target
from freshline.ports import Resolution
from freshline.versions import Manifest
from freshline_adapters.lake import layout
from freshline_adapters.lake.disk import Disk

FORMAT = 1
_PUBLISH_ID = re.compile(rb'"publish_id": "([^"]*)"')


class _Envelope(msgspec.Struct):
    freshline_manifest: int
    digest: str
    manifest: msgspec.Raw


_envelope = msgspec.json.Decoder(_Envelope)


def record_of(manifest: Manifest) -> bytes:
    """Return the content of a record file."""
    body = msgspec.json.format(codec.encode(manifest), indent=1)
    digest = hashlib.sha256(body).hexdigest().encode()
    return b'{"freshline_manifest": %d,\n"digest": "%s",\n"manifest": %s}\n' % (
        FORMAT,
        digest,
        body,
    )


def manifest_in(record: bytes, name: str) -> Manifest:
    """Return the manifest that a record file holds; CorruptError where it is not what was written.

    `name` is the file, for the message.
    """
    try:
        envelope = _envelope.decode(record)
        if envelope.freshline_manifest != FORMAT:
            raise CorruptError(
                f"{name} is a record of format {envelope.freshline_manifest}; "
                f"this Freshline reads format {FORMAT}",
                name=name,
                help="a newer Freshline may have written it: use that one",
            )
        body = bytes(envelope.manifest)
        if hashlib.sha256(body).hexdigest() != envelope.digest:
            raise _corrupt(name, "its content does not match its digest")
        return codec.decode(body, Manifest)
    except (ValueError, RecursionError) as error:
        raise _corrupt(name, str(error)) from error


def numbers(disk: Disk, target: Target) -> tuple[int, ...]:
    """Return the numbers of a target's versions, ascending."""
    found = map(layout.number_of, disk.names(layout.pointer_folder(target)))
    return tuple(sorted(number for number in found if number is not None))


def head(disk: Disk, target: Target) -> int:
    """Return the number of a target's head, 0 where nothing is published."""
    names = (name for name in disk.names(layout.pointer_folder(target)) if len(name) == 25)
    found = max(names, default="")  # numbers are padded: the last name is the highest number
    number = layout.number_of(found)
    if found and number is None:
        return max(numbers(disk, target), default=0)
    return number or 0


def read(disk: Disk, target: Target, number: int) -> Manifest:
    """Return the record of one version; CorruptError when missing, unreadable or misplaced."""
    path = layout.record_file(target, number)
    name = f"{disk.root}/{path}"
    record = disk.read(path)
    if record is None:
        raise CorruptError(
            f"{name} is missing: version {number} of {target} has no record",
            name=name,
            help="run again: what is missing is then planned anew",
        )
    manifest = manifest_in(record, name)
    version = manifest.version
    if (version.target, version.number) != (target, number):
        raise CorruptError(
            f"{name} is the record of version {version.number} of {_address(version.target)}, "
            f"not of version {number} of {_address(target)}",
            name=name,
            help="a lake belongs to one project, and its files stay where they were written",
        )
    return manifest


def newest_first(disk: Disk, target: Target) -> Iterator[Manifest | CorruptError]:
    """Yield the records of a target from the head backwards; the error of one unreadable."""
    for number in reversed(numbers(disk, target)):
        try:
            yield read(disk, target, number)
        except CorruptError as error:
            yield error


def resolution(disk: Disk, target: Target, publish_id: str) -> Resolution:
    """Say whether a publish made one of the target's records.

    An unreadable record leaves it unknown, unless enough of it is left to see that it is another's.
    """
    answer = Resolution.NOT_PUBLISHED
    for number in reversed(numbers(disk, target)):
        try:
            found = read(disk, target, number).version.publish_id
        except CorruptError:
            rest = disk.read(layout.record_file(target, number)) or b""
            others = [name for name in _PUBLISH_ID.findall(rest) if name != publish_id.encode()]
            answer = answer if others else Resolution.UNKNOWN
        else:
            if found == publish_id:
                return Resolution.PUBLISHED
    return answer


def targets(disk: Disk) -> Iterator[Target]:
    """Yield every target that has a record.

    Folders do not name the project, so one record is read for it; CorruptError where none can be.
    """
    found = list(_walk(disk))
    project = next(_projects(disk, found), None)
    if found and project is None:
        raise CorruptError(
            f"no record in {disk.root}/{layout.ENVIRONMENTS} can be read",
            name=f"{disk.root}/{layout.ENVIRONMENTS}",
            help="restore the storage from a backup, or move it aside and run again",
        )
    return (target._replace(project=project or "") for target in found)


def targets_of(disk: Disk, whole: Target) -> Iterator[Target]:
    """Yield an asset and its partitions in one environment where they have a record."""
    for partition in partitions(disk, whole):
        target = whole._replace(partition=partition)
        if head(disk, target):
            yield target


def partitions(disk: Disk, whole: Target) -> Iterator[str]:
    """Yield the partitions of an asset that have a folder, the empty one first."""
    yield ""
    yield from _texts(disk, layout.pointer_folder(whole))


def environments(disk: Disk) -> Iterator[str]:
    """Yield the environments that have a folder."""
    return _texts(disk, layout.ENVIRONMENTS)


def _walk(disk: Disk) -> Iterator[Target]:
    for environment in _texts(disk, layout.ENVIRONMENTS):
        folder = f"{layout.ENVIRONMENTS}/{layout.plain_name(environment)}"
        for asset in filter(None, map(layout.asset_of, sorted(disk.names(folder)))):
            yield from targets_of(disk, Target("", environment, asset))


def _projects(disk: Disk, found: list[Target]) -> Iterator[str]:
    for target in found:
        for number in reversed(numbers(disk, target)):
            path = layout.record_file(target, number)
            try:
                manifest = manifest_in(disk.read(path) or b"", path)
            except CorruptError:
                continue
            yield manifest.version.target.project


def _texts(disk: Disk, folder: str) -> Iterator[str]:
    return filter(None, map(layout.text_of, sorted(disk.names(folder))))


def _address(target: Target) -> str:
    return f"{target} in environment {target.environment!r} of project {target.project!r}"


def _corrupt(name: str, reason: str) -> CorruptError:
    return CorruptError(
        f"{name} is damaged: {reason}",
        name=name,
        help="restore it from a backup, or run again: its target is then built anew",
    )
