"""What all tests share: a law takes the time it needs; what code wants is installed once."""

import os
from pathlib import Path

from hypothesis import settings

# Environments are named by what is in them, so all copies of a project can share one.
_CACHE = Path(__file__).parents[1] / ".pytest_cache"
os.environ.setdefault("FRESHLINE_ENVIRONMENTS", str(_CACHE / "environments"))

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
