"""How a call that is no longer wanted ends: an exception that only those catch who mean to."""

from __future__ import annotations


class Cancelled(BaseException):
    """The call was cancelled, or took longer than it may: clean up and let it pass.

    Like KeyboardInterrupt it is no Exception, so `except Exception` does not swallow it.
    """
