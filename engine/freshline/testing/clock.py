"""Time and identifiers that tests turn by hand."""


class VirtualClock:
    """A clock that moves when it is told to, and a little at each look, so that times differ."""

    def __init__(self, start: float = 1_700_000_000.0, step: float = 0.001) -> None:
        self._now = start
        self._step = step

    def now(self) -> float:
        """Return the time, then move on by one step."""
        self._now += self._step
        return self._now

    def until(self, at: float) -> float:
        """Turn to a time, so that nobody has to wait for it."""
        self._now = max(self._now, at)
        return 0.0

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now += seconds


class CountedIds:
    """Identifiers in counting order: the same calls give the same identifiers."""

    def __init__(self, prefix: str = "id") -> None:
        self._prefix = prefix
        self._count = 0

    def new(self) -> str:
        """Return the next identifier."""
        self._count += 1
        return f"{self._prefix}-{self._count:06d}"
