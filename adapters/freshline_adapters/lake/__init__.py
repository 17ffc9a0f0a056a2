"""The lake: immutable Parquet versions and numbered manifests in a folder."""

from freshline_adapters.lake.lake import Lake

__all__ = ["Lake"]
