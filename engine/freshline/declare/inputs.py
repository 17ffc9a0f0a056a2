"""Inputs of code as YAML declares them: upstream keys, their columns, and what each is called."""

import keyword
from collections.abc import Mapping
from typing import NamedTuple

from freshline.code import CodeInput
from freshline.declare import rules, source
from freshline.declare.report import Placed, Quote, Report
from freshline.declare.section import (
    Section,
    check_key,
    place_of,
    read_truth,
    text,
    words,
    wrong,
)
from freshline.declare.text import quoted
from freshline.refresh import Trigger

_EXAMPLE = "write for instance `[marts.daily]`, or `marts.daily: [day, revenue]`"
_COLUMN = r"[^\n]{1,200}"
_read_columns = words(_COLUMN, "a list of columns", "[day, revenue]")


class Inputs(NamedTuple):
    """The inputs of code, by name, with the place of each; `triggers` say how some are regarded."""

    inputs: tuple[CodeInput, ...]
    places: Mapping[str, Quote]
    triggers: tuple[Trigger, ...] = ()


def read_inputs(report: Report, entry: source.Entry) -> Inputs | None:
    """Read `[key, ...]`, or a mapping of keys to columns or to `{columns, as, optional}`."""
    found: dict[str, CodeInput] = {}
    triggers: list[Trigger] = []
    match entry.value:
        case source.Sequence(items=items):
            for item in items:
                if isinstance(item, source.Scalar):
                    _add(report, found, item, _named(report, item))
                else:
                    message = "an input of a list is a key"
                    report.error("E105", item, message, _EXAMPLE)
        case source.Mapping(entries=entries):
            for each in entries:
                _add(report, found, each.key, _described(report, each))
                if isinstance(each.value, source.Mapping):
                    # What is wrong in it has just been told.
                    section = Section(Report(report.text), each.value, rules.INPUT)
                    triggers += read_trigger(section, each.key)
        case source.Scalar():
            wrong(report, entry, "a list of keys, or a mapping of keys", _EXAMPLE)
            return None
    places = {each.name: Quote(each.span, each.line) for each in found.values() if each.span}
    return Inputs(tuple(found.values()), places, tuple(triggers))


def read_sql_inputs(report: Report, entry: source.Entry) -> tuple[Trigger, ...]:
    """Read how SQL regards what it reads: a mapping of keys to `{trigger, optional, ...}`."""
    if not isinstance(entry.value, source.Mapping):
        fix = "remove it: what SQL reads is inferred; `{stg.orders: {trigger: false}}` says more"
        wrong(report, entry, "a mapping of keys to what is said of each", fix)
        return ()
    triggers: list[Trigger] = []
    for each in entry.value.entries:
        if not check_key(report, each.key, each.key.text):
            continue
        if isinstance(each.value, source.Mapping):
            triggers += read_trigger(Section(report, each.value, rules.SQL_INPUT), each.key)
            continue
        fix = "write for instance `{trigger: false}`; what SQL reads is inferred"
        wrong(report, each, "a mapping of what is said of this input", fix)
    return tuple(triggers)


def read_trigger(section: Section, key: source.Scalar) -> tuple[Trigger, ...]:
    """Return how an input is regarded, where that is not like every other: one, or nothing."""
    trigger, optional, ignoring = (
        section.get(name, read_truth) for name in ("trigger", "optional", "ignore_checks")
    )
    if trigger is not False and not optional and not ignoring:
        return ()
    span, line = section.report.quote(key)
    return (
        Trigger(
            key=key.text,
            trigger=trigger is not False,
            optional=bool(optional),
            ignore_checks=bool(ignoring),
            span=span,
            line=line,
        ),
    )


def check_name(report: Report, place: Placed, name: str) -> bool:
    """Say whether a text can be the name of an input; report it if not."""
    if name.isidentifier() and not keyword.iskeyword(name):
        return True
    message = f"{quoted(name)} cannot be the name of a parameter"
    report.error("E105", place, message, "use letters, digits and `_`, as Python does")
    return False


def _add(
    report: Report, found: dict[str, CodeInput], key: source.Scalar, given: CodeInput | None
) -> None:
    if given is None:
        return
    other = found.setdefault(given.name, given)
    if other is not given:
        message = f"{other.key} and {given.key} are both called {quoted(given.name)}"
        report.error("E109", key, message, "give one of them another name with `as:`")


def _named(
    report: Report,
    key: source.Scalar,
    name: str | None = None,
    columns: tuple[str, ...] | None = None,
    optional: bool = False,
) -> CodeInput | None:
    """Return an input by its key; its name is the last segment unless it is given."""
    if not check_key(report, key, key.text):
        return None
    name = name or key.text.rpartition(".")[2]
    if not check_name(report, key, name):
        return None
    span, line = report.quote(key)
    return CodeInput(
        name=name, key=key.text, columns=columns, optional=optional, span=span, line=line
    )


def _described(report: Report, entry: source.Entry) -> CodeInput | None:
    """Read `key: [columns]`, or `key: {columns, as, optional}`, or `key:` alone."""
    match entry.value:
        case source.Mapping():
            section = Section(report, entry.value, rules.INPUT)
            section.get("trigger", read_truth)
            section.get("ignore_checks", read_truth)
            return _named(
                report,
                entry.key,
                section.get("as", _read_name),
                section.get("columns", read_columns),
                section.get("optional", read_truth) or False,
            )
        case source.Sequence():
            return _named(report, entry.key, None, read_columns(report, entry))
        case source.Scalar() if not entry.value.text and not entry.value.style:
            return _named(report, entry.key)
        case source.Scalar():
            expected = "a list of columns, or a mapping"
            fix = f"write [{entry.value.text}], or {{as: {entry.value.text}}} for its name"
            wrong(report, entry, expected, fix)
            return None


def read_columns(report: Report, entry: source.Entry) -> tuple[str, ...] | None:
    """Read the columns of an input: at least one, each once."""
    columns = _read_columns(report, entry)
    if columns == () and isinstance(entry.value, source.Sequence) and not entry.value.items:
        wrong(report, entry, "a list of at least one column", "leave it out for all of them")
        return None
    return columns


def _read_name(report: Report, entry: source.Entry) -> str | None:
    name = text(report, entry)
    return name if name is not None and check_name(report, place_of(entry), name) else None
