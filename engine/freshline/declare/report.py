"""The findings of one file, gathered while it is read: bad input is reported, never raised."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple, Protocol

from freshline.declare.text import SourceText, legible
from freshline.errors import Diagnostic, Severity, Span

# A file can be wrong in a hundred thousand places; nobody reads more than these.
MAX_FINDINGS = 100

Related = tuple[tuple[Span, str], ...]


class Placed(Protocol):
    """Anything that knows where in the text it begins and ends."""

    @property
    def start(self) -> int:
        """The offset of its first character."""
        ...

    @property
    def end(self) -> int:
        """The offset behind its last character."""
        ...


class Stretch(NamedTuple):
    """Some characters of a text."""

    start: int
    end: int


class Quote(NamedTuple):
    """A place in a file with the line it lies in."""

    span: Span
    line: str


class Finding(NamedTuple):
    """A diagnostic and the offset it is about."""

    offset: int
    diagnostic: Diagnostic


class Report:
    """What was found in one file, or in the part of it that declares one asset.

    Findings of a part name its `asset`; parts made by `part` share the file's allowance.
    """

    def __init__(self, text: SourceText) -> None:
        self.text = text
        self.asset: str | None = None
        self.failed = False
        self.findings: list[Finding] = []
        self._whole = self
        self._parts: list[Report] = []
        self._count = 0

    def part(self, within: Placed) -> "Report":
        """Return the report of one asset; it takes over what was found `within` its text."""
        part = Report(self.text)
        part._whole = self._whole
        self._whole._parts.append(part)
        part.findings = [f for f in self.findings if within.start <= f.offset < within.end]
        if part.findings:
            self.findings = [f for f in self.findings if f not in part.findings]
            part.failed = any(f.diagnostic.severity == Severity.ERROR for f in part.findings)
        return part

    def name(self, asset: str | None) -> None:
        """Say which asset the findings are about, those made so far too."""
        self.asset = asset
        self.findings = [
            Finding(f.offset, replace(f.diagnostic, asset=asset)) for f in self.findings
        ]

    def error(
        self,
        code: str,
        place: Placed,
        message: str,
        fix: str | Callable[[], str],
        related: Related = (),
        belongs: Placed | None = None,
    ) -> None:
        """Record what sets an asset aside: the one whose text holds `place`, or `belongs` if given.

        A costly `fix` is a function: it is called only if the finding will be shown.
        """
        self.failed = True
        if self._allow():
            diagnostic = self._diagnostic(code, place, message, fix)
            found = Finding((belongs or place).start, replace(diagnostic, related=related))
            self.findings.append(found)

    def warn(self, code: str, place: Placed, message: str, fix: str | Callable[[], str]) -> None:
        """Record what is worth knowing."""
        if self._allow():
            diagnostic = self._diagnostic(code, place, message, fix)
            diagnostic = replace(diagnostic, severity=Severity.WARNING)
            self.findings.append(Finding(place.start, diagnostic))

    def add(self, place: Placed, diagnostic: Diagnostic) -> None:
        """Record a finding made elsewhere, as one of this report's asset."""
        self.failed |= diagnostic.severity == Severity.ERROR
        if self._allow():
            span, excerpt = diagnostic.span, diagnostic.excerpt
            if span is not None and span.file == self.text.file:
                excerpt = self.text.line(span.line)
            diagnostic = replace(diagnostic, asset=self.asset, excerpt=excerpt)
            self.findings.append(Finding(place.start, diagnostic))

    def span(self, place: Placed) -> Span:
        """Return where something lies in the file."""
        return self.text.span(place.start, place.end)

    def quote(self, place: Placed) -> Quote:
        """Return where something lies in the file, with its line."""
        return Quote(self.span(place), self.text.line_at(place.start))

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Return what was found in the file and its parts; the last one counts what is left out."""
        found = [finding.diagnostic for part in (self, *self._parts) for finding in part.findings]
        untold = self._count - MAX_FINDINGS
        if untold > 0:
            found.append(
                Diagnostic(
                    code="E120",
                    message=f"this file has {untold:,} more problems, not shown",
                    span=Span(file=self.text.file, line=1, column=1),
                    fix="repair the ones that are shown first",
                )
            )
        return tuple(found)

    def _allow(self) -> bool:
        self._whole._count += 1
        return self._whole._count <= MAX_FINDINGS

    def _diagnostic(
        self, code: str, place: Placed, message: str, fix: str | Callable[[], str]
    ) -> Diagnostic:
        return Diagnostic(
            code=code,
            message=legible(message),
            span=self.span(place),
            excerpt=self.text.line_at(place.start),
            fix=legible(fix if isinstance(fix, str) else fix()),
            asset=self.asset,
        )
