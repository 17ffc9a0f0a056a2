"""People and programs, as the server sees them: who asks, and what each role may do."""

from dataclasses import dataclass
from enum import StrEnum

from freshline.tokens import Token


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
    """Who asks. `session` names the session among others, and opens nothing.

    A program has a `token`, which alone says what it may: its role lets it nowhere.
    """

    actor: str
    role: Role
    session: str = ""
    token: Token | None = None

    @property
    def selection(self) -> str:
        """Which assets it may know of, empty for all."""
        return "" if self.token is None else self.token.selection
