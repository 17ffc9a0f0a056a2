"""Signatures: by them a receiver knows who sent a body, and that it was sent just now."""

import hashlib
import hmac
from collections.abc import Mapping

from freshline.errors import DeniedError

ID = "Freshline-Id"
TIMESTAMP = "Freshline-Timestamp"
SIGNATURE = "Freshline-Signature"
SHORTEST = 16


def signed(secret: str | None, id: str, at: float, body: bytes) -> Mapping[str, str]:
    """Return the headers of a body: its id, when it is sent, and with a secret a signature.

    DeniedError where the secret is so short that it could be guessed.
    """
    headers = {ID: id, TIMESTAMP: str(int(at))}
    if secret is None:
        return headers
    if len(secret) < SHORTEST:
        raise DeniedError(
            f"the secret of a webhook has fewer than {SHORTEST} characters",
            help="make one at random: python -c 'import secrets; print(secrets.token_hex(32))'",
        )
    return {**headers, SIGNATURE: f"v1={signature(secret, int(at), body)}"}


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """Return the HMAC-SHA256 of the timestamp, a dot and the body, in hex."""
    return hmac.new(secret.encode(), b"%d." % timestamp + body, hashlib.sha256).hexdigest()
