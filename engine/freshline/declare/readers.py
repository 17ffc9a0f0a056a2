"""Options of `read:`: which each format knows, under DuckDB's names, and what each may hold."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, cast

from freshline.declare import source
from freshline.declare.interpolation import Values
from freshline.declare.references import filled_settings
from freshline.declare.report import Report
from freshline.declare.section import did_you_mean, place_of, wrong
from freshline.declare.text import quoted


class _Kind(NamedTuple):
    """What an option holds: in words, by example, and how to tell."""

    expected: str
    example: str
    fits: Callable[[object], bool]


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= -1


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_text, cast("list[object]", value)))


def _are_types(value: object) -> bool:
    return isinstance(value, dict) and all(map(_is_text, cast("dict[str, object]", value).values()))


def _is_truth(value: object) -> bool:
    return isinstance(value, bool)


def _is_text_or_texts(value: object) -> bool:
    return _is_text(value) or _are_texts(value)


def _is_text_or_count(value: object) -> bool:
    return _is_text(value) or _is_count(value)


_TEXT = _Kind("text", "'|'", _is_text)
_TRUTH = _Kind("true or false", "true", _is_truth)
_COUNT = _Kind("a whole number", "1", _is_count)
_TEXTS = _Kind("a list of texts", "[id, name]", _are_texts)
_TEXT_OR_TEXTS = _Kind("text, or a list of texts", "[NA, '-']", _is_text_or_texts)
_TYPES = _Kind("a mapping of columns to types", "{id: bigint}", _are_types)
_TEXT_OR_COUNT = _Kind("the name or the number of a sheet", "Orders", _is_text_or_count)

_FILES: Mapping[str, _Kind] = {"union_by_name": _TRUTH, "hive_partitioning": _TRUTH}
_TIMES: Mapping[str, _Kind] = {"dateformat": _TEXT, "timestampformat": _TEXT}
OPTIONS: Mapping[str, Mapping[str, _Kind]] = {
    "csv": {
        **dict.fromkeys(("delim", "quote", "escape", "comment", "new_line", "encoding"), _TEXT),
        **dict.fromkeys(("decimal_separator", "thousands", "compression"), _TEXT),
        **dict.fromkeys(("header", "all_varchar", "null_padding", "strict_mode"), _TRUTH),
        **dict.fromkeys(("allow_quoted_nulls", "normalize_names"), _TRUTH),
        **dict.fromkeys(("skip", "sample_size", "files_to_sniff", "max_line_size"), _COUNT),
        **dict.fromkeys(("types", "columns"), _TYPES),
        **dict.fromkeys(("names", "force_not_null", "auto_type_candidates"), _TEXTS),
        "nullstr": _TEXT_OR_TEXTS,
        **_TIMES,
        **_FILES,
    },
    "json": {
        **dict.fromkeys(("format", "records", "compression", "encoding"), _TEXT),
        **dict.fromkeys(("sample_size", "maximum_depth", "maximum_object_size"), _COUNT),
        "convert_strings_to_integers": _TRUTH,
        "columns": _TYPES,
        **_TIMES,
        **_FILES,
    },
    "parquet": {"binary_as_string": _TRUTH, **_FILES},
    "excel": {
        "sheet": _TEXT_OR_COUNT,
        **dict.fromkeys(("header", "all_varchar", "union_by_name"), _TRUTH),
        "skip": _COUNT,
        "nullstr": _TEXT_OR_TEXTS,
    },
}
_ALIASES: Mapping[str, str] = {
    "decimal": "decimal_separator",
    "decimal_sep": "decimal_separator",
    "hive": "hive_partitioning",
    "sep": "delim",
    "delimiter": "delim",
    "null": "nullstr",
    "nullstrings": "nullstr",
    "date_format": "dateformat",
    "timestamp_format": "timestampformat",
    "column_types": "types",
    "dtypes": "types",
    "column_names": "names",
}
_LOSES_ROWS = "rows that do not fit would be lost without a word"
_REFUSED: Mapping[str, tuple[str, str]] = {
    "ignore_errors": (_LOSES_ROWS, "say how they are to be read: `nullstr`, `columns`, `quote`"),
    "store_rejects": (_LOSES_ROWS, "say how they are to be read: `nullstr`, `columns`, `quote`"),
    "auto_detect": ("what is not said is found out", "remove it, and say what is known"),
    "filename": ("the column would hold a path of this machine", "remove it"),
    "parallel": ("it changes nothing in the rows", "remove it"),
    "buffer_size": ("it changes nothing in the rows", "remove it"),
}


def read_options(
    report: Report, entry: source.Entry, format: str | None, values: Values
) -> tuple[tuple[str, object], ...] | None:
    """Read the options of a reader, sorted by DuckDB's names: their order means nothing.

    Of a format that is not known, any are taken. What is unknown, of the wrong kind or refused is
    reported at its place.
    """
    found = filled_settings(report, entry, values)
    if found is None or not isinstance(entry.value, source.Mapping):
        return None
    known = OPTIONS.get(format or "")
    options: dict[str, object] = {}
    for each in entry.value.entries:
        name = each.key.text
        if name not in found or found[name] is None:
            continue
        canonical = _ALIASES.get(name, name)
        if canonical in options:
            message = f"{quoted(name)} and another option are both `{canonical}`"
            report.error("E109", each.key, message, "keep one of the two")
        elif known is None or _is_right(report, each, (canonical, found[name]), format or ""):
            options[canonical] = found[name]
    return tuple(sorted(options.items(), key=lambda pair: pair[0]))


def _is_right(report: Report, entry: source.Entry, option: tuple[str, object], format: str) -> bool:
    name, value = option
    known = OPTIONS[format]
    if name in _REFUSED:
        reason, fix = _REFUSED[name]
        report.error("E303", entry.key, f"`{name}` is refused: {reason}", fix)
        return False
    if name not in known:
        others = [other for other, options in OPTIONS.items() if name in options]
        where = f"it belongs to {', '.join(others)}" if others else ""
        fix = where or did_you_mean(name, (*known, *_ALIASES)) or f"options: {', '.join(known)}"
        message = f"{quoted(entry.key.text)} is no option of a {format} reader"
        report.error("E303", entry.key, message, fix)
        return False
    if not known[name].fits(value):
        wrong(report, entry, known[name].expected, f"write for instance {known[name].example}")
        return False
    if name == "encoding" and not _is_encoding(str(value)):
        message = f"{quoted(str(value))} is no encoding"
        fix = did_you_mean(str(value), _ENCODINGS) or f"encodings: {', '.join(_ENCODINGS)}, ..."
        report.error("E303", place_of(entry), message, fix)
        return False
    return True


_ENCODINGS = ("utf-8", "utf-16", "latin-1", "windows-1252", "windows-1250", "windows-1251", "cp437")


def _is_encoding(name: str) -> bool:
    try:
        "".encode(name)
    except (LookupError, UnicodeError, ValueError):
        return False
    return True
