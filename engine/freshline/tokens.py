"""Tokens: what lets a program read a catalog over HTTP, how far, and until when.

A secret is 256 random bits behind a prefix by which anybody recognises one that lies about. It is
shown once, to whoever makes it; the catalog keeps its hash.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

PREFIX = "flt_"
SECRET = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{43}}")
NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
LONGEST_SELECTION = 2000


class TokenScope(StrEnum):
    """What a token lets its holder do."""

    ASSETS = "assets:read"  # which version of an asset is current, and what is said of it
    EVENTS = "events:read"  # what happens, as it happens
    DATA = "data:read"  # the rows of current versions


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token as it is on record: for what, who made it, and what became of it.

    `selection` says which assets it is for, empty for all. `seen` is about when it was used last.
    All moments are unix seconds.
    """

    name: str
    actor: str
    scopes: tuple[TokenScope, ...]
    selection: str = ""
    created: float
    expires: float
    seen: float | None = None
    revoked: float | None = None

    def is_live(self, now: float) -> bool:
        """Say whether it still lets anybody in."""
        return self.revoked is None and now < self.expires


class Tokens(Protocol):
    """The keeper of tokens, each of one project and environment."""

    def create(self, project: str, environment: str, token: Token, hashed: str) -> bool:
        """Keep a token under the hash of its secret, with who made it on record.

        False, and nothing is kept, where a live one has its name.
        """
        ...

    def tokens(self, project: str, environment: str) -> tuple[Token, ...]:
        """Return all that there are and were, by name, the newest of a name first."""
        ...

    def revoke(self, project: str, environment: str, name: str, actor: str, at: float) -> bool:
        """End a token at once, with who did so on record; False where none of the name lives."""
        ...


def secret_of(random: Sequence[int]) -> str:
    """Return the secret that 32 random bytes make."""
    return PREFIX + base64.urlsafe_b64encode(bytes(random)).decode().rstrip("=")


def hash_of(secret: str) -> str:
    """Return what is kept of a secret: 256 random bits need neither salt nor a slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
