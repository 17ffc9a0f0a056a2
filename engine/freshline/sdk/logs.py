"""A logger of the standard library whose records become lines of the run's log."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class _Teller(logging.Handler):
    """Hands each record on; what cannot be rendered is told as such instead of raising."""

    def __init__(self, tell: Callable[[str, str, str, float | None], None]) -> None:
        super().__init__()
        self._hand_on = tell

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = self.format(record)
        except Exception as error:
            text = f"{record.msg!r} could not be rendered: {error}"
        self._hand_on(record.levelname.lower(), text, "log", None)


def logger(name: str, tell: Callable[[str, str, str, float | None], None] | None) -> logging.Logger:
    """Return the logger of one call; without `tell`, as in a unit test, an ordinary one."""
    if tell is None:
        return logging.getLogger(f"freshline.{name}")
    # Made outside the tree of loggers: what a call does with it ends with the call.
    made = logging.Logger(f"freshline.{name}", logging.DEBUG)
    made.addHandler(_Teller(tell))
    made.propagate = False
    return made
