"""The published JSON Schemas of what people and programs write for Freshline, or read from it."""

from freshline_schemas.reading import names, read

__all__ = ["names", "read"]
