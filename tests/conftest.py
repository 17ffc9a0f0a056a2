"""What all tests share: a law takes the time it needs; what code wants is installed once."""

import gc
import os
import signal
from pathlib import Path

from hypothesis import settings

# Environments are named by what is in them, so all copies of a project can share one.
_CACHE = Path(__file__).parents[1] / ".pytest_cache"
os.environ.setdefault("FRESHLINE_ENVIRONMENTS", str(_CACHE / "environments"))

# Whoever is begun in the background by a shell does not hear Ctrl-C, nor does what it begins.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Look for garbage only in what tests make: thousands of collected ones are none."""
    gc.freeze()


settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
