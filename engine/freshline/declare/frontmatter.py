"""Front matter: the YAML in the comment that begins a SQL file."""

import re
from typing import NamedTuple

from freshline.declare import source
from freshline.declare.paths import split_suffix
from freshline.declare.report import Report, Stretch
from freshline.declare.source import compose

_OPENING = re.compile(r"\s*(/\*---)(?=\s|\Z)")
# A banner such as /*------ is a comment like any other.
_MISPLACED = re.compile(r"^/\*---[ \t]*$", re.MULTILINE)
_BLANK_LINES = re.compile(r"(?:[ \t]*\n)*")
_END = "---*/"


class FrontMatter(NamedTuple):
    """What stands before the SQL, which begins at `sql_start`.

    `comment` is None where there is no front matter, `node` where there is nothing in it or it is
    broken.
    """

    sql_start: int
    comment: Stretch | None = None
    node: source.Mapping | None = None


def read_front_matter(report: Report) -> FrontMatter:
    """Return the front matter of a SQL file, having reported what is wrong with it."""
    text = report.text.text
    opening = _OPENING.match(text)
    if opening is None:
        _refuse_misplaced(report, 0, "front matter must be the first thing in a file")
        return FrontMatter(0)
    begin, start = opening.start(1), opening.end(1)
    close = text.find("*/", start)
    if close < 0:
        place = Stretch(begin, start)
        report.error("E112", place, "this front matter does not end", f"end it with `{_END}`")
        return FrontMatter(len(text), place)
    comment = Stretch(begin, close + 2)
    if not _is_one_comment(report, start, close):
        # Where it was meant to end: what lies between is not SQL.
        meant = text.find(_END, start)
        after = meant + len(_END) if meant >= 0 else close + 2
        return FrontMatter(after, comment)
    blank = _BLANK_LINES.match(text, close + 2)
    sql_start = blank.end() if blank else close + 2
    _refuse_misplaced(report, sql_start, "a file has one front matter, and this is a second one")
    node = compose(report, start, close - 3)
    if node is None or isinstance(node, source.Mapping):
        return FrontMatter(sql_start, comment, node)
    report.error(
        "E112",
        node,
        "front matter is a mapping of keys to values",
        "write `description: ...`, or begin a plain comment with `/* `",
    )
    return FrontMatter(sql_start, comment)


def _is_one_comment(report: Report, start: int, close: int) -> bool:
    """Say whether the comment ends where the front matter does, to us as to any SQL editor."""
    text = report.text.text
    nested = text.find("/*", start, close)
    if nested >= 0:
        where, what = nested, "`/*` begins another comment inside this one"
    elif text[close - 3 : close] != "---":
        if text.find(_END, close) < 0:
            place = Stretch(close, close + 2)
            report.error("E112", place, f"front matter ends with `{_END}`", f"write `{_END}`")
            return False
        where, what = close, "`*/` ends the comment that the front matter stands in"
    else:
        return True
    side_car = split_suffix(report.text.file)[0] + ".yaml"
    fix = f"move the front matter to {side_car}"
    step = re.match(r"\*/(\d{1,2})(?!\d)", text[where : where + 5])
    if step is not None:
        fix = f"write {_without_star(int(step[1]))}, or {fix}"
    report.error("E112", Stretch(where, where + 2), what, fix)
    return False


def _without_star(step: int) -> str:
    """Return how `*/15` is said without a star and a slash, the first field of a cron."""
    if not step or 60 % step or step > 30:
        return "`every: 15m` or `0,15,30,45 ...`"
    listed = ",".join(str(minute) for minute in range(0, 60, step))
    return f"`every: {step}m`" if step < 10 else f"`every: {step}m` or `{listed} ...`"


def _refuse_misplaced(report: Report, start: int, message: str) -> None:
    found = _MISPLACED.search(report.text.text, start)
    if found is not None:
        place = Stretch(*found.span())
        report.error("E112", place, message, "move it to the top, or begin a comment with `/* `")
