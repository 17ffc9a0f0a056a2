"""Asking: all projects at one time, each by a thread of its own, and nobody waits long for one."""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Generic, NamedTuple, TypeVar

from freshline.errors import FreshlineError
from freshline_catalog.server.people import Role, User
from freshline_catalog.server.projects.opening import Member

T = TypeVar("T")
NOBODY = User(actor="", role=Role.VIEWER)


class Answer(NamedTuple, Generic[T]):
    """What a project has answered last, None for nothing yet; and whether it is late this time."""

    value: T | None
    is_late: bool


class Asking(Generic[T]):
    """Asks something of several projects. One that does not answer is not asked a second time."""

    def __init__(
        self, members: Sequence[Member], ask: Callable[[Member], T], patience: float
    ) -> None:
        self._members, self._ask, self._patience = tuple(members), ask, patience
        self._asked: set[str] = set()
        self._known: dict[str, T] = {}
        self._changed = threading.Condition()

    def all(self) -> Mapping[str, Answer[T]]:
        """Return what each answers, by its name."""
        with self._changed:
            for member in self._members:
                if member.name not in self._asked:
                    self._asked.add(member.name)
                    threading.Thread(target=self._answer, args=(member,), daemon=True).start()
            self._changed.wait_for(lambda: not self._asked, self._patience)
            return {
                member.name: Answer(self._known.get(member.name), member.name in self._asked)
                for member in self._members
            }

    def _answer(self, member: Member) -> None:
        try:
            with suppress(FreshlineError):  # then it is known what it said before
                value = self._ask(member)
                with self._changed:
                    self._known[member.name] = value
        finally:
            with self._changed:
                self._asked.discard(member.name)
                self._changed.notify_all()
