"""People, as the server sees them: who is signed in, and what each role may do."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What somebody may do; each may do what those before it may."""

    VIEWER = "viewer"  # read
    OPERATOR = "operator"  # materialize, cancel, pause, pin, accept; see rows

    def may(self, needed: "Role") -> bool:
        """Say whether this role may do what `needed` may."""
        order = tuple(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Who is signed in. `session` names the session among others, and opens nothing."""

    actor: str
    role: Role
    session: str = ""
