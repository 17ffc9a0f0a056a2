"""Short leases: what one process at a time does in an environment, for a moment."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace

from freshline.execute.in_line import in_line
from freshline.ports import Holder, Ports


@contextmanager
def short_lease(name: str, holder: Holder, ports: Ports) -> Generator[None]:
    """Hold a lease alone for as long as a block lasts; wait for whoever has it before."""
    lease = ports.events.acquire(replace(holder, name=name), wait=in_line(ports.clock))
    try:
        yield
    finally:
        lease.release()
