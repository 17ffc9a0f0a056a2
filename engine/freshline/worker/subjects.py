"""The function of a call, as all that deals with the call knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from freshline.sdk.specs import Spec
    from freshline.worker.parameters import Signature


class Subject(NamedTuple):
    """The function of a call: what it is called in errors, what it takes, what was said of it."""

    name: str
    what: str
    function: Callable[..., object]
    signature: Signature
    spec: Spec | None
    asked: str = ""

    @property
    def kind(self) -> str:
        """What it is asked for as; else what its decorator made of it; else an asset."""
        return self.asked or (self.spec.kind if self.spec is not None else "asset")
