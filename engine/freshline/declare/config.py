"""Config: the values that code is run with, as YAML gives them, and where each of them stands."""

from collections.abc import Iterator

from freshline.declare import source
from freshline.declare.interpolation import Values
from freshline.declare.references import filled
from freshline.declare.report import Quote, Report
from freshline.declare.section import Section, data_mapping, place_of


def read_config(report: Report, entry: source.Entry, values: Values) -> dict[str, object] | None:
    """Read a mapping of anything, with the references in it replaced; secrets stay references."""
    value = filled(report, entry.value, values, is_template=True)
    return None if value is None else data_mapping(report, source.Entry(entry.key, value))


def placed(section: Section, name: str) -> dict[str, Quote]:
    """Return where the values below a key stand, by their path: `config.window.days`."""
    entry = section.entry(name)
    if entry is None:
        return {}
    report = section.report
    return {path: report.quote(place_of(each)) for path, each in _below(name, entry)} | {
        f"{path}:": report.quote(each.key) for path, each in _below(name, entry)
    }


def _below(path: str, entry: source.Entry) -> Iterator[tuple[str, source.Entry]]:
    yield path, entry
    match entry.value:
        case source.Mapping(entries=entries):
            for each in entries:
                yield from _below(f"{path}.{each.key.text}", each)
        case source.Sequence(items=items):
            for number, item in enumerate(items):
                yield from _below(f"{path}[{number}]", source.Entry(entry.key, item))
        case source.Scalar():
            pass
