"""Values to words: diagnostics, errors, plans and progress as people read them.

All wording of reasons and statuses stands here or in the value itself; nothing decides here.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

import click

from freshline.errors import DefinitionError, Diagnostic, FreshlineError, Severity
from freshline.execute.run import Status
from freshline.reconcile.checks import Standing, sentence
from freshline.reconcile.plan import Action, Plan, Step
from freshline.reconcile.staleness import Reason

_ACTIONS = {
    Action.CREATE: ("+", "green"),
    Action.REBUILD: ("!", "yellow"),
    Action.REPUBLISH: ("~", "cyan"),
    Action.RECHECK: ("?", "blue"),
    Action.CHECK: ("*", "cyan"),
}
_STATUSES = {
    Status.BUILT: ("built", "green"),
    Status.REPUBLISHED: ("republished", "cyan"),
    Status.VERIFIED: ("unchanged", "blue"),
    Status.CHECKED: ("checked", "green"),
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
    counts = [_count(errors, "error"), _count(warnings, "warning")]
    total = ", ".join(text for text, n in zip(counts, (errors, warnings), strict=True) if n)
    return "\n".join([*(diagnostic_text(f) for f in ordered), total])


def error_text(error: FreshlineError) -> str:
    """Return an error in its own words, with what to do."""
    if isinstance(error, DefinitionError) and error.diagnostics:
        return diagnostics_text(error.diagnostics)
    lines = [f"{click.style(error.code, fg='red', bold=True)} {error.message}"]
    if error.span is not None:
        lines.append(f"  {click.style(str(error.span), fg='cyan')}")
    lines += [f"  {line}" for line in error.help.split("\n") if line]
    return "\n".join(lines)


def plan_text(plan: Plan, total: int) -> str:
    """Return a plan: a line for each step with its first reason, and what stays as it is."""
    lines = [click.style(f"plan {plan.environment}", bold=True) + f"   {_count(total, 'asset')}"]
    widths = (
        max((len(s.asset) for s in plan.steps), default=0),
        max((len(s.action) for s in plan.steps), default=0),
        max((len(_words(s)) for s in plan.steps), default=0),
    )
    lines += [_step_line(step, widths) for step in plan.steps]
    for aside in plan.quarantined:
        why = f"set aside with {aside.because}" if aside.because else f"set aside: {aside.code}"
        lines.append(f"  {click.style('x', fg='red')} {aside.asset}  {why}")
    for change in plan.metadata:
        lines.append(f"  . {change.asset}  metadata only: {', '.join(change.fields)}")
    for key in plan.orphans:
        lines.append(f"  . {key}  has a version but is not declared any more; left alone")
    lines += [standing_text(found) for found in plan.failing]
    for warning in plan.warnings:
        lines.append(f"  {click.style('warning', fg='yellow')} {warning}")
    if plan.fresh:
        lines.append(f"  {click.style('=', fg='green')} {len(plan.fresh)} fresh")
    lines.append(_summary(plan))
    return "\n".join(lines)


def standing_text(found: Standing) -> str:
    """Return a line about a check that is known to fail on what is current."""
    words = sentence(found.result, found.check.definition.name)
    mark = click.style("failing", fg="red") if found.blocks else click.style("warning", fg="yellow")
    accepted = ", accepted" if found.accepted else ""
    return f"  {mark} {found.asset}: check {words}{accepted}"


def progress_text(status: Status, asset: str, detail: str, place: str) -> str:
    """Return one line about a step that ended."""
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


def _step_line(step: Step, widths: tuple[int, int, int]) -> str:
    mark, color = _ACTIONS[step.action]
    first = step.reasons[0] if step.reasons else None
    place = str(first.source) if first and first.source else ""
    text = f"{step.asset:<{widths[0]}}  {step.action:<{widths[1]}}  {_words(step):<{widths[2]}}"
    line = f"  {click.style(mark, fg=color)} {text}"
    return f"{line}  {click.style(place, fg='cyan')}" if place else line.rstrip()


def _words(step: Step) -> str:
    words = step.reasons[0].detail if step.reasons else ""
    if len(step.reasons) > 1:
        words += f" (+{len(step.reasons) - 1})"
    if step.reuse is not None:
        words += f"; version {step.reuse.version.number} is that already"
    if step.wanted_by:
        words += f"   for {', '.join(step.wanted_by)}"
    return words


def _summary(plan: Plan) -> str:
    if not plan.steps:
        bad = any(found.blocks for found in plan.failing)
        text = "nothing is stale" if not plan.quarantined else "nothing else is stale"
        return click.style(f"{text}   plan {plan.plan_id}", fg="yellow" if bad else "green")
    return f"certain {plan.certain}, conditional {plan.conditional}   plan {plan.plan_id}"


def _order(finding: Diagnostic) -> tuple[object, ...]:
    place = finding.span
    where = (place.file, place.line, place.column) if place else ("", 0, 0)
    return (finding.severity is not Severity.ERROR, *where)


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
