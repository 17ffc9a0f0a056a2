"""Selections over what the catalog knows: the same language as on the command line."""

import threading
from collections.abc import Mapping
from typing import cast

from freshline.lineage.selection import Selectable, parse, resolve
from freshline_catalog.server.asked import Asked
from freshline_catalog.server.feed import last_of
from freshline_catalog.server.problems import InvalidError
from freshline_catalog.statements import statements

LONGEST = 2000
_KEPT = 4
_LOCK = threading.Lock()
_Known = dict[tuple[str, int, int], Selectable]
_KNOWN: _Known = {}


def selected(asked: Asked, selection: str) -> frozenset[str] | None:
    """Return the keys that a selection means, None for all; UsageError points at what is wrong."""
    if not selection.strip():
        return None
    if len(selection) > LONGEST:
        raise InvalidError("the selection is too long", help=f"say it in {LONGEST} characters")
    return resolve(parse(selection), _subject(asked))


def _subject(asked: Asked) -> Selectable:
    """Return what can be selected from; it is made once for each survey."""
    place = (str(asked.services.log.path), asked.survey, last_of(asked).survey)
    with _LOCK:
        found = _KNOWN.get(place)
    if found is not None:
        return found
    made = _made(asked)
    with _LOCK:
        while len(_KNOWN) >= _KEPT:
            _KNOWN.pop(next(iter(_KNOWN)))
        _KNOWN[place] = made
    return made


def _made(asked: Asked) -> Selectable:
    sql, survey = statements("feed"), (asked.survey,)
    names: dict[int, str] = {}
    facets: dict[str, dict[str, set[str]]] = {
        name: {} for name in ("kind", "state", "owner", "group", "storage", "tag")
    }
    for row in asked.connection.execute(sql["entries"], survey):
        number, key, *values = cast(tuple[int, str, str, str, str, str, str], row)
        names[number] = key
        for name, value in zip(facets, values, strict=False):
            if value:
                facets[name].setdefault(value, set()).add(key)
    for row in asked.connection.execute(sql["entry_tags"], survey):
        number, tag = cast(tuple[int, str], row)
        facets["tag"].setdefault(tag, set()).add(names[number])
    upstream: dict[str, set[str]] = {}
    downstream: dict[str, set[str]] = {}
    for row in asked.connection.execute(sql["entry_edges"], survey):
        reader, above = (names.get(cast(int, each)) for each in row)
        if reader is not None and above is not None:
            upstream.setdefault(reader, set()).add(above)
            downstream.setdefault(above, set()).add(reader)
    said: Mapping[str, Mapping[str, frozenset[str]]] = {
        name: {value: frozenset(keys) for value, keys in values.items()}
        for name, values in facets.items()
    }
    return Selectable(
        keys=tuple(names.values()),
        upstream=upstream,
        downstream=downstream,
        facets=said,
        files={},
    )
