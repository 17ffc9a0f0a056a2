"""What user code imports from Freshline: plain decorators and values, standard library only."""

from freshline.sdk.codecs import register_codec
from freshline.sdk.configuration import Config, Resource
from freshline.sdk.context import Context
from freshline.sdk.declaring import asset, check, multi_asset, sensor, source
from freshline.sdk.interrupting import Cancelled
from freshline.sdk.metadata import Image, Json, Markdown, Plot, Table, Url
from freshline.sdk.specs import CheckResult, Fire, Input, Output, Skip

__all__ = [
    "Cancelled",
    "CheckResult",
    "Config",
    "Context",
    "Fire",
    "Image",
    "Input",
    "Json",
    "Markdown",
    "Output",
    "Plot",
    "Resource",
    "Skip",
    "Table",
    "Url",
    "asset",
    "check",
    "multi_asset",
    "register_codec",
    "sensor",
    "source",
]
