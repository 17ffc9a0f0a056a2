"""How long processes of user code are waited for, and how long they are used: all in seconds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The patience of a supervisor.

    A call that is to end gets `cancel_grace` to leave by itself after the exception that cancels
    it, then `terminate_grace` after SIGTERM, then SIGKILL. A worker is used for `most_calls`, for
    `most_age`, and while its memory has not grown by `most_growth` (a share of what it was after
    its first call, and at least `growth_floor` bytes). A function that ended its process
    `most_deaths` times in a row is refused. `threads` is what the libraries that ask the
    environment for a number of threads are told, None for nothing.
    """

    cancel_grace: float = 5.0
    terminate_grace: float = 10.0
    end_grace: float = 10.0
    state_grace: float = 1.0
    start_timeout: float = 30.0
    load_timeout: float = 60.0
    most_calls: int = 200
    most_age: float = 3600.0
    most_growth: float = 0.3
    growth_floor: int = 64 << 20
    most_deaths: int = 3
    keep_spare: bool = True
    threads: int | None = None


DEFAULT = Settings()
