"""Values to words: diagnostics, errors, plans and progress as people read them.

All wording of reasons and statuses stands here or in the value itself; nothing decides here.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

import click

from freshline.cli.layout import folded
from freshline.counted import counted
from freshline.definitions import Trust
from freshline.errors import DefinitionError, Diagnostic, FreshlineError, Severity
from freshline.execute.run import Status
from freshline.lineage.graph import WAITS
from freshline.reconcile.checks import Standing, sentence
from freshline.reconcile.held import Held
from freshline.reconcile.planned import Action, Plan, Step
from freshline.secrets import redacted
from freshline.verdicts import Reason

_ACTIONS = {
    Action.CREATE: ("+", "green"),
    Action.REBUILD: ("!", "yellow"),
    Action.REPUBLISH: ("~", "cyan"),
    Action.RELAYOUT: ("~", "cyan"),
    Action.RECHECK: ("?", "blue"),
    Action.CHECK: ("*", "cyan"),
    Action.DROP: ("-", "red"),
}
_STATUSES = {
    Status.BUILT: ("built", "green"),
    Status.REPUBLISHED: ("republished", "cyan"),
    Status.VERIFIED: ("unchanged", "blue"),
    Status.CHECKED: ("checked", "green"),
    Status.DROPPED: ("dropped", "yellow"),
    Status.RETRYING: ("retrying", "yellow"),
    Status.QUEUED: ("queued", "yellow"),
    Status.FAILED: ("failed", "red"),
    Status.SKIPPED: ("skipped", "yellow"),
    Status.CANCELLED: ("cancelled", "yellow"),
}


def diagnostic_text(finding: Diagnostic) -> str:
    """Return one finding: code and message, place, the line with a caret, and the way out."""
    color = "red" if finding.severity is Severity.ERROR else "yellow"
    lines = [f"{click.style(finding.code, fg=color, bold=True)} {finding.message}"]
    if finding.span is not None:
        lines.append(f"  {click.style(str(finding.span), fg='cyan')}")
    if finding.span is not None and finding.excerpt.strip():
        number = str(finding.span.line)
        excerpt = finding.excerpt.replace("\t", " ")
        room = max(len(excerpt) - finding.span.column + 1, 1)
        caret = "^" * min(max(finding.span.length, 1), room)
        pad = " " * (finding.span.column - 1)
        gutter = " " * len(number)
        lines.append(f"   {number} | {excerpt}")
        lines.append(f"   {gutter} | {pad}{click.style(caret, fg=color)} {finding.fix}".rstrip())
    elif finding.fix:
        lines.append(f"  {finding.fix}")
    for span, words in finding.related:
        lines.append(f"  {words}: {click.style(str(span), fg='cyan')}")
    return "\n".join(lines)


def diagnostics_text(findings: Sequence[Diagnostic]) -> str:
    """Return all findings, errors first, and a line that counts them."""
    ordered = sorted(findings, key=_order)
    errors = sum(f.severity is Severity.ERROR for f in findings)
    warnings = len(findings) - errors
    counts = [counted(errors, "error"), counted(warnings, "warning")]
    total = ", ".join(text for text, n in zip(counts, (errors, warnings), strict=True) if n)
    return "\n".join([*(diagnostic_text(f) for f in ordered), total])


def error_text(error: FreshlineError, where: Sequence[str] = ()) -> str:
    """Return an error in its own words, with what to do; `where` are lines in place of its span."""
    if isinstance(error, DefinitionError) and error.diagnostics:
        return diagnostics_text(error.diagnostics)
    lines = [f"{click.style(error.code, fg='red', bold=True)} {error.message}"]
    if where:
        lines += [f"  {line}" for line in where]
    elif error.span is not None:
        lines.append(f"  {click.style(str(error.span), fg='cyan')}")
    lines += [f"  {line}" for line in error.help.split("\n") if line]
    return redacted("\n".join(lines))


def plan_text(plan: Plan, total: int, width: int | None = None) -> str:
    """Return a plan: a line for each step with its first reason, and what stays as it is.

    Where a line would be longer than `width`, it goes on below.
    """
    lines = [click.style(f"plan {plan.environment}", bold=True) + f"   {counted(total, 'asset')}"]
    widths = (
        max((len(s.asset) for s in plan.steps), default=0),
        max((len(s.action) for s in plan.steps), default=0),
        max((len(_words(s)) for s in plan.steps), default=0),
    )
    for step in plan.steps:
        lines += _step_lines(step, widths, width)
    lines += aside_lines(plan, width)
    for change in plan.metadata:
        why = f"metadata only: {', '.join(change.fields)}"
        lines += _noted(".", change.asset, why, width)
    for rename in plan.renamed:
        lines += _noted(">", rename.asset, f"renamed from {rename.was}; nothing is computed", width)
    dropped = {step.asset for step in plan.steps}
    for key in plan.orphans:
        if key in dropped:
            continue
        why = "has a version but is not declared any more; left alone"
        lines += _noted(".", key, why, width)
    lines += [standing_text(found) for found in plan.failing]
    for warning in plan.warnings:
        lines += folded(
            f"  {click.style('warning', fg='yellow')} ", warning, indent=10, width=width
        )
    lines += held_lines(plan)
    if plan.fresh:
        guessed = sum(fresh.trust is Trust.HEURISTIC for fresh in plan.fresh)
        star = f", {guessed} of them fresh*: by a guess at their sources" if guessed else ""
        lines.append(f"  {click.style('=', fg='green')} {len(plan.fresh)} fresh{star}")
    lines.append(_summary(plan))
    return "\n".join(lines)


def aside_lines(plan: Plan, width: int | None = None) -> list[str]:
    """Return a line for each asset that is set aside, with what is to blame."""
    lines: list[str] = []
    for aside in plan.quarantined:
        why = f"set aside with {aside.because}" if aside.because else f"set aside: {aside.code}"
        mark = click.style("x", fg="red")
        if aside.code == WAITS:
            why, mark = f"waits for the columns of {aside.because}", click.style("?", fg="yellow")
        lines += _noted(mark, aside.asset, why, width)
    return lines


def held_lines(plan: Plan, *, with_end: bool = False) -> list[str]:
    """Return a line for each asset that is pinned or paused, with the command that ends it."""
    held = [("pinned", "unpin", each) for each in plan.pinned]
    held += [("paused", "resume", each) for each in plan.paused]
    width = max((len(each.asset) for _, _, each in held), default=0)
    return [
        f"  {click.style('=', fg='blue')} {verdict}   {each.asset:<{width}}   {held_text(each)}"
        + (f"   `freshline {verb} {each.asset}`" if with_end else "")
        for verdict, verb, each in held
    ]


def held_text(held: Held) -> str:
    """Return which version an asset is kept at, since when, by whom and why."""
    version = "never materialized" if held.version is None else f"version {held.version}"
    until = "" if held.until is None else f", until {moment(held.until)}"
    return f"{version} since {moment(held.since)} by {held.actor}: {held.reason}{until}"


def standing_text(found: Standing) -> str:
    """Return a line about a check that is known to fail on what is current."""
    words = sentence(found.result, found.check.definition.name)
    mark = click.style("failing", fg="red") if found.blocks else click.style("warning", fg="yellow")
    accepted = ", accepted" if found.accepted else ""
    return f"  {mark} {found.asset}: check {words}{accepted}"


def progress_text(status: Status, asset: str, detail: str, place: str) -> str:
    """Return one line about a step that ended or is put off."""
    words, color = _STATUSES[status]
    return f"  {place} {click.style(words.ljust(11), fg=color)} {asset}  {detail}".rstrip()


def moment(at: float) -> str:
    """Return a time as people write it, in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")


