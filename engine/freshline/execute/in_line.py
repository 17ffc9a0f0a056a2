"""In line for a lease that somebody else has: one way to wait between two tries to get it."""

import time
from collections.abc import Callable

from freshline.errors import BusyError
from freshline.ports import Clock, Wait

_LOOK = 0.05  # seconds between two tries: the system tells nobody that a lock is free


def _nobody(busy: BusyError) -> None:
    pass


def in_line(clock: Clock, tell: Callable[[BusyError], None] = _nobody) -> Wait:
    """Return what waits a moment between two tries, by a clock, and tells each time for whom.

    Ctrl-C ends that, as it ends everything.
    """

    def wait(busy: BusyError) -> None:
        tell(busy)
        time.sleep(clock.until(clock.now() + _LOOK))

    return wait
