"""Checking: a content put to its checks, each answered once, and what came out written down.

Checks of single rows share one scan; failing rows are fetched only where there are any. A check
whose query fails on the data it meets counts as failed, with that message.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from freshline.calls import CheckTold
from freshline.codec import digest
from freshline.definitions import CheckKind, CheckSeverity, Column
from freshline.errors import CheckFailedError, ComputeError
from freshline.events import CheckAccepted, Checked, CheckResult, Event
from freshline.execute.code_checks import SAID, run_code_checks
from freshline.execute.setting import Accepting, Input, Setting
from freshline.failpoints import failpoint
from freshline.keys import Target
from freshline.lineage.canonical import bind
from freshline.lineage.graph import Check
from freshline.lineage.quoting import quoted
from freshline.lineage.sources import unmoved
from freshline.ports import Compute
from freshline.reconcile.checks import Standing, sentence
from freshline.state import TargetState

_LONGEST = 200  # characters of a value that are worth keeping


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A content that is to be checked: its rows, and whatever else its checks read.

    `hours` say, by the digest of a check that reads the clock, when it is asked.
    """

    target: Target
    checks: tuple[Check, ...]
    columns: tuple[Column, ...]
    content: Input
    others: Mapping[str, Input]
    known: TargetState
    hours: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    def contents(self, check: Check) -> tuple[str, ...]:
        """Return the data versions that a check looks at, and the hour where it reads the clock."""
        others = (self.others[read].data_version for read in check.reads)
        return (self.content.data_version, *others, *self.hours.get(check.digest, ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What all checks say of a content; `refused` are the names of those that stop it."""

    results: tuple[CheckResult, ...] = ()
    refused: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        """The results that did not pass, blocking or not."""
        return tuple(result for result in self.results if not result.passed)


def examine(setting: Setting, subject: Subject, *, anew: bool = False) -> Findings:
    """Run the checks that have no answer for this content (`anew`: all), and record the answers.

    What the caller accepts is recorded too, and stops nothing.
    """
    known = subject.known
    answers = {} if anew else {c.digest: _known(subject, c) for c in subject.checks}
    pending = [check for check in subject.checks if answers.get(check.digest) is None]
    fresh = run_checks(setting.ports.compute, subject, [c for c in pending if c.code is None])
    functions = [(c, subject.contents(c)) for c in pending if c.code is not None]
    seen = {**subject.others, subject.target.asset: subject.content}
    fresh |= run_code_checks(setting, subject.target, functions, seen)
    found = {**{k: v for k, v in answers.items() if v is not None}, **fresh}
    results = tuple(_named(check, found[check.digest]) for check in subject.checks)
    at, run = setting.ports.clock.now(), setting.run
    events: list[Event] = []
    # Of a source that changed meanwhile nobody can say which content was seen: it is asked again.
    if fresh and _is_settled(setting, subject):
        events.append(
            Checked(
                at=at,
                run=run,
                target=subject.target,
                version=subject.content.version,
                data_version=subject.content.data_version,
                results=tuple(_named(c, fresh[c.digest]) for c in pending),
            )
        )
    refused: list[str] = []
    for result in results:
        blocks = result.severity is CheckSeverity.BLOCK and not known.accepts(result)
        if result.passed or not blocks:
            continue
        if accepts(setting.accepting, subject.target.asset, result.name):
            assert setting.accepting is not None
            events.append(acceptance(setting.accepting, subject.target, result, at, run))
        else:
            refused.append(result.name)
    if events:
        setting.ports.events.append(events)
        failpoint("check.after")
    return Findings(results=results, refused=tuple(refused))


def with_told(
    findings: Findings,
    told: Iterable[CheckTold],
    setting: Setting,
    place: tuple[Target, TargetState, Input],
) -> Findings:
    """Return findings with the checks that code made by itself, and record these.

    `place` is the target, what is known of it, and the content that they are about.
    """
    target, known, content = place
    results = tuple(_of_code(each, content.data_version) for each in told)
    if not results:
        return findings
    at, run = setting.ports.clock.now(), setting.run
    events: list[Event] = [
        Checked(
            at=at,
            run=run,
            target=target,
            version=content.version,
            data_version=content.data_version,
            results=results,
        )
    ]
    refused: list[str] = []
    for result in results:
        if result.passed or result.severity is not CheckSeverity.BLOCK or known.accepts(result):
            continue
        if accepts(setting.accepting, target.asset, result.name) and setting.accepting is not None:
            events.append(acceptance(setting.accepting, target, result, at, run))
        else:
            refused.append(result.name)
    setting.ports.events.append(events)
    return Findings(results=(*findings.results, *results), refused=(*findings.refused, *refused))


def _of_code(told: CheckTold, content: str) -> CheckResult:
    said = told.description if not told.passed else ""
    return CheckResult(
        name=told.name,
        kind=CheckKind.CODE,
        severity=told.severity,
        check=digest(CheckKind.CODE, told.name),
        contents=(content,),
        failing=int(not told.passed),
        columns=SAID if said else (),
        rows=((said,),) if said else (),
    )


def _is_settled(setting: Setting, subject: Subject) -> bool:
    looked_at = (subject.target.asset, *subject.others)
    sources = (setting.sources[key] for key in looked_at if key in setting.sources)
    return all(unmoved(setting.root, source) for source in sources)


def accepts(accepting: Accepting | None, asset: str, name: str) -> bool:
    """Say whether the caller takes this check's failure as it is."""
    return accepting is not None and (asset, name) in accepting.checks


def acceptance(
    accepting: Accepting, target: Target, result: CheckResult, at: float, run: str
) -> CheckAccepted:
    """Return the record of somebody's acceptance."""
    return CheckAccepted(
        at=at,
        run=run,
        target=target,
        name=result.name,
        check=result.check,
        contents=result.contents,
        actor=accepting.actor,
        reason=accepting.reason,
    )


def accepted_standing(
    setting: Setting, failing: Iterable[Standing], targets: Mapping[str, Target]
) -> tuple[Event, ...]:
    """Return the record of those known failures that the caller takes as they are."""
    accepting, at = setting.accepting, setting.ports.clock.now()
    return tuple(
        acceptance(accepting, targets[found.asset], found.result, at, setting.run)
        for found in failing
        if accepting is not None
        and found.blocks
        and accepts(accepting, found.asset, found.check.definition.name)
    )


def refusal(key: str, findings: Findings, *, published: bool) -> CheckFailedError:
    """Return the error that tells which checks stopped a content, and what can be done."""
    bad = [result for result in findings.results if result.name in findings.refused]
    words = f"check {sentence(bad[0], bad[0].name)}"
    taking = f"take it as it is: freshline apply --accept {key}:{bad[0].name} --reason TEXT"
    if len(bad) > 1:
        names = ", ".join(f"{result.name} ({result.failing:,})" for result in bad)
        words = f"{len(bad)} checks fail: {names}"
        taking = "take them as they are: freshline apply --accept CHECK ... --reason TEXT"
    looking = f"the candidate's rows: freshline preview {key} --candidate"
    help = taking if published else f"{looking}\n{taking}"
    return CheckFailedError(f"{key}: {words}", help=help)


def run_checks(
    compute: Compute, subject: Subject, checks: Sequence[Check]
) -> dict[str, CheckResult]:
    """Return the answers of checks by their digest."""
    relations = {key: other.relation for key, other in subject.others.items()}
    relations[subject.target.asset] = subject.content.relation
    counts = _counted_together(compute, subject, [c for c in checks if c.condition])
    found: dict[str, CheckResult] = {}
    for check in checks:
        query = bind(check.query, relations)
        rows: tuple[tuple[str | None, ...], ...] = ()
        failing, error = counts.get(check.digest, 0), ""
        columns = _shown(check, subject.columns)
        try:
            if check.digest not in counts and not _is_surely_unique(compute, subject, check):
                failing = _number(compute.rows(f"SELECT count(*) FROM ({query})"))
            if failing and check.definition.sample:
                rows = _sample(compute, query, columns, check.definition.sample)
        except ComputeError as problem:
            error = problem.message
        found[check.digest] = CheckResult(
            name=check.definition.name,
            kind=check.definition.kind,
            severity=check.definition.severity,
            check=check.digest,
            contents=subject.contents(check),
            failing=failing,
            columns=columns if rows else (),
            rows=rows,
            error=error,
        )
    return found


def _counted_together(
    compute: Compute, subject: Subject, checks: Sequence[Check]
) -> dict[str, int]:
    """Count the failing rows of all conditions in one scan; nothing where one of them breaks."""
    if not checks:
        return {}
    # Of no rows, count_if gives null.
    counts = ", ".join(f"coalesce(count_if({check.condition}), 0)" for check in checks)
    try:
        (row,) = compute.rows(f"SELECT {counts} FROM {subject.content.relation}")
    except ComputeError:
        return {}  # each is asked by itself then, which tells which it was
    return {check.digest: int(str(n)) for check, n in zip(checks, row, strict=True)}


def _is_surely_unique(compute: Compute, subject: Subject, check: Check) -> bool:
    """Say whether a look at hashes proves that no key stands twice; most often it does.

    Equal keys have equal hashes: where there are as many hashes as keys, no two are equal.
    """
    if check.definition.kind is not CheckKind.UNIQUE:
        return False
    names = [quoted(column) for column in check.columns]
    known = " AND ".join(f"{name} IS NOT NULL" for name in names)
    surplus = f"count(*) - count(DISTINCT hash({', '.join(names)}))"
    relation = subject.content.relation
    try:
        return not _number(compute.rows(f"SELECT {surplus} FROM {relation} WHERE {known}"))
    except ComputeError:
        return False  # the whole question is asked then, and tells what is wrong


def _sample(
    compute: Compute, query: str, columns: Sequence[str], limit: int
) -> tuple[tuple[str | None, ...], ...]:
    """Return some failing rows, each value as DuckDB writes it, always the same ones."""
    texts = ", ".join(f"CAST({quoted(c)} AS VARCHAR) AS c{i}" for i, c in enumerate(columns))
    order = ", ".join(quoted(column) for column in columns)
    rows = compute.rows(f"SELECT {texts} FROM ({query}) AS failing ORDER BY {order} LIMIT {limit}")
    return tuple(tuple(_cut(value) for value in row) for row in rows)


def _shown(check: Check, columns: Sequence[Column]) -> tuple[str, ...]:
    """Return the columns to show: first those that the check is about."""
    if check.definition.kind in (CheckKind.SQL, CheckKind.ROWS):
        return check.columns
    return tuple(dict.fromkeys((*check.columns, *(c.name for c in columns))))


def _known(subject: Subject, check: Check) -> CheckResult | None:
    return subject.known.result(check.digest, subject.contents(check))


def _named(check: Check, result: CheckResult) -> CheckResult:
    """Return a result under the name and severity that its check has now."""
    definition = check.definition
    return CheckResult(
        name=definition.name,
        kind=definition.kind,
        severity=definition.severity,
        check=result.check,
        contents=result.contents,
        failing=result.failing,
        columns=result.columns,
        rows=result.rows,
        error=result.error,
    )


def _number(rows: Sequence[tuple[object, ...]]) -> int:
    return int(str(rows[0][0]))


def _cut(value: object) -> str | None:
    text = None if value is None else str(value)
    return text if text is None or len(text) <= _LONGEST else text[: _LONGEST - 1] + "\u2026"
