"""Outcomes: what calls returned, for as long as steps of the run wait for one of their outputs."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from freshline.calls import Returned, Wanted


@dataclass(slots=True)
class _Shared:
    """One call that several steps take outputs from; those of `left` did not yet."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    returned: Returned | None = None
    left: set[str] = field(default_factory=set[str])


class Outcomes:
    """What calls returned. Several threads may ask at a time: the first one calls.

    A call that failed is forgotten, so that whoever comes next, or again, calls anew.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[object, _Shared] = {}

    def take(
        self,
        identity: object,
        output: str,
        wanted: Iterable[Wanted],
        call: Callable[[], Returned],
    ) -> Returned:
        """Return what a call gives whose outputs are `wanted`, each of which is taken once."""
        names = {each.name for each in wanted}
        if names <= {output}:
            return call()
        with self._lock:
            shared = self._known.setdefault(identity, _Shared())
        with shared.lock:
            if shared.returned is None or output not in shared.left:
                shared.returned = call()
                shared.left = names
            shared.left.discard(output)
            return shared.returned
