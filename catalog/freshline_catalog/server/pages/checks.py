"""Checks of all assets: which do not pass, since when, and whose they are."""

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Query

from freshline import codec
from freshline.definitions import CheckSeverity
from freshline.state import TargetState
from freshline_catalog.server.asked import Asked
from freshline_catalog.server.builds.checks import (
    Found,
    failing_since,
    found_by,
    history_of,
    on_candidate,
    results_on_current,
)
from freshline_catalog.server.page import Page
from freshline_catalog.server.reading import Reading
from freshline_catalog.statements import statements

MOST = 300
_BACK = 100  # how many looks at an asset's checks are gone through for since when


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmet:
    """A check that does not pass, on which asset, since when, and what it found.

    `accepted_by` and `accepted_because` are of one that somebody took as it is; `holds_back` is
    true of one that a version failed on which nobody can read.
    """

    asset: str
    check: str
    severity: CheckSeverity
    found: Found
    failing: int
    error: str
    since: float | None
    owner: str
    group: str
    downstreams: int
    accepted_by: str = ""
    accepted_because: str = ""
    holds_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """Checks that do not pass: those that keep readers from being built, and those that only warn.

    `held_back` are those that keep a new version from being published; `accepted` are apart.
    `failing_assets`, `warning_assets` and `passing_assets` count assets. `more` says that there are
    more than are shown.
    """

    held_back: tuple[Unmet, ...]
    failing: tuple[Unmet, ...]
    warning: tuple[Unmet, ...]
    accepted: tuple[Unmet, ...]
    failing_assets: int
    warning_assets: int
    passing_assets: int
    more: bool


def checks(
    asked: Reading,
    owner: Annotated[str, Query(max_length=200, description="Only of their assets")] = "",
) -> Checks:
    """List the checks that do not pass, those that the most hangs on first."""
    sql = statements("checks")
    scope = (*asked.services.scope, asked.survey)
    rows = asked.connection.execute(sql["standing"], (*scope, owner, MOST + 1)).fetchall()
    unmet: list[Unmet] = []
    for asset, state, owned_by, group, downstreams, _, _ in rows[:MOST]:
        whose = (cast("str | None", owned_by) or "", cast("str | None", group) or "")
        known = codec.decode(cast(str, state), TargetState)
        unmet += _of(asked, known, whose, cast("int | None", downstreams) or 0)
        assert known.target.asset == asset
    failing, warning, passing = cast(
        "tuple[int, int, int]", asked.connection.execute(sql["counts"], scope).fetchall()[0]
    )
    bad = [each for each in unmet if each.found in (Found.FAILED, Found.ERROR)]
    return Checks(
        held_back=tuple(each for each in bad if each.holds_back),
        failing=tuple(each for each in bad if not each.holds_back),
        warning=tuple(each for each in unmet if each.found is Found.WARNED),
        accepted=tuple(each for each in unmet if each.found is Found.ACCEPTED),
        failing_assets=failing,
        warning_assets=warning,
        passing_assets=passing,
        more=len(rows) > MOST,
    )


def _of(asked: Asked, state: TargetState, whose: tuple[str, str], downstreams: int) -> list[Unmet]:
    """Return the checks of one asset that do not pass."""
    history = history_of(asked, state.target.asset, _BACK)
    unmet: list[Unmet] = []
    held_back = on_candidate(state)
    current = [result for result in results_on_current(state) if not result.passed]
    for result in (*held_back.values(), *(r for r in current if r.check not in held_back)):
        accepted = state.accepts(result)
        by = next((a for a in state.accepted if a.check == result.check), None)
        unmet.append(
            Unmet(
                asset=state.target.asset,
                check=result.name,
                severity=result.severity,
                found=found_by(result, accepted=accepted),
                failing=result.failing,
                error=result.error,
                since=failing_since(history.get(result.check, ())),
                owner=whose[0],
                group=whose[1],
                downstreams=downstreams,
                accepted_by=by.actor if accepted and by is not None else "",
                accepted_because=by.reason if accepted and by is not None else "",
                holds_back=result.check in held_back,
            )
        )
    return unmet


PAGES = (Page(path="/checks", make=checks, template="checks.html"),)
