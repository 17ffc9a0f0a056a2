"""One-time links: what lets somebody in without a password, once and not for long.

They live in the memory of the server's process only: a restart makes all of them worthless, and
nothing that lies on a disk opens a session.
"""

import hashlib
import secrets
import threading
from typing import NamedTuple

from freshline_catalog.server.people import Role

LASTS = 600.0


class Grant(NamedTuple):
    """Whom a link signs in, as what, and until when (unix seconds)."""

    actor: str
    role: Role
    until: float


class Links:
    """The links that were given out and not used yet. Safe to call from several threads."""

    def __init__(self) -> None:
        self._grants: dict[str, Grant] = {}
        self._lock = threading.Lock()

    def add(self, actor: str, role: Role, now: float) -> str:
        """Return a new secret that signs in once within ten minutes."""
        secret = secrets.token_urlsafe(32)
        with self._lock:
            self._grants = {k: grant for k, grant in self._grants.items() if grant.until > now}
            self._grants[_hash(secret)] = Grant(actor, role, now + LASTS)
        return secret

    def take(self, secret: str, now: float) -> Grant | None:
        """Return what a secret grants, and forget it; None where it grants nothing (any more)."""
        with self._lock:
            grant = self._grants.pop(_hash(secret), None)
        return grant if grant is not None and now < grant.until else None


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
