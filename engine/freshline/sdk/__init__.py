"""What user code imports from Freshline: plain decorators and values, standard library only."""

from freshline.sdk.codecs import register_codec
from freshline.sdk.configuration import Config, Resource
from freshline.sdk.context import Context
from freshline.sdk.declaring import asset, check, multi_asset, source
from freshline.sdk.interrupting import Cancelled
from freshline.sdk.metadata import Image, Json, Markdown, Plot, Table, Url
from freshline.sdk.specs import CheckResult, Input, Output

__all__ = [
    "Cancelled",
    "CheckResult",
    "Config",
    "Context",
    "Image",
    "Input",
    "Json",
    "Markdown",
    "Output",
    "Plot",
    "Resource",
    "Table",
    "Url",
    "asset",
    "check",
    "multi_asset",
    "register_codec",
    "source",
]
