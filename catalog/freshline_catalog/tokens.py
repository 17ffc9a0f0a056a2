"""Tokens in SQLite: `freshline.tokens.Tokens` in the same file as the event log.

Whoever is let in is looked up for every request: what was revoked opens nothing from then on.
"""

import os
from contextlib import suppress
from typing import cast

from freshline import codec
from freshline.errors import FreshlineError
from freshline.keys import time_ordered_id
from freshline.tokens import Token, Tokens, TokenScope
from freshline_catalog.connection import Connection, Row
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.statements import statements

_SEEN_EVERY = 60.0
# As actions that people ask for are on record; see server/doings.py.
CREATED, REVOKED = "token", "revoke"
_ROLE = "operator"


class SqliteTokens:
    """The tokens in the catalog of `log`; CatalogError and ResourceError are raised as it does."""

    def __init__(self, log: SqliteEventLog) -> None:
        self._log = log

    def create(self, project: str, environment: str, token: Token, hashed: str) -> bool:
        """Keep a token under the hash of its secret; False where a live one has its name."""
        scopes = codec.encode([scope.value for scope in token.scopes]).decode()
        about = (token.name, token.actor, scopes, token.selection, token.created, token.expires)

        def write(connection: Connection) -> bool:
            made = connection.execute(
                statements("tokens")["create"], (hashed, project, environment, *about)
            ).fetchall()
            if made:
                _on_record(connection, CREATED, token.name, token.actor, token.created)
            return bool(made)

        return self._log.write(write)

    def tokens(self, project: str, environment: str) -> tuple[Token, ...]:
        """Return all that there are and were, by name, the newest of a name first."""
        with self._log.reader() as connection:
            rows = connection.execute(statements("tokens")["all"], (project, environment))
            return tuple(_token(row) for row in rows.fetchall())

    def revoke(self, project: str, environment: str, name: str, actor: str, at: float) -> bool:
        """End a token at once; False where none of the name lives."""

        def write(connection: Connection) -> bool:
            ended = connection.execute(
                statements("tokens")["revoke"], (project, environment, name, at)
            ).fetchall()
            if ended:
                _on_record(connection, REVOKED, name, actor, at)
            return bool(ended)

        return self._log.write(write)

    def find(self, project: str, environment: str, hashed: str, now: float) -> Token | None:
        """Return the token of a secret, also one that lets nobody in any more; None for no such.

        That a live one was used goes on record, to the minute.
        """
        sql = statements("tokens")
        with self._log.reader() as connection:
            rows = connection.execute(sql["find"], (hashed, project, environment)).fetchall()
        if not rows:
            return None
        token = _token(rows[0])
        if token.is_live(now) and (token.seen is None or now - token.seen > _SEEN_EVERY):
            with suppress(FreshlineError):  # a full disk must not lock anybody out
                self._log.write(lambda c: c.execute(sql["touch"], (now, hashed)).fetchall())
        return token


_: type[Tokens] = SqliteTokens


def _token(row: Row) -> Token:
    name, actor, scopes, selection = cast(tuple[str, str, str, str], row[:4])
    created, expires, seen, revoked = cast(tuple[float, float, float | None, float | None], row[4:])
    return Token(
        name=name,
        actor=actor,
        scopes=codec.decode(scopes, tuple[TokenScope, ...]),
        selection=selection,
        created=created,
        expires=expires,
        seen=seen,
        revoked=revoked,
    )


def _on_record(connection: Connection, kind: str, name: str, actor: str, at: float) -> None:
    sql, id = statements("actions"), time_ordered_id(at, os.urandom(10))
    connection.execute(sql["begin"], (id, at, actor, _ROLE, kind, name, "", "")).fetchall()
    connection.execute(sql["end"], (id, "done", "")).fetchall()