def size(bytes: int) -> str:
    """Return a number of bytes in the largest unit that keeps it above one."""
    amount = float(bytes)
    for unit in ("B", "KB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return ""


def reason_text(reason: Reason) -> str:
    """Return a reason with the place that decided."""
    place = f"   {click.style(str(reason.source), fg='cyan')}" if reason.source else ""
    return f"{reason.detail}{place}"


def _step_lines(step: Step, widths: tuple[int, int, int], width: int | None) -> list[str]:
    mark, color = _ACTIONS[step.action]
    first = step.reasons[0] if step.reasons else None
    place = str(first.source) if first and first.source else ""
    head = f"{step.asset:<{widths[0]}}  {step.action:<{widths[1]}}  "
    styled = f"  {click.style(mark, fg=color)} {head}"
    indent, words = len(head) + 4, _words(step)
    if width is None or indent + widths[2] + len(place) + 2 <= width:
        line = f"{styled}{words:<{widths[2]}}"
        return [f"{line}  {click.style(place, fg='cyan')}" if place else line.rstrip()]
    lines = folded(styled, f"{words}  {place}".rstrip(), indent=indent, width=width)
    if not place:
        return lines
    return [*lines[:-1], click.style(place, fg="cyan").join(lines[-1].rsplit(place, 1))]


def _noted(mark: str, asset: str, why: str, width: int | None) -> list[str]:
    return folded(f"  {mark} {asset}  ", why, indent=len(asset) + 6, width=width)


def _words(step: Step) -> str:
    words = step.reasons[0].detail if step.reasons else ""
    if len(step.reasons) > 1:
        words += f" (+{len(step.reasons) - 1})"
    if step.reuse is not None:
        words += f"; version {step.reuse.version.number} is that already"
    if step.action is Action.RELAYOUT:
        words += "; no row is computed"
    if step.wanted_by:
        words += f"   for {', '.join(step.wanted_by)}"
    return words


def _summary(plan: Plan) -> str:
    if not plan.steps:
        bad = any(found.blocks for found in plan.failing)
        held = any(each.reasons for each in (*plan.pinned, *plan.paused))
        text = "nothing else is stale" if plan.quarantined or held else "nothing is stale"
        return click.style(f"{text}   plan {plan.plan_id}", fg="yellow" if bad else "green")
    return f"certain {plan.certain}, conditional {plan.conditional}   plan {plan.plan_id}"


def _order(finding: Diagnostic) -> tuple[object, ...]:
    place = finding.span
    where = (place.file, place.line, place.column) if place else ("", 0, 0)
    return (finding.severity is not Severity.ERROR, *where)
