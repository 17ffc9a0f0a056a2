"""The simulated world has no SQL: nobody is to ask an engine what its texts come down to."""

import pytest

from freshline.reconcile import observe
from freshline.reconcile.facts import NO_SLICES, Slices


def _none(*facts: object) -> Slices:
    return NO_SLICES


@pytest.fixture(autouse=True)
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observe, "EngineSlices", _none)
