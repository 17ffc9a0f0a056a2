"""Short leases: what one process at a time does in an environment, for a moment."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace

from freshline.errors import BusyError
from freshline.ports import Holder, Ports

_LOOK = 0.02  # seconds between two looks whether it is free


@contextmanager
def short_lease(name: str, holder: Holder, ports: Ports) -> Generator[None]:
    """Hold a lease alone for as long as a block lasts; wait for whoever has it before."""

    def wait(busy: BusyError) -> None:
        time.sleep(ports.clock.until(ports.clock.now() + _LOOK))

    lease = ports.events.acquire(replace(holder, name=name), wait=wait)
    try:
        yield
    finally:
        lease.release()
