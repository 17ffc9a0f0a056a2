"""Rules, freshness, schedules and sensors read as sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshline.errors import Span
from freshline.refresh import (
    AllOf,
    AnyOf,
    AssetArrived,
    Calendar,
    CallWebhook,
    CatchUp,
    Condition,
    Counts,
    Cron,
    EventArrived,
    Every,
    FilesArrived,
    Freshness,
    FunctionSaid,
    Hours,
    Manual,
    Materialize,
    MaxLag,
    Never,
    Not,
    Notify,
    Rate,
    Refresh,
    Result,
    Rule,
    RunEnded,
    ScheduleDefinition,
    SensorDefinition,
    Trigger,
    Upstream,
    Wake,
    WatermarkMoved,
    WhenNeeded,
)
from freshline.refresh_words import (
    calendar_words,
    condition_words,
    duration_words,
    expression_words,
    freshness_words,
    refresh_words,
    rule_words,
    schedule_words,
    sensor_words,
    trigger_words,
)

SPAN = Span(file="sensors/a.yaml", line=1, column=1)
SIX = Cron(expression="0 6 * * *", timezone="Europe/Berlin")
ORDERS = AssetArrived(key="stg.orders")

RULES: dict[str, Rule] = {
    "whenever it is stale": Upstream(),
    "only when something downstream that is due reads it": WhenNeeded(),
    "only when somebody asks for it": Manual(),
    "never again, once it has been built": Never(),
    "at 06:00 every day (Europe/Berlin), if anything is stale then": SIX,
    "at 06:00 every day, as soon as all that it reads is up to date with that moment": Cron(
        expression="0 6 * * *", updated=True
    ),
    "every hour, if anything is stale then, once for each moment that was missed": Cron(
        expression="0 * * * *", catch_up=CatchUp.ALL
    ),
    "every hour, but not on weekends, if anything is stale then, not for moments that were"
    " missed": Cron(
        expression="0 * * * *", calendar=Calendar(weekdays=(5, 6)), catch_up=CatchUp.NONE
    ),
    "every 15 minutes, if anything is stale then": Every(seconds=900),
    "every hour, if anything is stale then": Every(seconds=3600),
    "when it has been stale for 1.5 hours": MaxLag(seconds=5400),
    "when raw.orders has new content": Wake(key="raw.orders"),
    "when status or amount of stg.orders has new content and has not changed for 2 minutes": Wake(
        key="stg.orders", columns=("status", "amount"), settle=120
    ),
    "when raw.orders has new content, or every hour, if anything is stale then": AnyOf(
        rules=(Wake(key="raw.orders"), Every(seconds=3600))
    ),
    "whenever it is stale, and not (when it has been stale for 1 day, or when a.b has new"
    " content)": AllOf(
        rules=(Upstream(), Not(rule=AnyOf(rules=(MaxLag(seconds=86_400), Wake(key="a.b")))))
    ),
}


@pytest.mark.parametrize(("words", "rule"), RULES.items(), ids=RULES)
def test_a_rule_reads_as_a_sentence(words: str, rule: Rule) -> None:
    assert rule_words(rule) == words


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("* * * * *", "every minute"),
        ("*/15 * * * *", "every 15 minutes"),
        ("0 * * * *", "every hour"),
        ("5,35 * * * *", "every hour at minute 05 and 35"),
        ("0 */6 * * *", "every 6 hours"),
        ("30 */6 * * mon-fri", "every 6 hours at minute 30 Monday to Friday"),
        ("0 0 * * *", "at 00:00 every day"),
        ("30 6,18 * * *", "at 06:30 and 18:30 every day"),
        ("0 6 * * 1-5", "at 06:00 Monday to Friday"),
        ("0 6 * * MON,THU", "at 06:00 every Monday and Thursday"),
        ("0 6 * * 0", "at 06:00 every Sunday"),
        ("0 6 * * 7", "at 06:00 every Sunday"),
        ("0 6 1 * *", "at 06:00 on the 1st of every month"),
        ("0 6 2,22,13 * *", "at 06:00 on the 2nd, 22nd and 13th of every month"),
        ("0 6 L * *", "at 06:00 on the last day of every month"),
        ("0 6 LW 3 *", "at 06:00 on the last working day of March"),
        ("0 6 1 1,7 *", "at 06:00 on the 1st of January and July"),
        ("0 6 1 jan,jul *", "at 06:00 on the 1st of January and July"),
        ("0 6 * 12 *", "at 06:00 every day in December"),
        ("0 6 * 12 sat", "at 06:00 every Saturday in December"),
        ("0 6 13 * 5", 'at the moments of "0 6 13 * 5"'),
        ("1-5 3 * * *", 'at the moments of "1-5 3 * * *"'),
        ("0 6 * * 5#2", 'at the moments of "0 6 * * 5#2"'),
        ("nonsense", 'at the moments of "nonsense"'),
    ],
)
def test_a_cron_expression_reads_as_its_moments(expression: str, words: str) -> None:
    assert expression_words(expression) == words


_FIELD = st.sampled_from(["*", "0", "5", "*/5", "1,3", "1-5", "L", "mon", "2-30", "5#1", "jan", ""])


@given(st.lists(_FIELD, min_size=4, max_size=6))
def test_any_cron_expression_has_words(fields: list[str]) -> None:
    assert expression_words(" ".join(fields))


def test_what_holds_a_rule_back_stands_behind_it() -> None:
    refresh = Refresh(
        rule=Upstream(),
        cooldown=1800,
        hours=Hours(begin=480, end=1080, weekdays=(0, 1, 2, 3, 4), timezone="Europe/Berlin"),
        rate=Rate(4, 86_400),
    )
    assert refresh_words(refresh) == (
        "whenever it is stale; only Monday to Friday 08:00-18:00 (Europe/Berlin); at the earliest"
        " 30 minutes after the last build; at most 4 times a day"
    )
    night = Hours(begin=1200, end=360, weekdays=(5, 6), calendar=Calendar(holidays=("DE",)))
    refresh = Refresh(rule=Manual(), hours=night, rate=Rate(1, 21_600))
    assert refresh_words(refresh) == (
        "only when somebody asks for it; only Saturday and Sunday 20:00-06:00, but not on"
        " holidays of DE; at most once in 6 hours"
    )


@pytest.mark.parametrize(
    ("calendar", "words"),
    [
        (Calendar(), ""),
        (Calendar(weekdays=(4, 5, 6)), "weekends and Fridays"),
        (Calendar(weekdays=(6,), holidays=("DE-BY",)), "holidays of DE-BY and Sundays"),
        (Calendar(days=("2026-12-24", "2026-12-25")), "2026-12-24 and 2026-12-25"),
        (
            Calendar(days=tuple(f"2026-12-{day}" for day in range(20, 30))),
            "2026-12-20, 2026-12-21, 2026-12-22 and 7 more days",
        ),
    ],
)
def test_a_calendar_lists_the_days_that_do_not_count(calendar: Calendar, words: str) -> None:
    assert calendar_words(calendar) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.5, "0.5 seconds"),
        (1, "1 second"),
        (90, "1.5 minutes"),
        (3600, "1 hour"),
        (93_600, "26 hours"),
        (172_800, "2 days"),
        (604_800, "1 week"),
    ],
)
def test_a_length_of_time_is_told_in_one_unit(seconds: float, words: str) -> None:
    assert duration_words(seconds) == words


@pytest.mark.parametrize(
    ("freshness", "words"),
    [
        (Freshness(fail=93_600), "at most 26 hours old"),
        (
            Freshness(fail=7200, warn=3600, drives=True),
            "at most 2 hours old; a warning after 1 hour; built before it gets older",
        ),
        (
            Freshness(fail=7200, by="0 9 * * 1-5", timezone="Europe/Berlin"),
            "at most 2 hours old, at 09:00 Monday to Friday (Europe/Berlin)",
        ),
    ],
)
def test_freshness_reads_as_an_age(freshness: Freshness, words: str) -> None:
    assert freshness_words(freshness) == words


def test_an_input_says_what_is_unlike_others() -> None:
    trigger = Trigger(key="a.b", trigger=False, optional=True, ignore_checks=True)
    assert trigger_words(trigger) == (
        "a.b: its changes build nothing, it need not be there and failing checks do not keep it"
        " from being read"
    )


def test_a_schedule_says_what_it_makes_and_when() -> None:
    schedule = ScheduleDefinition(
        name="nightly", cron=SIX, selection="tag:nightly", file=SPAN.file, span=SPAN
    )
    assert schedule_words(schedule) == "make tag:nightly fresh at 06:00 every day (Europe/Berlin)"


CONDITIONS: dict[str, Condition] = {
    "stg.orders has new content that passes its checks": ORDERS,
    "a.b is built": AssetArrived(key="a.b", passed=False, changed=False),
    "a.b is built and passes its checks": AssetArrived(key="a.b", changed=False),
    "a file arrives at in/*.csv and has not changed for 30 seconds": FilesArrived(
        path="in/*.csv", settle=30
    ),
    "the answer changes of SELECT max(a) FROM b": WatermarkMoved(sql="SELECT max(a)\n  FROM b"),
    "a run of tag:a has failed": RunEnded(result=Result.FAILED, selection="tag:a"),
    "a run has succeeded": RunEnded(result=Result.SUCCEEDED),
    "somebody tells of closed": EventArrived(name="closed"),
    "lib.mail:has_arrived says so": FunctionSaid(function="lib.mail:has_arrived", location="main"),
}


@pytest.mark.parametrize(("words", "condition"), CONDITIONS.items(), ids=CONDITIONS)
def test_a_condition_reads_as_what_has_to_happen(words: str, condition: Condition) -> None:
    assert condition_words(condition) == words


def test_a_sensor_says_what_it_waits_for_and_does() -> None:
    sensor = SensorDefinition(
        name="a",
        conditions=(EventArrived(name="closed"), FilesArrived(path="in/*.csv")),
        acts=(
            Materialize(selection="a.b"),
            CallWebhook(url="https://a.example", secret="${secret.key}"),
            Notify(to=("data", "ops")),
        ),
        file=SPAN.file,
        span=SPAN,
        counts=Counts.ALL,
        within=3600,
    )
    assert sensor_words(sensor) == (
        "when somebody tells of closed and a file arrives at in/*.csv, within 1 hour: make a.b"
        " fresh, call https://a.example, signed and tell data and ops"
    )
