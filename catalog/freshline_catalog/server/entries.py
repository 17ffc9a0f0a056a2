"""Entries as requests need them: one by its key, with what the log knows of it now."""

from dataclasses import replace
from typing import cast

from freshline import codec
from freshline.keys import Target
from freshline.secrets import HIDDEN, is_telling, without_secrets
from freshline.state import TargetState
from freshline.suggest import closest
from freshline.survey import Entry, EntryCode
from freshline_catalog.server.asked import Asked
from freshline_catalog.server.problems import AbsentError
from freshline_catalog.statements import statements


def entry_of(asked: Asked, key: str) -> Entry:
    """Return the entry of an asset or source; AbsentError with the nearest keys."""
    sql = statements("entries")
    rows = asked.connection.execute(sql["entry"], (asked.survey, key)).fetchall()
    if rows:
        return _redacted(codec.decode(cast(str, rows[0][0]), Entry))
    known = [cast(str, row[0]) for row in asked.connection.execute(sql["keys"], (asked.survey,))]
    near = closest(key, known)
    hint = f'did you mean "{near[0]}"?' if near else "search for a part of its name"
    raise AbsentError("there is no asset of this key", help=hint)


def _redacted(entry: Entry) -> Entry:
    """Return an entry without what stands under telling names in what its author may say freely."""
    settings = tuple(
        setting._replace(value=HIDDEN) if is_telling(setting.name) else setting
        for setting in entry.settings
    )
    meta = cast("dict[str, object]", without_secrets(entry.meta))
    return replace(entry, meta=meta, settings=settings, code=_code(entry.code))


def _code(code: EntryCode | None) -> EntryCode | None:
    """Return code without what stands under telling names in its config."""
    if code is None:
        return None
    config = cast("dict[str, object]", without_secrets(code.config))
    return replace(code, config=config)


def target_of(asked: Asked, key: str) -> Target:
    """Return the address of an asset's state."""
    return Target(*asked.services.scope, key)


def state_of(asked: Asked, key: str) -> TargetState:
    """Return what the log knows of an asset now; nothing known is a state too."""
    target = target_of(asked, key)
    rows = asked.connection.execute(statements("entries")["state"], target).fetchall()
    if not rows:
        return TargetState(target=target)
    return codec.decode(cast(str, rows[0][0]), TargetState)
