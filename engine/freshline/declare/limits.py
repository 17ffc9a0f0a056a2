"""What the process of an asset's code may take, and whether it has one to itself."""

import re
from dataclasses import replace

from freshline.code import NO_LIMITS, Limits
from freshline.declare import rules, scalars, source
from freshline.declare.report import Report
from freshline.declare.scalars import Meaning
from freshline.declare.section import Reader, Section, data, text, wrong

_SIZE = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,3})?)\s?([kKMGT]i?)?B")
_UNITS = {"k": 1_000, "M": 1_000**2, "G": 1_000**3, "T": 1_000**4}
_BINARY = {"k": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
# Python itself, with the smallest of libraries, does not live on less.
LEAST_MEMORY = 64 << 20
_LEAST_FILES = 32
_MOST = 1 << 50


def read_limits(section: Section) -> Limits | None:
    """Return the limits that a section says, under `limits:` or `resources:`; None without any."""
    limits = section.get("limits", _read_limits)
    entry = section.entry("resources")
    if entry is None or not isinstance(entry.value, source.Mapping):
        return limits
    among = (e for e in entry.value.entries if e.key.text in rules.LIMITS_NAMES)
    for each in among:
        value = _READERS[each.key.text](section.report, each)
        if value is not None:
            limits = replace(limits or NO_LIMITS, **{each.key.text: value})
    return limits


def read_isolation(report: Report, entry: source.Entry) -> bool | None:
    """Read `fresh`: True where each call has a process that did nothing before."""
    name = text(report, entry)
    if name == "fresh":
        return True
    if name is not None:
        wrong(report, entry, "fresh", "write `isolation: fresh`, or leave it out")
    return None


def spelled_size(size: int) -> str:
    """Return a number of bytes as a size that reads as the same: 2147483648 is `2GiB`."""
    for letter in reversed(_UNITS):
        for units, suffix in ((_BINARY, "iB"), (_UNITS, "B")):
            count = size / units[letter]
            if count >= 1 and count * 4 == int(count * 4):
                return f"{count:g}{letter.replace('k', 'K') if suffix == 'iB' else letter}{suffix}"
    return f"{size}B"


def over(outer: Limits, inner: Limits | None) -> Limits:
    """Return the limits where both are said: the inner ones, and of the outer what is left."""
    if inner is None:
        return outer
    return Limits(
        memory=outer.memory if inner.memory is None else inner.memory,
        files=outer.files if inner.files is None else inner.files,
        file_size=outer.file_size if inner.file_size is None else inner.file_size,
    )


def _read_limits(report: Report, entry: source.Entry) -> Limits | None:
    if not isinstance(entry.value, source.Mapping):
        wrong(report, entry, "a mapping", "write for instance `{memory: 2GiB}`")
        return None
    section = Section(report, entry.value, rules.LIMITS)
    return Limits(
        memory=section.get("memory", _READERS["memory"]),
        files=section.get("files", _READERS["files"]),
        file_size=section.get("file_size", _READERS["file_size"]),
    )


def _size_reader(least: int) -> Reader[int]:
    def read(report: Report, entry: source.Entry) -> int | None:
        spelled = entry.value.text if isinstance(entry.value, source.Scalar) else ""
        found = _SIZE.fullmatch(spelled.strip())
        if found is None:
            fix = "write a number and its unit: kB, MB, GB, KiB, MiB or GiB"
            if spelled.isdecimal():
                is_bytes = len(spelled) > 6
                fix = f"say of what: `{spelled}B`" if is_bytes else f"write `{spelled}MiB`"
            wrong(report, entry, "a size such as 512MiB or 2GiB", fix)
            return None
        unit = found[2] or ""
        letter = unit[:1].replace("K", "k")
        factor = (_BINARY if unit.endswith("i") else _UNITS)[letter] if unit else 1
        size = int(float(found[1]) * factor)
        if not least <= size <= _MOST:
            expected = f"at least {least >> 20} MiB" if least >> 20 else "at least one byte"
            wrong(report, entry, f"{expected} and at most {_MOST >> 40} TiB", "write another size")
            return None
        return size

    return read


def _read_files(report: Report, entry: source.Entry) -> int | None:
    if scalars.meaning_of(entry.value) is Meaning.INTEGER:
        number = data(report, entry)
        if isinstance(number, int) and _LEAST_FILES <= number <= 1_000_000:
            return number
    wrong(report, entry, f"a whole number, at least {_LEAST_FILES}", "write for instance 256")
    return None


_READERS: dict[str, Reader[int]] = {
    "memory": _size_reader(LEAST_MEMORY),
    "files": _read_files,
    "file_size": _size_reader(1),
}
