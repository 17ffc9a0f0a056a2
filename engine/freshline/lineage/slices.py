"""What an asset's query reads, and what of it a reader can see: windows and slices.

A window is the columns that a query reads of an upstream, in whatever place. A slice is the normal
form of a query seen through some of its columns. Rules:
1. The engine's own optimizer says what is read and what a rewritten query is; nothing is pruned or
   rewritten by rules of ours. Whatever is not understood is None, which is opaque.
2. Equal slices of an old and a new query prove that a reader of those columns cannot notice the
   change, when what they read is the same. Unequal ones prove nothing.
3. Sorting counts only for readers that look at the order of rows (`in_order`).
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from freshline.codec import digest
from freshline.definitions import Column
from freshline.lineage.canonical import MARK
from freshline.lineage.engine_plan import Form, form_of
from freshline.lineage.plan_terms import Level, UnfamiliarError
from freshline.lineage.plans import Plans
from freshline.lineage.quoting import quoted
from freshline.lineage.scans import scanned

Window = tuple[str, ...]

# Unseen in a plan: DuckDB puts the session's answer in their place.
_OF_THE_SESSION = re.compile(
    r"\b(getvariable|current_setting|current_user|session_user|current_role|version|query"
    r"|query_table|alias|stats|in_search_path)\b"
)
_ROW = re.compile(r"\browid\b")  # a scan does not say whether it is read, or rows are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """A query as its reader sees it: `form` is equal for what is proven to be the same.

    `windows` holds the columns it reads of each upstream, sorted; an empty window reads only how
    many rows there are, and an upstream that is not there is not read at all. `varies` says that
    the same inputs may give other rows another time: it holds now(), random() or the like.
    """

    form: str
    windows: Mapping[str, Window]
    varies: bool


def slice_of(
    plans: Plans,
    text: str,
    columns: Collection[str],
    *,
    level: Level = Level.OPERANDS,
    in_order: bool = False,
) -> Slice | None:
    """Return a compiled text as it is seen through some of its output columns; None is opaque.

    What it reads must be declared. Below Level.PLAN the form is that of the whole
    text, whichever columns are asked for: its tokens, or the text itself.
    """
    seen = ", ".join(quoted(name) for name in sorted(columns, key=str.lower)) or "count(*)"
    found = _form(plans, f"SELECT {seen} FROM ({text}\n)", text, level, in_order)
    if found is None:
        return None
    windows = dict(found.windows)
    return Slice(form=_digest(found, text, level), windows=windows, varies=found.varies)


def form_in_layout(plans: Plans, text: str, columns: Sequence[str]) -> str | None:
    """Return the normal form of a compiled text with these of its columns, in this order.

    Equal forms of two texts are columns of equal values, in rows of one order, whatever they are
    called. None is opaque, and where other rows may come another time.
    """
    seen = ", ".join(map(quoted, columns))
    found = _form(plans, f"SELECT {seen} FROM ({text}\n)", text, Level.OPERANDS, True)
    return None if found is None or found.varies else found.text


def windows_of(
    plans: Plans, text: str, schemas: Mapping[str, Sequence[Column]]
) -> Mapping[str, Window] | None:
    """Return the columns of every upstream that the engine reads for a text; None is opaque.

    `schemas` are the columns of all that it reads; they are declared here. A window holds what the
    slices of the text read, and what the engine works out besides, such as an order that nobody
    looks at.
    """
    for key, columns in schemas.items():
        plans.declare(MARK + key, columns)
    lowered = text.lower()
    if _OF_THE_SESSION.search(lowered) or _ROW.search(lowered):
        return None
    plan = plans.optimized(text)
    try:
        return None if plan is None else scanned(plan)
    except (UnfamiliarError, RecursionError):
        return None


def seen_whole(plans: Plans, text: str, schemas: Mapping[str, Sequence[Column]]) -> Form | None:
    """Return what the engine makes of a text as a whole; None is opaque.

    `schemas` are the columns of all that it reads; they are declared here.
    """
    for key, columns in schemas.items():
        plans.declare(MARK + key, columns)
    return _form(plans, text, text, Level.PLAN, False)


def _form(plans: Plans, query: str, text: str, level: Level, in_order: bool) -> Form | None:
    if _OF_THE_SESSION.search(plans.spelled_out(text)):
        return None
    plan = plans.optimized(query)
    if plan is None:
        return None
    try:
        return form_of(plan, plans.functions(), level, in_order=in_order)
    except (UnfamiliarError, RecursionError):
        return None


def _digest(found: Form, text: str, level: Level) -> str:
    if level >= Level.PLAN:
        return digest(found.text)
    if level is Level.TEXT:
        return digest(text)
    # The analyser takes long to import, and only this needs it.
    from freshline.lineage.sql import tokens_of

    return digest(tokens_of(text))
