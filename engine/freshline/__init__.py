"""Freshline keeps data assets fresh: this package is the engine, and the SDK's front door."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from freshline.notebook import open_project
    from freshline.sdk import *  # noqa: F403

    open = open_project

__version__ = "0.1.0"
__sdk__ = frozenset(
    "Cancelled CheckResult Config Context Fire Image Input Json Markdown Output Plot Resource Skip "
    "Table Url asset check multi_asset register_codec sensor source".split()
)


def __getattr__(name: str) -> object:
    """Hand out a name when it is asked for: the command line has no need of any."""
    if name == "open":
        from freshline.notebook import open_project

        return open_project
    if name not in __sdk__:
        raise AttributeError(f"module 'freshline' has no attribute {name!r}")
    from freshline import sdk

    return getattr(sdk, name)
