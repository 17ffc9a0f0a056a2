"""Lineage and what breaks as text to send to people, and as tables for spreadsheets."""

import csv
import io
from collections.abc import Iterable, Sequence

from freshline_catalog.server.door.redaction import Redactor
from freshline_catalog.server.formatting import plural
from freshline_catalog.server.lineage.columns import ColumnTrace
from freshline_catalog.server.lineage.impact import Breaks, Hit, Via
from freshline_catalog.server.lineage.view import LineageRow

_BEGIN_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
_MOST_NAMED = 40
_REDACT = Redactor()


def lineage_csv(rows: Iterable[LineageRow]) -> str:
    """Return assets around others as CSV."""
    head = ("asset", "kind", "group", "owner", "hops", "direction", "status", "checks_failing")
    return _csv(
        head,
        (
            (
                row.key,
                row.kind,
                row.group,
                row.owner,
                "" if row.hops is None else str(row.hops),
                "" if row.direction is None else row.direction.value,
                row.standing.shown,
                str(row.standing.checks.failing),
            )
            for row in rows
        ),
    )


def trace_csv(trace: ColumnTrace) -> str:
    """Return the trace of a column as CSV, a line for each step."""
    head = ("hops", "direction", "asset", "column", "from_asset", "from_column", "kind")
    return _csv(
        head,
        (
            (
                str(step.hops),
                step.direction.value,
                step.asset,
                step.column,
                step.origin_asset,
                step.origin_column,
                step.kind.value,
            )
            for step in trace.steps
        ),
    )


def impact_csv(found: Breaks) -> str:
    """Return what breaks as CSV, a line for each asset."""
    head = (
        "asset", "owner", "hops", "via", "columns", "kind", "certain", "checks", "consumers",
        "status", "built_at",
    )  # fmt: skip
    return _csv(
        head,
        (
            (
                hit.key,
                hit.owner,
                str(hit.hops),
                "; ".join(_via(via) for via in hit.via),
                "; ".join(hit.columns),
                hit.kind.value if hit.kind is not None else "",
                "yes" if hit.certain else "no",
                "; ".join(hit.checks),
                "; ".join(hit.consumers),
                hit.standing.shown,
                "" if hit.built_at is None else f"{hit.built_at:.0f}",
            )
            for hit in found.hits
        ),
    )


def message(found: Breaks, address: str = "") -> str:
    """Return what breaks as a message to its owners, ending with where to see more."""
    what = ", ".join(found.focus[:3]) + (" and others" if len(found.focus) > 3 else "")
    subject = f"the column {found.column} of {what}" if found.column else what
    if not found.hits:
        return f"Nothing in this project hangs on {subject}.\n"
    count = sum(owner.assets for owner in found.owners)
    lines = [f"A change of {subject} concerns {plural(count, 'asset')} downstream:"]
    for owner in (each for each in found.owners if each.assets):
        theirs = [hit for hit in found.hits if hit.certain and hit.owner == owner.owner]
        lines += ["", f"{owner.owner or 'nobody'} ({owner.assets})"]
        lines += [f"- {_line(hit)}" for hit in theirs[:_MOST_NAMED]]
        if owner.assets > _MOST_NAMED:
            lines.append(f"- and {owner.assets - len(theirs[:_MOST_NAMED])} more")
    if found.consumers:
        lines += ["", f"Waiting for their events: {', '.join(c.name for c in found.consumers)}"]
    if found.uncertain:
        few = [hit.key for hit in found.hits if not hit.certain][:_MOST_NAMED]
        more = f" and {found.uncertain - len(few)} more" if found.uncertain > len(few) else ""
        lines += ["", f"Not known whether they read it: {', '.join(few)}{more}"]
    if address:
        lines += ["", address]
    return "\n".join(lines) + "\n"


def _line(hit: Hit) -> str:
    columns = f": {', '.join(hit.columns[:6])}" if hit.columns else ""
    more = ", ..." if len(hit.columns) > 6 else ""
    checks = f" ({plural(len(hit.checks), 'check')})" if hit.checks else ""
    return f"{hit.key}{columns}{more}{checks}"


def _via(via: Via) -> str:
    if via.columns is None:
        return via.asset
    return ", ".join(via.asset if name == "*" else f"{via.asset}.{name}" for name in via.columns)


def _csv(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows([_cell(cell) for cell in row] for row in rows)
    return text.getvalue()


def _cell(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula, without what is secret.

    Quotes are doubled next, and a secret that holds some would not be known again.
    """
    text = _REDACT.text(text)
    return f"'{text}" if text.startswith(_BEGIN_FORMULAS) else text
