"""Where things lie below a lake's root: names and paths, computed from keys alone.

    data/<asset>/<mat_id>.parquet                              the rows of one version
    env/<environment>/<asset>/<20 digits>.json                 the record of one published version
    env/<environment>/<asset>/<partition>/<20 digits>.json     the same, of a partition

Data lie once per project, pointers once per environment. `data/<asset>/<mat_id>/` is kept free for
versions of several files. An asset's key is its folder's name. In every other name whatever is not
a lower-case letter, a digit, `_` or `-` is percent-encoded: capitals because some file systems
do not tell them from small letters, dots so that no partition looks like a record or a parent
folder. All paths are relative to the root, with `/`.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from freshline.errors import CorruptError, UsageError
from freshline.keys import Target

DATA = "data"
ENVIRONMENTS = "env"

_MAX_LENGTH = 200  # file systems allow 255 bytes; the rest is for what we add to a name
_ASSET = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*")
_PLAIN = re.compile(r"[a-z0-9_-]+")
_PLAIN_BYTES = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789_-")
# Windows opens a device, not a file, under these names, whatever follows a dot.
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")
_RECORD = re.compile(r"[0-9]{20}\.json", re.ASCII)
_DATA_FILE = re.compile(rf"{DATA}(/[a-z0-9_%-][a-z0-9_.%-]*)+")


@lru_cache(maxsize=1 << 15)
def asset_name(asset: str) -> str:
    """Return the folder name of an asset: its key, encoded where it is none."""
    return _checked(asset, asset if _ASSET.fullmatch(asset) else _encoded(asset))


@lru_cache(maxsize=1 << 15)
def plain_name(text: str) -> str:
    """Return a file name for any text, never one of another text; UsageError where too long."""
    return _checked(text, text if _PLAIN.fullmatch(text) else _encoded(text))


def asset_of(name: str) -> str | None:
    """Return the asset whose folder has this name, None for a name that we do not give."""
    return _origin(name, asset_name)


def text_of(name: str) -> str | None:
    """Return the text that `plain_name` made this name of, None for a name that we do not give."""
    return _origin(name, plain_name)


def data_folder(asset: str) -> str:
    """Return the folder with the data files of an asset."""
    return f"{DATA}/{asset_name(asset)}"


def data_file(asset: str, mat_id: str) -> str:
    """Return the data file of one build."""
    return f"{DATA}/{asset_name(asset)}/{plain_name(mat_id)}.parquet"


def pointer_folder(target: Target) -> str:
    """Return the folder with the records of a target."""
    folder = f"{ENVIRONMENTS}/{plain_name(target.environment)}/{asset_name(target.asset)}"
    return f"{folder}/{plain_name(target.partition)}" if target.partition else folder


def record_file(target: Target, number: int) -> str:
    """Return the file that makes version `number` of a target exist."""
    return f"{pointer_folder(target)}/{number:020d}.json"


def number_of(name: str) -> int | None:
    """Return the version number that a file name stands for, None where it is no record."""
    return int(name[:20]) or None if _RECORD.fullmatch(name) else None


def draft_prefix(publish_id: str) -> str:
    """Return how the names begin of records that a publish has written but not put in place."""
    return f".{plain_name(publish_id)}."


def below_root(root: str, path: str) -> str:
    """Return where a data file named in a record lies; CorruptError for any other place."""
    if not _DATA_FILE.fullmatch(path):
        raise CorruptError(
            f"{path!r} is not the name of a data file in {root}",
            name=path,
            help="the record that names it was not written by Freshline",
        )
    return f"{root}/{path}"


def _encoded(text: str) -> str:
    return "".join(
        chr(byte) if byte in _PLAIN_BYTES else f"%{byte:02x}"
        for byte in text.encode("utf-8", "surrogatepass")
    )


def _origin(name: str, encode: Callable[[str], str]) -> str | None:
    try:
        text = unquote_to_bytes(name).decode("utf-8", "surrogatepass")
        return text if encode(text) == name else None
    except (UnicodeError, UsageError):
        return None


def _checked(text: str, name: str) -> str:
    if not name:
        raise UsageError("the empty text cannot name a folder or a file")
    if _DEVICE.fullmatch(name):
        name = f"%{ord(name[0]):02x}{name[1:]}"
    if len(name) > _MAX_LENGTH:
        raise UsageError(
            f"{text[:40]!r}... needs {len(name)} characters as a file name; "
            f"at most {_MAX_LENGTH} can be given to it",
            help="use a shorter name",
        )
    return name
