"""Freshline keeps data assets fresh: this package is the engine, and the SDK's front door."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from freshline.notebook import open_project as open
    from freshline.sdk import (
        Cancelled,
        CheckResult,
        Config,
        Context,
        Image,
        Input,
        Json,
        Markdown,
        Output,
        Plot,
        Resource,
        Table,
        Url,
        asset,
        check,
        multi_asset,
        register_codec,
        source,
    )

__version__ = "0.1.0"
__all__ = ["Cancelled", "CheckResult", "Config", "Context", "Image", "Input", "Json", "Markdown"]
__all__ += ["Output", "Plot", "Resource", "Table", "Url", "__version__", "asset", "check"]
__all__ += ["multi_asset", "open", "register_codec", "source"]


def __getattr__(name: str) -> object:
    """Hand out a name when it is asked for: the command line has no need of any."""
    if name not in __all__:
        raise AttributeError(f"module 'freshline' has no attribute {name!r}")
    if name == "open":
        from freshline.notebook import open_project

        return open_project
    from freshline import sdk

    return getattr(sdk, name)
