"""A crowded catalog: ten thousand assets whose runs have filled the log with a million events.

Names, columns and lineage are those of the made-up company; each round of runs is the same: every
asset is attempted, made or failed, checked and verified. Content hashes, files and times are made
up. All of it goes through the log itself, so that every table is what the events say.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from tests.catalog.search.shop import entries, survey

from freshline.definitions import CheckKind, CheckSeverity
from freshline.events import (
    AttemptFailed,
    AttemptStarted,
    Checked,
    CheckResult,
    Event,
    Materialized,
    Outcome,
    RunFinished,
    RunStarted,
    Verified,
)
from freshline.keys import Target
from freshline.survey import Entry, EntryKind
from freshline.testing.specimens import build, logic
from freshline.versions import WHOLE, Build, DataFile, Output
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.surveys import SqliteSurveys

SCOPE = ("shop", "main")
NOW = 1_795_000_000.0
_HOUR = 3600.0
_IN_RUN = 500  # assets of one run


class Size(NamedTuple):
    """How large a catalog is."""

    assets: int = 10_000
    columns: int = 20
    events: int = 1_000_000


def fill(path: Path, size: Size) -> None:
    """Make a catalog of this size in the file `path`."""
    log = SqliteEventLog(path)
    try:
        made = entries(size.assets, size.columns)
        batch: list[Event] = []
        for event in events(made, size.events):
            batch.append(event)
            if len(batch) >= 20_000:
                log.append(batch)
                batch = []
        sequence = log.append(batch)
        SqliteSurveys(log).keep(survey(made, at=NOW, sequence=sequence))
    finally:
        log.close()


def events(made: Sequence[Entry], count: int) -> Iterator[Event]:
    """Yield about so many events, run by run, the last of them just before `NOW`."""
    built = [entry for entry in made if entry.kind is not EntryKind.SOURCE]
    rounds = max(1, round(count / (len(built) * 5.9)))
    chosen = random.Random(7)
    for number in range(rounds):
        at = NOW - (rounds - number) * _HOUR
        for start in range(0, len(built), _IN_RUN):
            part = built[start : start + _IN_RUN]
            run = f"{number:04x}{start:04x}-0000-7000-8000-{number:06}{start:06}"
            yield RunStarted(
                at=at,
                run=run,
                project=SCOPE[0],
                environment=SCOPE[1],
                plan_id=f"{number:012x}",
                actor="scheduler",
                command="freshline apply",
                steps=len(part),
                assets=tuple(entry.key for entry in part),
            )
            for entry in part:
                yield from _attempt(entry, run, number, at, chosen.random() < 0.02)
            yield RunFinished(at=at + 900, run=run, outcome=Outcome.SUCCEEDED)


def _attempt(entry: Entry, run: str, number: int, at: float, fails: bool) -> Iterator[Event]:
    target = Target(*SCOPE, entry.key)
    made = f"{entry.key}@{number}"
    fence = number + 1
    yield AttemptStarted(
        at=at + 1, run=run, target=target, publish_id=made, fence=fence, base=number
    )
    if fails:
        yield AttemptFailed(
            at=at + 2,
            run=run,
            target=target,
            publish_id=made,
            code="F300",
            message="Conversion Error: could not convert a text to INT32",
        )
        return
    yield Materialized(
        at=at + 2, run=run, target=target, build=_build(target, made, fence, at), logic=logic(made)
    )
    yield Checked(
        at=at + 3,
        run=run,
        target=target,
        version=made,
        data_version=f"rows of {made}",
        results=tuple(_result(check.name, check.digest, made) for check in entry.checks),
    )
    for minute in range(3):
        yield Verified(at=at + 60 * (minute + 5), run=run, target=target, mat_id=made, inputs=())


def _build(target: Target, made: str, fence: int, at: float) -> Build:
    plain = build(target, made, number=fence, fence=fence)
    version = replace(
        plain.version,
        at=at + 2,
        rows=1_000 + fence,
        files=(DataFile(f"data/{target.asset}/{made}.parquet", 123_456, made),),
    )
    trace = replace(plain.trace, inputs=(), outputs=(Output(WHOLE, f"rows of {made}"),))
    return replace(plain, version=version, trace=trace)


def _result(name: str, check: str, made: str) -> CheckResult:
    return CheckResult(
        name=name,
        kind=CheckKind.NOT_NULL,
        severity=CheckSeverity.BLOCK,
        check=check,
        contents=(f"rows of {made}",),
    )
