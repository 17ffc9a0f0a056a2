"""Freshline keeps data assets fresh: this package is the engine."""

__version__ = "0.1.0"
