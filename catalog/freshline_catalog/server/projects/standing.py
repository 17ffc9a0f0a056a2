"""How each of several projects stands: asked all at once, and nobody waits long for one of them."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import cast

from freshline.errors import FreshlineError
from freshline.ports import Holder
from freshline.ticks import leadership
from freshline_catalog.server.people import User
from freshline_catalog.server.projects.opening import Member
from freshline_catalog.server.reading import instant
from freshline_catalog.statements import statements

_PATIENCE = 1.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectStanding:
    """How a project stands: of its assets and sources, how many are in which state.

    `leader` is whose process keeps it fresh, None where nobody's does. `surveyed_at` is when it was
    looked at last. `trouble` says what is wrong with it as a whole since `since`, and `help` what
    to do: what else is said here is then as it was before. `is_open` says whether it has pages.
    """

    name: str
    path: str
    folder: str
    environment: str = ""
    is_open: bool = False
    entries: int = 0
    fresh: int = 0
    stale: int = 0
    failed: int = 0
    running: int = 0
    incidents: int = 0
    leader: Holder | None = None
    surveyed_at: float | None = None
    trouble: str = ""
    help: str = ""
    since: float | None = None


class Standings:
    """How projects stand: each is asked by a thread of its own."""

    def __init__(self, members: Sequence[Member]) -> None:
        self.members = tuple(members)
        self._asking = ThreadPoolExecutor(len(self.members), "freshline standing")
        self._asked: dict[str, Future[ProjectStanding]] = {}
        self._known: dict[str, ProjectStanding] = {}
        self._lock = threading.Lock()

    def all(self, user: User) -> tuple[ProjectStanding, ...]:
        """Return how all stand; what one says that does not answer is what it said before."""
        with self._lock:
            for member in self.members:
                if member.name not in self._asked:
                    self._asked[member.name] = self._asking.submit(standing, member, user)
            asked = tuple(self._asked.values())
        wait(asked, _PATIENCE)
        with self._lock:
            for name, one in tuple(self._asked.items()):
                if one.done():
                    self._known[name] = one.result()
                    del self._asked[name]
            return tuple(self._of(member) for member in self.members)

    def close(self) -> None:
        """Ask nobody any more."""
        self._asking.shutdown(wait=False, cancel_futures=True)

    def _of(self, member: Member) -> ProjectStanding:
        known = self._known.get(member.name) or _bare(member)
        if member.name not in self._asked:
            return known
        words = "it does not answer"
        return replace(known, trouble=words, help="look at the disk of its folder")


def standing(member: Member, user: User) -> ProjectStanding:
    """Return how a project stands."""
    services, trouble = member.services, member.trouble
    bare = _bare(member)
    if services is None:
        if trouble is None:
            return bare
        return replace(bare, trouble=trouble.message, help=trouble.help, since=trouble.since)
    scope = services.scope
    bare = replace(bare, environment=scope.environment, is_open=True)
    try:
        with instant(services, user) as asked:
            bindings = (asked.survey, *scope)
            counted = asked.connection.execute(statements("projects")["counts"], bindings)
            entries, fresh, stale, failed, running = cast("tuple[int, ...]", counted.fetchall()[0])
            told = asked.connection.execute(statements("projects")["incidents"], scope).fetchall()
            looked = asked.connection.execute(statements("home")["looked"], (asked.survey,))
            surveyed = looked.fetchall()
        leader = services.log.holder(leadership(scope.environment))
    except FreshlineError as error:
        return replace(bare, trouble=error.message, help=error.help)
    broken = services.hub.trouble if services.hub is not None else None
    return replace(
        bare,
        entries=entries,
        fresh=fresh,
        stale=stale,
        failed=failed,
        running=running,
        incidents=cast(int, told[0][0]),
        leader=leader,
        surveyed_at=cast(float, surveyed[0][0]) if surveyed else None,
        trouble=broken.message if broken is not None else "",
        help=broken.help if broken is not None else "",
        since=broken.since if broken is not None else None,
    )


def _bare(member: Member) -> ProjectStanding:
    return ProjectStanding(name=member.name, path=member.path, folder=member.folder)
