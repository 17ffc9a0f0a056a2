"""Checks that have to be run, and those that are known to fail. A function of values alone.

A result holds for a check and for the contents it looked at: its asset's, and those of whatever
else it reads. So an unchanged check on unchanged data is never run again, and a known failure is
no work: it is told, and keeps readers from being built, until data, check or opinion change. An
answer that hangs on the clock holds for the hour.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from freshline.definitions import CheckKind, CheckSeverity
from freshline.events import CheckResult
from freshline.lineage.graph import Check, Graph
from freshline.reconcile.facts import Facts
from freshline.reconcile.fingerprint import hour
from freshline.state import HOUR
from freshline.verdicts import Reason, ReasonKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A check that is known to fail on what is current; `accepted` by somebody, as it is."""

    asset: str
    check: Check
    result: CheckResult
    accepted: bool

    @property
    def blocks(self) -> bool:
        """Whether it keeps readers from being built."""
        return self.check.definition.severity is CheckSeverity.BLOCK and not self.accepted


def contents_of(
    key: str, check: Check, contents: Mapping[str, str | None], at: tuple[str, ...] = ()
) -> tuple[str, ...] | None:
    """Return what a check looks at, `at` included; None where some of it is not known yet."""
    found = [contents.get(name) for name in (key, *check.reads)]
    known = tuple(content for content in found if content is not None)
    return (*known, *at) if len(known) == len(found) else None


def asked_at(graph: Graph, key: str, check: Check, now: float) -> tuple[str, ...]:
    """Return the hour for which an answer holds, where a check reads the clock; else nothing.

    It does where its own query does, and where it looks at a view that does.
    """
    looked_at = (graph.assets.get(name) for name in (key, *check.reads))
    timely = any(asset is not None and asset.is_view and asset.varies for asset in looked_at)
    return (f"{HOUR}{hour(now)}",) if timely or check.varies else ()


def unanswered(facts: Facts, key: str, contents: Mapping[str, str | None]) -> tuple[Check, ...]:
    """Return the checks of something whose result on these contents is not on record."""
    known = facts.state.of(facts.target(key))
    found: list[Check] = []
    for check in facts.graph.checks_of(key):
        at = asked_at(facts.graph, key, check, facts.now)
        looked_at = contents_of(key, check, contents, at)
        if looked_at is None or known.result(check.digest, looked_at) is None:
            found.append(check)
    return tuple(found)


def reasons(
    facts: Facts, key: str, contents: Mapping[str, str | None]
) -> tuple[tuple[Reason, ...], bool]:
    """Return why the checks of something current have to be run, and whether that is certain."""
    known = facts.state.of(facts.target(key))
    seen = {result.check for result in known.checks}
    certain: list[Reason] = []
    perhaps: list[Reason] = []
    for check in unanswered(facts, key, contents):
        name, place = check.definition.name, check.definition.span
        if contents_of(key, check, contents) is None:
            upstream = next(r for r in (key, *check.reads) if contents.get(r) is None)
            what = "what it reads" if upstream == key else upstream
            detail = f"check {name}, if {what} changes"
            perhaps.append(Reason(kind=ReasonKind.CHECK, detail=detail, upstream=upstream))
        else:
            words = "not run on these rows" if check.digest in seen else "new check"
            if check.digest in seen and asked_at(facts.graph, key, check, facts.now):
                words = "not run in this hour"
            detail = f"{words if seen else 'not run yet'}: {name}"
            certain.append(Reason(kind=ReasonKind.CHECK, detail=detail, source=place))
    return (tuple(certain or perhaps), bool(certain))


def standing(facts: Facts, key: str, contents: Mapping[str, str | None]) -> tuple[Standing, ...]:
    """Return the checks that are known to fail on what is current."""
    known = facts.state.of(facts.target(key))
    found: list[Standing] = []
    for check in facts.graph.checks_of(key):
        at = asked_at(facts.graph, key, check, facts.now)
        looked_at = contents_of(key, check, contents, at)
        result = known.result(check.digest, looked_at) if looked_at is not None else None
        if result is not None and not result.passed:
            accepted = known.accepts(result)
            found.append(Standing(asset=key, check=check, result=result, accepted=accepted))
    return tuple(found)


def sentence(result: CheckResult, name: str) -> str:
    """Return what a check found, in a few words."""
    if result.error:
        return f"{name} cannot be run: {result.error}"
    if result.kind is CheckKind.CODE:
        return f"{name} does not hold" + (f": {result.rows[0][0]}" if result.rows else "")
    if result.kind is CheckKind.ROWS and result.rows:
        count = int(result.rows[0][0] or 0)
        return f"{name}: there are {count:,} rows"
    return f"{name} fails on {result.failing:,} row{'' if result.failing == 1 else 's'}"
