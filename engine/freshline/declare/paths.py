"""Paths of a project's files: the key that a path stands for, and the format of its data."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from freshline.declare.text import quoted
from freshline.keys import key_from_text, key_problem

ASSETS = "assets/"
SOURCES = "sources/"
MACROS = "macros/"
SENSORS = "sensors/"
_FOLDER_FILES = ("_folder.yaml", "_folder.yml")
_FORMATS: Mapping[str, str] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".xlsb": "excel",
    ".xls": "excel",
    ".ods": "excel",
}
_COMPRESSIONS = (".gz", ".zst", ".zip")
FORMATS = tuple(dict.fromkeys(_FORMATS.values()))


class PathKey(NamedTuple):
    """The key that a path below assets/ stands for, or what keeps it from being one.

    `better` is the nearest path that would do.
    """

    key: str
    problem: str | None = None
    better: str = ""


def split_suffix(path: str) -> tuple[str, str]:
    """Return a path without its suffix, and the suffix in lower case: `.sql`, `.csv.gz`."""
    folder, _, name = path.rpartition("/")
    stem, dot, suffix = name.rpartition(".")
    suffix = f".{suffix.lower()}" if dot else ""
    if suffix in _COMPRESSIONS:
        inner = stem.rpartition(".")
        if inner[1]:
            stem, suffix = inner[0], f".{inner[2].lower()}{suffix}"
    if not stem:
        stem, suffix = name, ""
    return (f"{folder}/{stem}" if folder else stem), suffix


def is_folder_file(path: str) -> bool:
    """Say whether a file holds the defaults of the folder that it lies in."""
    return path.rpartition("/")[2] in _FOLDER_FILES and path.startswith((ASSETS, SOURCES))


def folders_above(path: str) -> tuple[str, ...]:
    """Return the folders that a file lies in, outermost first: `assets`, `assets/stg`."""
    parts = path.split("/")[:-1]
    return tuple("/".join(parts[: depth + 1]) for depth in range(len(parts)))


def path_key(path: str) -> PathKey:
    """Return the key of a file below assets/: its folders and its name without suffix."""
    stem, suffix = split_suffix(path)
    inside = stem.removeprefix(ASSETS)
    key = inside.replace("/", ".")
    problem = key_problem(key)
    if "." in inside:
        problem = f"{quoted(inside)} has a dot, which separates the segments of a key"
    if problem is None:
        return PathKey(key)
    return PathKey(key, problem, f"{ASSETS}{'/'.join(better_segments(inside.split('/')))}{suffix}")


def better_segments(segments: Sequence[str]) -> tuple[str, ...]:
    """Return the nearest legal segments to any texts, at most as many as a key may have."""
    legal = [key_from_text(segment) for segment in segments]
    return (*legal[:2], "_".join(legal[2:])) if len(legal) > 2 else tuple(legal)


def is_address(path: str) -> bool:
    """Say whether a path is the address of files elsewhere: `s3://bucket/orders-*.csv`."""
    return "://" in path


def data_format(path: str) -> str | None:
    """Return the format that the suffix of a path or glob stands for, None where it tells none."""
    suffix = split_suffix(path.partition("?")[0] if is_address(path) else path)[1]
    for compression in _COMPRESSIONS:
        suffix = suffix.removesuffix(compression)
    return _FORMATS.get(suffix)


def is_data(path: str) -> bool:
    """Say whether a file below assets/ is a source named by its path; text may be a note."""
    return data_format(path) is not None and not split_suffix(path)[1].startswith(".txt")
