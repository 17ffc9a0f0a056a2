"""How much runs at one time: `pools:`, by name or by tag, and `runs:`."""

import re

from freshline.declare import scalars, source
from freshline.declare.report import Report
from freshline.declare.scalars import Meaning
from freshline.declare.section import data, mapping, wrong
from freshline.declare.text import quoted

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,99}|tag:[^\s,()]{1,200}")
_MOST = 10_000


def read_pools(report: Report, entry: source.Entry) -> dict[str, int]:
    """Read how many steps of each pool may run at one time: `{warehouse: 2, "tag:heavy": 1}`."""
    node = mapping(report, entry)
    found: dict[str, int] = {}
    for each in node.entries if node else ():
        if not _NAME.fullmatch(each.key.text):
            message = f"{quoted(each.key.text)} is no name of a pool"
            fix = "write a name in lower case, or for instance `tag:heavy` for all with that tag"
            report.error("E105", each.key, message, fix)
            continue
        count = read_count(report, each)
        # What is wrong with it has been told: whoever names it is not told again.
        found[each.key.text] = count or 1
    return found


def read_count(report: Report, entry: source.Entry) -> int | None:
    """Read how many of something there may be at one time."""
    if scalars.meaning_of(entry.value) is Meaning.INTEGER:
        number = data(report, entry)
        if isinstance(number, int) and 1 <= number <= _MOST:
            return number
    name = entry.key.text
    shown = f'"{name}"' if ":" in name else name
    wrong(report, entry, f"a whole number, from 1 to {_MOST:,}", f"write `{shown}: 2`")
    return None
