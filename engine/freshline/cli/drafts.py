"""Drafts: the YAML of sources that were found in data files, and the families the files form."""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from glob import escape
from pathlib import Path
from typing import cast

from freshline.declare.paths import data_format, split_suffix
from freshline.definitions import Column
from freshline.errors import ComputeError, FreshlineError
from freshline.keys import key_from_text
from freshline.lineage.files.dialects import Found
from freshline.lineage.files.sniffing import sniff

_RUN = re.compile(r"\d+(?:[-_.]?\d+)*")
_PLAIN = re.compile(r"[A-Za-z_][\w/.*-]*(?: [\w/.*-]+)*")
_SHAPE = ("delim", "skip", "header", "encoding", "null_padding")
# Options that a file of one family need not have: only where it has columns of the type.
_WRITTEN = {"decimal": "DOUBLE", "dateformat": "DATE", "timestampformat": "TIMESTAMP"}
_WORDS = frozenset({"null", "true", "false", "~"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A source to be declared: its key, its path or glob, and what is in its files."""

    key: str
    path: str
    files: tuple[str, ...]
    found: Found


def drafted(
    root: Path, files: Sequence[Path], taken: Iterable[str] = ()
) -> tuple[tuple[Draft, ...], tuple[str, ...]]:
    """Return a draft for each file or family of files, and what cannot be drafted, in sentences.

    Files of one folder whose names differ in numbers only are a family when they agree in options
    and have most columns in common. No draft gets a key that is `taken`.
    """
    refused: list[str] = []
    families: dict[tuple[str, ...], list[tuple[Path, Found]]] = {}
    for file in sorted(set(files)):
        format = data_format(file.name)
        if format is None:
            refused.append(f"{file}: what is in it cannot be told from its name")
            continue
        try:
            found = sniff(file, format)
        except (FreshlineError, OSError) as error:
            why = error.message if isinstance(error, ComputeError) else str(error)
            refused.append(f"{file}: {why}")
            continue
        likeness = (str(file.parent), _RUN.sub("#", file.name), _identity(found))
        families.setdefault(likeness, []).append((file, found))
    drafts: list[Draft] = []
    for members in families.values():
        drafts += _of_family(root, members, files)
    return _with_keys(drafts, taken), tuple(refused)


def yaml(drafts: Sequence[Draft], command: str) -> str:
    """Return the text of a file that declares the drafts."""
    lines = [f"# Written by `{_legible(command)}` from what the files hold. Read and correct it."]
    lines.append("sources:")
    for draft in drafts:
        lines += [f"  {draft.key}:", *(f"    # {line}" for line in _remarks(draft))]
        lines.append(f"    path: {_scalar(draft.path)}")
        if draft.found.options:
            lines.append("    read:")
            options = draft.found.options.items()
            lines += [f"      {name}: {_scalar(value)}" for name, value in options]
        lines.append("    columns:")
        lines += [
            f"      {_scalar(column.name)}: {_scalar(_type(column.type))}"
            for column in draft.found.columns
        ]
    return "\n".join(lines) + "\n"


def _identity(found: Found) -> str:
    return repr((found.format, [found.options.get(name) for name in _SHAPE]))


def _options(found: Sequence[Found]) -> dict[str, object] | None:
    """Return options under which all files are read right, None where they contradict.

    A file that does not say how numbers or times are written agrees unless it holds some.
    """
    options: dict[str, object] = {}
    for each in found:
        for name, value in each.options.items():
            if name == "nullstr":
                known = _as_list(options.get(name))
                options[name] = list(dict.fromkeys((*known, *_as_list(value))))
            elif options.setdefault(name, value) != value:
                return None
    for name, type in _WRITTEN.items():
        for each in found:
            holds = any(column.type == type for column in each.columns)
            if name in options and name not in each.options and holds:
                return None
    return options


def _of_family(
    root: Path, members: Sequence[tuple[Path, Found]], files: Sequence[Path]
) -> list[Draft]:
    paths = [path for path, _ in members]
    found = [each for _, each in members]
    options = _options(found)
    glob = _glob(paths) if len(paths) > 1 and _are_alike(found) else None
    if glob is None or options is None:
        return [_draft(root, escape(path.name), [path], each) for path, each in members]
    return [_draft(root, glob, paths, _merged(found, paths, options))]


def _are_alike(found: Sequence[Found]) -> bool:
    """Say whether files have more columns in common than not."""
    names = [{column.name for column in each.columns} for each in found]
    common, all_of_them = names[0], names[0]
    for more in names[1:]:
        common, all_of_them = common & more, all_of_them | more
    return 2 * len(common) >= len(all_of_them)


def _glob(paths: Sequence[Path]) -> str | None:
    """Return the glob that names these files and no other of their folder, None without one."""
    names = [path.name for path in paths]
    runs = [_RUN.findall(name) for name in names]
    parts = _RUN.split(names[0])
    varying = [len({found[i] for found in runs}) > 1 for i in range(len(runs[0]))]
    here = os.listdir(paths[0].parent)
    for wild in ("*", "[0-9]*"):
        middle = [wild if varies else run for varies, run in zip(varying, runs[0], strict=True)]
        ends = [*middle, ""]
        text = "".join(escape(a) + b for a, b in zip(parts, ends, strict=True))
        if sorted(name for name in here if fnmatch(name, text)) == sorted(names):
            return text
    return None


def _merged(found: Sequence[Found], paths: Sequence[Path], options: dict[str, object]) -> Found:
    """Return what holds of all files: a column with several types has the widest, or is text."""
    types: dict[str, str] = {}
    for column in (column for each in found for column in each.columns):
        known = types.setdefault(column.name, column.type)
        if known != column.type:
            types[column.name] = _widest({known, column.type})
    remarks = [remark for each in found for remark in each.remarks]
    for each, path in zip(found, paths, strict=True):
        lacks = [name for name in types if name not in {c.name for c in each.columns}]
        if lacks:
            options["union_by_name"] = True
            remarks.append(f"{path.name} lacks {', '.join(lacks)}: read as missing")
    rows = [each.rows for each in found]
    return replace(
        found[0],
        options=options,
        columns=tuple(Column(name, type) for name, type in types.items()),
        rows=None if None in rows else sum(r or 0 for r in rows),
        remarks=tuple(dict.fromkeys(remarks)),
    )


def _widest(types: set[str]) -> str:
    if types <= {"BIGINT", "DOUBLE", "HUGEINT"}:
        return "DOUBLE"
    return "TIMESTAMP" if types <= {"DATE", "TIMESTAMP"} else "VARCHAR"


def _draft(root: Path, name: str, paths: Sequence[Path], found: Found) -> Draft:
    folder = Path(os.path.relpath(paths[0].parent.resolve(), root.resolve()))
    stem = split_suffix(name)[0]
    words = key_from_text(re.sub(r"\[0-9\]\*|\*", " ", stem))
    return Draft(
        key=f"raw.{words}",
        path=(Path(escape(str(folder))) / name).as_posix(),
        files=tuple((folder / path.name).as_posix() for path in paths),
        found=found,
    )


def _with_keys(drafts: Sequence[Draft], others: Iterable[str]) -> tuple[Draft, ...]:
    """Return the drafts with keys that are all different: by folder, else by number."""
    taken = set(others)
    named: list[Draft] = []
    for draft in sorted(drafts, key=lambda d: d.path):
        folder = key_from_text(Path(draft.path).parent.name)
        stem = draft.key.removeprefix("raw.")
        choices = [draft.key, f"raw.{folder}_{stem}", *(f"{draft.key}_{n}" for n in range(2, 999))]
        key = next(choice for choice in choices if choice not in taken)
        taken.add(key)
        named.append(replace(draft, key=key))
    return tuple(named)


def _remarks(draft: Draft) -> list[str]:
    count = f"{len(draft.files)} files, " if len(draft.files) > 1 else ""
    number = draft.found.rows
    rows = "rows not counted" if number is None else f"{number:,} row{'' if number == 1 else 's'}"
    return [count + rows, *map(_legible, draft.found.remarks)]


def _legible(text: str) -> str:
    """Return a text on one line: names in files may hold anything."""
    return "".join(c if c.isprintable() else " " for c in text)


def _as_list(value: object) -> list[str]:
    return [str(i) for i in cast("list[object]", value)] if isinstance(value, list) else []


def _type(type: str) -> str:
    if type == "VARCHAR":
        return "text"
    return type if '"' in type or type.startswith("STRUCT") else type.lower()  # names have case


def _scalar(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case list():
            return f"[{', '.join(map(_quoted, _as_list(cast('object', value))))}]"
        case _:
            text = str(value)
            is_plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
            return text if is_plain else _quoted(text)


def _quoted(text: str) -> str:
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(character: str) -> str:
    """Return a character as YAML has it between double quotes."""
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    return "\\t" if character == "\t" else f"\\U{ord(character):08X}"
