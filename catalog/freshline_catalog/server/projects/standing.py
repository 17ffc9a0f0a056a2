"""How each of several projects stands: asked all at once, and nobody waits long for one of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

from freshline.errors import FreshlineError
from freshline.ports import Holder
from freshline.ticks import leadership
from freshline_catalog.server.projects.asking import NOBODY, Answer, Asking
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
    """How projects stand: each is asked on its own."""

    def __init__(self, members: Sequence[Member]) -> None:
        self._members = tuple(members)
        self._asking: Asking[ProjectStanding] = Asking(self._members, standing, _PATIENCE)

    def all(self) -> tuple[ProjectStanding, ...]:
        """Return how all stand; what one says that does not answer is what it said before."""
        answers = self._asking.all()
        return tuple(_shown(member, answers[member.name]) for member in self._members)


def _shown(member: Member, answer: Answer[ProjectStanding]) -> ProjectStanding:
    shown = answer.value or _bare(member)
    if not answer.is_late:
        return shown
    return replace(shown, trouble="it does not answer", help="look at the disk of its folder")


def standing(member: Member) -> ProjectStanding:
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
        with instant(services, NOBODY) as asked:
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
