"""Styles: every part that pages are made of, in every state, side by side."""

from dataclasses import dataclass

from freshline.errors import Diagnostic, Severity, Span
from freshline.survey import Status
from freshline.verdicts import Reason, ReasonKind
from freshline_catalog.server.formatting import TONES
from freshline_catalog.server.page import Page
from freshline_catalog.server.reading import Reading
from freshline_catalog.server.standing import Checks, Facts, Standing, standing

SQL = """-- Orders by day, net of discounts.
SELECT day, count(*) AS orders, sum(net_amount) AS revenue
FROM staging.orders
WHERE status <> 'cancelled' AND net_amount > 0.5
GROUP BY ALL"""

PLACE = Span(file="assets/marts/daily.sql", line=4, column=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Styles:
    """Samples: one of each word of status, of each standing, and of what else pages show."""

    words: tuple[str, ...]
    standings: tuple[Standing, ...]
    reasons: tuple[Reason, ...]
    problem: Diagnostic
    moments: tuple[float, ...]
    sql: str


def styles(asked: Reading) -> Styles:
    """Return samples of every part that pages are made of."""
    now = asked.now
    return Styles(
        words=tuple(TONES),
        standings=(
            *(standing(Facts(status=status, built_at=now)) for status in Status),
            standing(Facts(status=Status.STALE, built_at=now, running="run-1")),
            standing(Facts(status=Status.STALE, built_at=now, failed_at=now)),
            standing(Facts(status=Status.FRESH, built_at=now, checks=Checks(passed=6))),
            standing(Facts(status=Status.FRESH, built_at=now, checks=Checks(passed=5, warned=1))),
            standing(Facts(status=Status.FRESH, built_at=now, checks=Checks(passed=4, failing=2))),
        ),
        reasons=(
            Reason(kind=ReasonKind.INPUT, detail="staging.orders has new content", source=PLACE),
            Reason(kind=ReasonKind.CODE, detail="its query changed", source=PLACE),
        ),
        problem=Diagnostic(
            code="E204",
            message='"net_amout" is no column of staging.orders',
            severity=Severity.ERROR,
            span=PLACE,
            excerpt="SELECT day, sum(net_amout)",
            fix='did you mean "net_amount"?',
        ),
        moments=(now - 3, now - 95, now - 7200, now - 400_000, now + 3600),
        sql=SQL,
    )


PAGES = (Page(path="/styles", make=styles, template="styles.html"),)
