"""Freshline keeps data assets fresh: this package is the engine."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from freshline.notebook import open_project as open

__version__ = "0.1.0"
__all__ = ["__version__", "open"]


def __getattr__(name: str) -> object:
    """Hand out `freshline.open` when it is asked for: the command line has no need of it."""
    if name != "open":
        raise AttributeError(f"module 'freshline' has no attribute {name!r}")
    from freshline.notebook import open_project

    return open_project
