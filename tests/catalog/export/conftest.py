"""Worlds to export, made once."""

from tests.catalog.server.world import made_world, world

__all__ = ["made_world", "world"]
