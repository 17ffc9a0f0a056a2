"""Tests of assets in memory, and kits and fakes for those who write storages; public."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from freshline.testing.materialized import Checked, Materialized
    from freshline.testing.materializing import ProjectUnderTest, materialize

__all__ = ["Checked", "Materialized", "ProjectUnderTest", "materialize"]


def __getattr__(name: str) -> object:
    """Hand out a name when it is asked for: a kit has no need of the others."""
    if name in ("ProjectUnderTest", "materialize"):
        from freshline.testing import materializing

        return getattr(materializing, name)
    if name in __all__:
        from freshline.testing import materialized

        return getattr(materialized, name)
    raise AttributeError(f"module 'freshline.testing' has no attribute {name!r}")
