"""Locations: the folders of code with interpreters of their own, as freshline.yaml names them."""

import re
from collections.abc import Iterable

from freshline.code import MAIN, Location
from freshline.declare import rules, source
from freshline.declare.report import Report
from freshline.declare.section import Reader, Section, mapping, place_of, text, wrong
from freshline.declare.text import quoted

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,99}")
_VERSION = re.compile(r"([0-9]+)\.([0-9]+)(\.[0-9]+)?")
_LEAST = (3, 9)


def location_of(file: str, locations: Iterable[Location]) -> Location:
    """Return the location that a file belongs to: the one whose path holds it most closely.

    A file that no other location holds belongs to `main`, which need not be declared.
    """
    found = Location(name=MAIN)
    for each in locations:
        depth = 0 if found.path == "." else len(found.path)
        if each.path == ".":
            found = each if depth == 0 else found
        elif file.startswith(f"{each.path}/") and len(each.path) > depth:
            found = each
    return found


def read_locations(report: Report, entry: source.Entry) -> tuple[Location, ...]:
    """Read `name: {path, python, requirements}`; `name: path` where that is all."""
    node = mapping(report, entry)
    found: list[Location] = []
    paths: dict[str, source.Scalar] = {}
    for each in node.entries if node else ():
        location = _location(report, each)
        if location is None:
            continue
        first = paths.setdefault(location.path, each.key)
        if first is each.key:
            found.append(location)
            continue
        where = "all of the project" if location.path == "." else location.path
        message = f"{quoted(first.text)} and {quoted(each.key.text)} are both {where}"
        related = ((report.span(first), "the other one"),)
        report.error("E124", each.key, message, "a folder belongs to one location", related)
    return tuple(found)


def _location(report: Report, entry: source.Entry) -> Location | None:
    name, value = entry.key.text, entry.value
    if not _NAME.fullmatch(name):
        message = f"{quoted(name)} is no name of a location"
        fix = 'use lower-case letters, digits, "_" and "-", beginning with a letter'
        report.error("E105", entry.key, message, fix)
        return None
    span = report.span(entry.key)
    if isinstance(value, source.Scalar) and value.text:
        path = _read_path(report, entry)
        return None if path is None else Location(name=name, path=path, span=span)
    if not isinstance(value, source.Mapping):
        wrong(report, entry, "a path, or a mapping with `path:`", "write for instance assets/risk")
        return None
    section = Section(report, value, rules.LOCATION)
    # What is wrong stays as it is written: nothing may run in another interpreter meanwhile.
    python = section.get("python", _read_python) or _written(section, "python")
    read_requirements = _path_reader("the path of a file")
    requirements = section.get("requirements", read_requirements)
    requirements = requirements or _written(section, "requirements")
    if section.entry("path") is None and name != MAIN:
        message = f"the location {quoted(name)} has no path"
        report.error("E116", entry.key, message, "add for instance `path: assets/risk`")
        return None
    path = section.get("path", _read_path) if section.entry("path") is not None else "."
    if path is None:
        return None
    return Location(name=name, path=path, python=python, requirements=requirements, span=span)


def _written(section: Section, name: str) -> str | None:
    entry = section.entry(name)
    if entry is None:
        return None
    return entry.value.text if isinstance(entry.value, source.Scalar) else ""


def _path_reader(expected: str) -> Reader[str]:
    def read(report: Report, entry: source.Entry) -> str | None:
        written = text(report, entry)
        if written is None:
            return None
        parts = [part for part in written.strip().split("/") if part not in ("", ".")]
        is_outside = written.startswith(("/", "~")) or ".." in parts or "\\" in written
        if is_outside or "://" in written:
            message = f"{quoted(written)} does not lie within the project"
            fix = "write a path relative to the folder of freshline.yaml, with `/` between folders"
            report.error("E124", place_of(entry), message, fix)
            return None
        if not written.strip():
            wrong(report, entry, expected, "write for instance assets/risk")
            return None
        return "/".join(parts) or "."

    return read


_read_path = _path_reader("the path of a folder")


def _read_python(report: Report, entry: source.Entry) -> str | None:
    """Read a version, or the path of an interpreter or of a virtual environment."""
    python = text(report, entry)
    version = _VERSION.fullmatch(python.strip()) if python is not None else None
    if version is not None and (int(version[1]), int(version[2])) < _LEAST:
        least = ".".join(map(str, _LEAST))
        message = f"code runs in Python {least} and later, not in {version[0]}"
        report.error("E124", place_of(entry), message, f"write {least} or a later version")
        return None
    if python is not None and not python.strip():
        wrong(report, entry, "a version or a path", 'write for instance `python: "3.12"`')
        return None
    return python.strip() if python is not None else None
