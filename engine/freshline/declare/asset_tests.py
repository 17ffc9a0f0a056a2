"""Unit tests of assets as declared in `tests/`: rows that are given, and rows to expect.

Only the shape is read here. Whether there is such an asset, and whether the rows fit its columns,
is known to those who have the graph.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from freshline.declare import source
from freshline.declare.pipes import read_lines
from freshline.declare.report import Report, Stretch
from freshline.declare.scalars import Meaning, meaning_of, truth
from freshline.declare.section import (
    Keys,
    Section,
    data_mapping,
    described,
    mapping,
    place_of,
    read_key,
    text,
    wrong,
)
from freshline.declare.text import Content, SourceText, decode, quoted, read_content, source_text
from freshline.errors import Diagnostic, ResourceError, Span

FOLDER = "tests"
_SUFFIXES = (".yaml", ".yml")
_FILE = Keys(
    section="file of tests",
    known=("tests",),
    elsewhere={"test": "write `tests:`", "checks": "checks are declared with their asset"},
)
_TEST = Keys(
    section="test",
    known=("asset", "given", "expect", "ordered", "config", "description"),
    later=frozenset({"environment", "now", "partition", "vars"}),
    elsewhere={
        "model": "write `asset:`",
        "inputs": "write `given:`",
        "expected": "write `expect:`",
        "name": "remove it: below `tests:` the name is the key",
    },
)
_UNTOLD = source.Scalar(0, 0, "")
_SHAPE = "a list of rows, or a table below `|`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows as they are written: what stands in each column, by its name in lower case.

    `names` are the columns that any row names, in order; one that a row leaves out is NULL there.
    """

    names: tuple[source.Scalar, ...] = ()
    rows: tuple[Mapping[str, source.Node], ...] = ()


