"""Named places where tests make the worst happen: `FRESHLINE_FAILPOINTS=publish.before=kill@3`.

Without that variable a failpoint is one look at an empty mapping. Actions: `kill` (SIGKILL to
ourselves), `raise:ENOSPC` (that OSError), `crash` (an exception nobody catches, for simulations
in one process), `sleep:0.5`. `@n` means at the n-th passing, the first by default. Several are
separated by commas.
"""

import errno
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable

NAMES = frozenset(
    {
        "claim.before",
        "claim.after_commit",
        "stage.open",
        "stage.after_write",
        "check.after",
        "seal.before",
        "seal.after_fsync",
        "seal.after",
        "publish.before",
        "publish.torn_manifest",
        "publish.after_write",
        "publish.after_create",
        "publish.after",
        "record.before",
        "record.after_commit",
        "verify.before",
        "recover.before",
        "recover.after_adopt",
        "abort.before",
        "abort.after",
        "views.before",
        "views.after_write",
        "run.before_finish",
        "pin.before",
        "pin.after_commit",
        "rename.before",
        "rename.before_record",
        "drop.before",
        "gc.after_list",
        "gc.partial_delete",
        "docs.written",
        "docs.moved",
        "docs.placed",
        "tick.before_eval",
        "tick.after_eval",
        "launch.before",
        "launch.after",
        "launch.told",
        "launch.ended",
        "tick.before_commit",
        "tick.after_commit",
        "act.before",
        "act.after",
        "bring.before_fetch",
        "bring.after_fetch",
        "bring.before_word",
    }
)


class Crash(BaseException):
    """The process died here, as far as a simulation is concerned."""


class _Armed:
    """The actions in force, and how often each failpoint was passed."""

    def __init__(self) -> None:
        self.actions: dict[str, tuple[str, int]] = {}
        self.passed: Counter[str] = Counter()
        self.lock = threading.Lock()
        self.watch: Callable[[str], None] | None = None


_armed = _Armed()


def arm(text: str) -> None:
    """Put the actions of `text` in force instead of any before; the empty text disarms."""
    actions: dict[str, tuple[str, int]] = {}
    for item in filter(None, text.split(",")):
        name, _, action = item.partition("=")
        action, _, count = action.partition("@")
        if name not in NAMES:
            raise ValueError(f"no failpoint is called {name!r}")
        actions[name] = (action, int(count or 1))
    _armed.actions = actions
    _armed.passed = Counter()


def watch(told: Callable[[str], None] | None) -> None:
    """Have somebody told of every passing, before anything happens there; None for nobody.

    What it raises is raised at the failpoint. For simulations of several processes in one.
    """
    _armed.watch = told


def passed() -> Counter[str]:
    """Return how often each failpoint was passed since `arm`; counted only while armed."""
    return _armed.passed


def failpoint(name: str) -> None:
    """Do what the environment asks for at this place; nothing, as a rule."""
    if _armed.watch is not None:
        _armed.watch(name)
    if not _armed.actions:
        return
    with _armed.lock:
        _armed.passed[name] += 1
        action, count = _armed.actions.get(name, ("", 0))
        due = _armed.passed[name] == count
    if due:
        _act(name, action)


def _act(name: str, action: str) -> None:
    verb, _, argument = action.partition(":")
    match verb:
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "crash":
            raise Crash(name)
        case "raise":
            raise OSError(
                getattr(errno, argument), f"{os.strerror(getattr(errno, argument))} ({name})"
            )
        case "sleep":
            time.sleep(float(argument))
        case _:
            raise ValueError(f"failpoint {name}: no action is called {verb!r}")


arm(os.environ.get("FRESHLINE_FAILPOINTS", ""))
