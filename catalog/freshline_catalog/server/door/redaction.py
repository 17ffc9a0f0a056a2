"""Redaction: the last door that every answer leaves by, and at which secrets stay inside.

By value: whatever this process knows as a secret, in every form in which it may come back. By
form: credentials in addresses, and keys that are known by their looks. What stands under a telling
name is taken out before (freshline.secrets).
"""

import base64
import html
import re

from markupsafe import escape

from freshline import secrets
from freshline.secrets import HIDDEN

_SHORTEST = 6  # a shorter "secret" would be found everywhere
_USER_INFO = re.compile(rb"(?<=://)[^\s/\"'<>@:]*:[^\s/\"'<>@]+(?=@)")
# What must be in a text for the pattern to be worth a look, and the pattern.
_LOOKS: tuple[tuple[bytes, re.Pattern[bytes]], ...] = (
    (b"AKIA", re.compile(rb"\bAKIA[0-9A-Z]{16}\b")),
    (b"gh", re.compile(rb"\bgh[pousr]_[A-Za-z0-9]{36,}")),
    (b"github_pat_", re.compile(rb"\bgithub_pat_[A-Za-z0-9_]{40,}")),
    (b"flt_", re.compile(rb"\bflt_[A-Za-z0-9_-]{43}")),
    (b"xox", re.compile(rb"\bxox[abeoprs]-[A-Za-z0-9-]{10,}")),
    (
        b"PRIVATE KEY-----",
        re.compile(
            rb"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)",
            re.DOTALL,
        ),
    ),
)


class Redactor:
    """Takes secrets out of answers. What is known to be secret may grow while it is in use."""

    def __init__(self) -> None:
        self._known: frozenset[str] = frozenset()
        self._values: re.Pattern[bytes] | None = None

    def __call__(self, body: bytes) -> bytes:
        """Return a body with `***` in place of every secret."""
        known = secrets.known()
        if known != self._known:
            self._known, self._values = known, _pattern(known)
        if self._values is not None:
            body = self._values.sub(HIDDEN.encode(), body)
        if b"://" in body:
            body = _USER_INFO.sub(HIDDEN.encode(), body)
        for sign, looks in _LOOKS:
            if sign in body:
                body = looks.sub(HIDDEN.encode(), body)
        return body

    def text(self, text: str) -> str:
        """Return a text with `***` in place of every secret: before it is cut, or taken apart."""
        return self(text.encode("utf-8", "replace")).decode()


def _pattern(known: frozenset[str]) -> re.Pattern[bytes] | None:
    """Return what finds any of the values as it is, as HTML writes it and in base64."""
    forms: set[bytes] = set()
    for value in known:
        if len(value) < _SHORTEST:
            continue
        plain = value.encode("utf-8", "replace")
        escaped = (str(escape(value)), html.escape(value, quote=False), html.escape(value))
        forms |= {plain, *(form.encode("utf-8", "replace") for form in escaped)}
        forms.add(base64.b64encode(plain).rstrip(b"="))
    if not forms:
        return None
    longest_first = sorted(forms, key=lambda form: (-len(form), form))
    return re.compile(b"|".join(map(re.escape, longest_first)))