class Given(NamedTuple):
    """The rows that an asset is to read instead of an upstream's."""

    key: source.Scalar
    table: Table


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetTest:
    """One test: with these rows given, the asset comes out with those expected.

    `text` is the file it stands in. `config` goes over that of an asset that code makes, and stands
    at `config_at`. A test with `faults` cannot be run; its other parts may be
    missing.
    """

    name: str
    place: Stretch
    text: SourceText
    asset: source.Scalar = _UNTOLD
    given: tuple[Given, ...] = ()
    expect: Table = field(default_factory=Table)
    ordered: bool = False
    config: Mapping[str, object] = field(default_factory=dict[str, object])
    config_at: source.Scalar = _UNTOLD
    faults: tuple[Diagnostic, ...] = ()

    @property
    def span(self) -> Span:
        """Where the test's name stands."""
        return self.text.span(self.place.start, self.place.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredTests:
    """All tests of a project, and what is wrong in their files outside any test."""

    tests: tuple[AssetTest, ...] = ()
    problems: tuple[Diagnostic, ...] = ()


def read_tests(root: Path) -> DeclaredTests:
    """Return the tests that the YAML files below `tests/` declare, by file and place.

    ResourceError where a folder cannot be read: its tests would seem to pass.
    """
    tests: list[AssetTest] = []
    problems: list[Diagnostic] = []
    for file in _files(root):
        shown = file.encode(errors="replace").decode()
        declared = declare_tests(shown, read_content(root / file, shown, _size(root / file)))
        tests += declared.tests
        problems += declared.problems
    return DeclaredTests(tests=_each_name_once(tests), problems=tuple(problems))


def declare_tests(file: str, content: Content) -> DeclaredTests:
    """Return the tests that one file declares; nothing in it makes this fail."""
    decoded = decode(file, content)
    if isinstance(decoded, Diagnostic):
        return DeclaredTests(problems=(decoded,))
    report = Report(source_text(file, decoded))
    node = _compose(report)
    tests = tuple(_read_test(report, entry) for entry in (node.entries if node else ()))
    told = {fault for test in tests for fault in test.faults}
    problems = tuple(found for found in report.diagnostics() if found not in told)
    return DeclaredTests(tests=tests, problems=problems)


def _compose(report: Report) -> source.Mapping | None:
    """Return the mapping below `tests:` of a file, None where it has none or is broken."""
    node = source.compose(report)
    if node is None:
        return None
    if not isinstance(node, source.Mapping):
        report.error("E105", node, "this file is a mapping of keys", "begin with `tests:`")
        return None
    return Section(report, node, _FILE).get("tests", mapping)


def _files(root: Path) -> Iterator[str]:
    def refuse(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            raise ResourceError(
                f"cannot read {error.filename}: {error.strerror}",
                help="give this user the right to read the project's folders",
            ) from error

    for folder, folders, names in os.walk(root / FOLDER, onerror=refuse):
        folders[:] = sorted(name for name in folders if name[0] != ".")
        for name in sorted(names):
            path = Path(folder, name)
            if name[0] != "." and name.lower().endswith(_SUFFIXES) and path.is_file():
                yield path.relative_to(root).as_posix()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # reading it will tell


def _each_name_once(tests: list[AssetTest]) -> tuple[AssetTest, ...]:
    """Refuse a name that a test of another file has: a report could not tell the two apart."""
    first: dict[str, AssetTest] = {}
    told: list[AssetTest] = []
    for test in tests:
        known = first.setdefault(test.name, test)
        if known is not test:
            fault = Diagnostic(
                code="E407",
                message=f"a test is called {quoted(test.name)} already",
                span=test.span,
                excerpt=test.text.line_at(test.place.start),
                fix="give one of the two another name",
                related=((known.span, "the first one"),),
            )
            test = replace(test, faults=(*test.faults, fault))
        told.append(test)
    return tuple(told)


def _read_test(report: Report, entry: source.Entry) -> AssetTest:
    part = report.part(Stretch(entry.key.start, max(entry.key.end, entry.value.end)))
    test = AssetTest(
        name=entry.key.text,
        place=Stretch(entry.key.start, entry.key.end),
        text=report.text,
    )
    if not entry.key.text.strip():
        part.error("E105", entry.key, "a test has a name", "say in a few words what is to hold")
    if not isinstance(entry.value, source.Mapping):
        fix = "write them on the lines below it"
        wrong(part, entry, "a mapping with `asset:`, `given:` and `expect:`", fix)
    else:
        test = _filled(test, Section(part, entry.value, _TEST), entry.key)
    found = sorted(part.findings, key=lambda finding: finding.offset)
    return replace(test, faults=tuple(finding.diagnostic for finding in found))


def _filled(test: AssetTest, section: Section, name: source.Scalar) -> AssetTest:
    """Return the test with what its section says."""
    report = section.report
    section.get("asset", read_key)
    section.get("description", text)
    asset, expect = section.entry("asset"), section.entry("expect")
    if asset is None:
        message = f"the test {quoted(test.name)} does not say which asset it is about"
        report.error("E116", name, message, "add `asset:`")
    if expect is None:
        message = f"the test {quoted(test.name)} does not say what to expect"
        report.error("E116", name, message, "add `expect:`; no rows are `expect: []`")
    rows = section.get("expect", _read_expected)
    config = section.entry("config")
    return replace(
        test,
        asset=asset.value if asset and isinstance(asset.value, source.Scalar) else test.asset,
        given=section.get("given", _read_given) or (),
        expect=rows or Table(),
        ordered=section.get("ordered", _read_truth) or False,
        config=section.get("config", data_mapping) or {},
        config_at=config.key if config else test.config_at,
    )


def _read_truth(report: Report, entry: source.Entry) -> bool | None:
    if meaning_of(entry.value) is Meaning.BOOL and isinstance(entry.value, source.Scalar):
        return truth(entry.value)
    wrong(report, entry, "true or false", "write `ordered: true` where the order counts")
    return None


def _read_given(report: Report, entry: source.Entry) -> tuple[Given, ...] | None:
    node = mapping(report, entry)
    if node is None:
        return None
    return tuple(Given(each.key, _read_rows(report, each) or Table()) for each in node.entries)


def _read_expected(report: Report, entry: source.Entry) -> Table | None:
    table = _read_rows(report, entry)
    if table is not None and table.rows and not table.names:
        report.error("E406", entry.key, "no column is named", "name those that matter")
    return table


def _read_rows(report: Report, entry: source.Entry) -> Table | None:
    """Read rows, as a list of mappings or as a table drawn in a literal block."""
    match entry.value:
        case source.Sequence(items=items):
            return _listed(report, items)
        case source.Scalar(style="|") as block:
            lines = read_lines(report, block)
            return _drawn(report, lines[0], lines[1:]) if lines else None
        case source.Mapping():
            fix = "begin each row with `- `"
        case source.Scalar(style=">"):
            fix = "write `|` instead of `>`, which would join the lines"
        case source.Scalar() as node if meaning_of(node) is Meaning.NULL:
            fix = "write `[]` for no rows"
        case _:
            fix = "write `|` and the table below it, or `- {column: value}` for each row"
    name = quoted(entry.key.text)[1:-1]
    message = f"`{name}` must be {_SHAPE}, not {_described(entry.value)}"
    report.error("E406", place_of(entry), message, fix)
    return None


def _described(node: source.Node) -> str:
    return (
        "a folded text"
        if isinstance(node, source.Scalar) and node.style == ">"
        else (described(node))
    )


def _listed(report: Report, items: tuple[source.Node, ...]) -> Table:
    names: dict[str, source.Scalar] = {}
    rows: list[Mapping[str, source.Node]] = []
    for number, item in enumerate(items, start=1):
        if not isinstance(item, source.Mapping):
            message = f"row {number} must be a mapping of columns to values, not {described(item)}"
            report.error("E406", item, message, "write `- {column: value}`")
            continue
        row: dict[str, source.Node] = {}
        for entry in item.entries:
            name = entry.key.text.lower()
            if name in row:
                _named_twice(report, entry.key)
            row[name] = entry.value
            names.setdefault(name, entry.key)
        rows.append(row)
    return Table(names=tuple(names.values()), rows=tuple(rows))


def _drawn(
    report: Report, head: tuple[source.Scalar, ...], lines: tuple[tuple[source.Scalar, ...], ...]
) -> Table:
    names: dict[str, source.Scalar] = {}
    for name in head:
        if not name.text:
            fix = "no `|` at the ends of a line"
            report.error("E406", name, "a column of this table has no name", fix)
        elif name.text.lower() in names:
            _named_twice(report, name)
        names.setdefault(name.text.lower(), name)
    keys = [name.text.lower() for name in head]
    return Table(
        names=tuple(names.values()),
        rows=tuple(dict(zip(keys, line, strict=True)) for line in lines),
    )


def _named_twice(report: Report, name: source.Scalar) -> None:
    report.error("E406", name, f"the column {quoted(name.text)} is named twice", "keep one of them")
