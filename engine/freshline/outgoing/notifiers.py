"""The contracts of what leaves: who sends over HTTP, and the notifiers that plug-ins bring."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


class Sender(Protocol):
    """Whoever can send something to somebody else's machine."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        """Post a body, and return once it was taken: an answer of 2xx.

        DeniedError where no further attempt can help, ResourceError where one may. Neither shows
        more of the URL than its host, nor anything of the answer but its status.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What one recipient is told at one time: a subject of one line, and a text in plain words."""

    subject: str
    text: str


class Notifier(Protocol):
    """A way to reach people; plug-ins come by the entry point `freshline.notifiers`.

    It is called with its settings, whose secrets are put in, and with who sends over HTTP.
    """

    def tell(self, notice: Notice, to: str) -> None:
        """Deliver a notice; `to` is an address where the way is one to many people, else empty.

        ResourceError where a later attempt may help, DeniedError where none can.
        """
        ...


class MakeNotifier(Protocol):
    """What an entry point `freshline.notifiers` gives."""

    def __call__(self, settings: Mapping[str, object], sender: Sender) -> Notifier:
        """Return the way to people that settings describe; DeniedError where they do not."""
        ...
