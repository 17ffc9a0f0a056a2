"""Rules, freshness, schedules and sensors in plain words, the same wherever people read of them.

All are parts of a sentence, in lower case and without a full stop: "at 06:00 every day
(Europe/Berlin), if anything is stale then".
"""

from collections.abc import Iterable, Sequence
from typing import assert_never

from freshline.refresh import (
    Act,
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

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
_UNITS = (("week", 604_800), ("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
_PER = {1.0: "second", 60.0: "minute", 3_600.0: "hour", 86_400.0: "day", 604_800.0: "week"}
_OF_CRON = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MOST_LISTED = 4
_MOST_DAYS = 3


def duration_words(seconds: float) -> str:
    """Return a length of time in its largest fitting unit: 5400 is "1.5 hours"."""
    for unit, size in _UNITS:
        count = seconds / size
        if count >= 1 and count * 4 == int(count * 4):
            return f"{count:g} {unit}{'' if count == 1 else 's'}"
    return f"{seconds:g} seconds"


def refresh_words(refresh: Refresh) -> str:
    """Return when an asset is kept fresh, and what holds that back."""
    parts = [rule_words(refresh.rule)]
    if refresh.hours is not None:
        parts.append(f"only {hours_words(refresh.hours)}")
    if refresh.cooldown:
        parts.append(f"at the earliest {duration_words(refresh.cooldown)} after the last build")
    if refresh.rate is not None:
        parts.append(rate_words(refresh.rate))
    return "; ".join(parts)


def rule_words(rule: Rule) -> str:
    """Return when a rule allows an asset to be built."""
    match rule:
        case Upstream():
            return "whenever it is stale"
        case Manual():
            return "only when somebody asks for it"
        case Never():
            return "never again, once it has been built"
        case WhenNeeded():
            return "only when something downstream that is due reads it"
        case Cron():
            return _cron_rule(rule)
        case Every(seconds=seconds):
            return f"every {_each(seconds)}, if anything is stale then"
        case MaxLag(seconds=seconds):
            return f"when it has been stale for {duration_words(seconds)}"
        case Wake():
            return _wake(rule)
        case AnyOf(rules=inner):
            return ", or ".join(map(_within, inner))
        case AllOf(rules=inner):
            return ", and ".join(map(_within, inner))
        case Not(rule=negated):
            return f"not {_within(negated)}"
        case _:
            assert_never(rule)


def cron_words(cron: Cron) -> str:
    """Return the moments of a cron: "at 06:00 every day (Europe/Berlin)"."""
    zone = "" if cron.timezone == "UTC" else f" ({cron.timezone})"
    return f"{expression_words(cron.expression)}{zone}{_but(cron.calendar)}"


def expression_words(expression: str) -> str:
    """Return the moments of a cron expression; one that is hard to say is quoted."""
    fields = expression.lower().split()
    unsaid = f'at the moments of "{expression}"'
    if len(fields) != 5:
        return unsaid
    minute, hour, day, month, weekday = fields
    days = _days_said(day, month, weekday)
    times = _times_said(minute, hour)
    if days is None or times is None:
        return unsaid
    if times.startswith("at "):
        return f"{times} {days or 'every day'}"
    return f"{times}{days and f' {days}'}"


def calendar_words(calendar: Calendar) -> str:
    """Return which days a calendar excludes; empty where it excludes none."""
    said = [f"holidays of {name}" for name in calendar.holidays]
    if set(calendar.weekdays) >= {5, 6}:
        said.append("weekends")
    said += [f"{_DAYS[day]}s" for day in calendar.weekdays if "weekends" not in said or day < 5]
    said += calendar.days[:_MOST_DAYS]
    more = len(calendar.days) - _MOST_DAYS
    said += [f"{more} more days"] if more > 1 else calendar.days[_MOST_DAYS:]
    return _joined(said, "and")


def hours_words(hours: Hours) -> str:
    """Return when in a day, and on which days, something may happen."""
    days = "" if len(hours.weekdays) == 7 else f"{_weekdays(hours.weekdays)} "
    zone = "" if hours.timezone == "UTC" else f" ({hours.timezone})"
    return f"{days}{_clock(hours.begin)}-{_clock(hours.end)}{zone}{_but(hours.calendar)}"


def rate_words(rate: Rate) -> str:
    """Return how often something may happen: "at most 4 times a day"."""
    times = {1: "once", 2: "twice"}.get(rate.most, f"{rate.most:,} times")
    unit = _PER.get(rate.seconds)
    within = f"a{'n' * (unit == 'hour')} {unit}" if unit else f"in {duration_words(rate.seconds)}"
    return f"at most {times} {within}"


def freshness_words(freshness: Freshness) -> str:
    """Return how old something may be, and whether it is built before it gets too old."""
    said = f"at most {duration_words(freshness.fail)} old"
    if freshness.by is not None:
        moments = Cron(
            expression=freshness.by, timezone=freshness.timezone, calendar=freshness.calendar
        )
        said += f", {cron_words(moments)}"
    if freshness.warn is not None:
        said += f"; a warning after {duration_words(freshness.warn)}"
    return f"{said}; built before it gets older" if freshness.drives else said


def trigger_words(trigger: Trigger) -> str:
    """Return how an asset regards one of its inputs."""
    said = [] if trigger.trigger else ["its changes build nothing"]
    said += ["it need not be there"] if trigger.optional else []
    said += ["failing checks do not keep it from being read"] if trigger.ignore_checks else []
    return f"{trigger.key}: {_joined(said, 'and')}"


def schedule_words(schedule: ScheduleDefinition) -> str:
    """Return what a schedule does when: "make tag:nightly fresh, at 03:00 every day"."""
    missed = _missed(schedule.cron.catch_up)
    return f"make {schedule.selection} fresh {cron_words(schedule.cron)}{missed}"


def sensor_words(sensor: SensorDefinition) -> str:
    """Return what a sensor waits for and what it does then."""
    acts = _joined([act_words(act) for act in sensor.acts], "and")
    return f"when {awaited_words(sensor)}: {acts}"


def awaited_words(sensor: SensorDefinition) -> str:
    """Return what has to happen before a sensor does something."""
    said = [condition_words(each) for each in sensor.conditions]
    within = f", within {duration_words(sensor.within)}" if sensor.within is not None else ""
    if sensor.at_least is not None:
        return f"{sensor.at_least} of these happen{within}: {'; '.join(said)}"
    joined = _joined(said, "and" if sensor.counts is Counts.ALL else "or")
    return f"{joined}{within}"


def condition_words(condition: Condition) -> str:
    """Return what has to happen for one condition of a sensor."""
    match condition:
        case AssetArrived():
            return _arrival(condition)
        case FilesArrived(path=path, settle=settle):
            return f"a file arrives at {path}{_settled(settle)}"
        case WatermarkMoved(sql=sql):
            short = " ".join(sql.split())
            return f"the answer changes of {short if len(short) <= 60 else short[:57] + '...'}"
        case RunEnded(result=result, selection=selection):
            return f"a run{f' of {selection}' if selection else ''} has {result}"
        case EventArrived(name=name):
            return f"somebody tells of {name}"
        case FunctionSaid(function=function):
            return f"{function} says so"
        case _:
            assert_never(condition)


def act_words(act: Act) -> str:
    """Return what a sensor does."""
    match act:
        case Materialize(selection=selection):
            return f"make {selection} fresh"
        case CallWebhook(url=url, secret=secret):
            return f"call {url}{', signed' if secret else ''}"
        case Notify(to=to):
            return f"tell {_joined(to, 'and')}"
        case _:
            assert_never(act)


def _within(rule: Rule) -> str:
    said = rule_words(rule)
    return f"({said})" if isinstance(rule, AnyOf | AllOf) else said


def _cron_rule(cron: Cron) -> str:
    then = "if anything is stale then"
    if cron.updated:
        then = "as soon as all that it reads is up to date with that moment"
    return f"{cron_words(cron)}, {then}{_missed(cron.catch_up)}"


def _missed(catch_up: CatchUp) -> str:
    match catch_up:
        case CatchUp.LATEST:
            return ""
        case CatchUp.ALL:
            return ", once for each moment that was missed"
        case CatchUp.NONE:
            return ", not for moments that were missed"
        case _:
            assert_never(catch_up)


def _wake(wake: Wake) -> str:
    what = _joined(wake.columns, "or") + " of " if wake.columns else ""
    return f"when {what}{wake.key} has new content{_settled(wake.settle)}"


def _arrival(arrived: AssetArrived) -> str:
    what = _joined(arrived.columns, "or") + " of " if arrived.columns else ""
    verb = "has new content" if arrived.changed else "is built"
    checks = " that passes its checks" if arrived.passed and arrived.changed else ""
    checks = " and passes its checks" if arrived.passed and not arrived.changed else checks
    return f"{what}{arrived.key} {verb}{checks}{_settled(arrived.settle)}"


def _settled(settle: float) -> str:
    return f" and has not changed for {duration_words(settle)}" if settle else ""


def _but(calendar: Calendar) -> str:
    said = calendar_words(calendar)
    return f", but not on {said}" if said else ""


def _each(seconds: float) -> str:
    said = duration_words(seconds)
    return said.removeprefix("1 ") if said.startswith("1 ") else said


def _joined(words: Iterable[str], last: str) -> str:
    listed = list(words)
    if len(listed) < 2:
        return "".join(listed)
    return f"{', '.join(listed[:-1])} {last} {listed[-1]}"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _weekdays(days: Sequence[int]) -> str:
    """Return days of the week, several in a row as a range."""
    if len(days) > 2 and list(days) == list(range(days[0], days[-1] + 1)):
        return f"{_DAYS[days[0]]} to {_DAYS[days[-1]]}"
    return _joined([_DAYS[day] for day in days], "and")


def _times_said(minute: str, hour: str) -> str | None:
    """Return the times of a day that two fields of a cron stand for; None if hard to say."""
    if minute == "*" and hour == "*":
        return "every minute"
    if minute.startswith("*/") and hour == "*":
        return f"every {minute[2:]} minutes"
    minutes = _numbers(minute)
    if minutes is None or len(minutes) > _MOST_LISTED:
        return None
    past = _joined([f"{each:02}" for each in minutes], "and")
    if hour == "*":
        return "every hour" if minutes == [0] else f"every hour at minute {past}"
    if hour.startswith("*/"):
        at = "" if minutes == [0] else f" at minute {past}"
        return f"every {hour[2:]} hours{at}"
    hours = _numbers(hour)
    if hours is None or len(hours) * len(minutes) > _MOST_LISTED:
        return None
    times = [f"{each:02}:{at:02}" for each in hours for at in minutes]
    return f"at {_joined(times, 'and')}"


def _days_said(day: str, month: str, weekday: str) -> str | None:
    """Return the days that three fields of a cron stand for, None if hard to say; "" for all."""
    for number, name in enumerate(_MONTHS, start=1):
        month = month.replace(name[:3].lower(), str(number))
    months = None if month == "*" else _numbers(month)
    if month != "*" and (months is None or len(months) > _MOST_LISTED):
        return None
    within = f" of {_joined([_MONTHS[each - 1] for each in months], 'and')}" if months else ""
    if day == "*" and weekday == "*":
        return within.replace(" of ", "every day in ", 1)
    if day == "*":
        days = _of_week(weekday)
        if days is None:
            return None
        is_range = days == list(range(days[0], days[-1] + 1)) and len(days) > 2
        said = _weekdays(days)
        said = said if is_range else f"every {said}"
        return f"{said}{within.replace(' of ', ' in ', 1)}"
    if weekday != "*":
        return None  # a cron that names both means either
    if day in ("l", "lw"):
        which = "last day" if day == "l" else "last working day"
        return f"on the {which} of {within.removeprefix(' of ') or 'every month'}"
    numbers = _numbers(day)
    if numbers is None or len(numbers) > _MOST_LISTED:
        return None
    said = _joined([_ordinal(each) for each in numbers], "and")
    return f"on the {said} of {within.removeprefix(' of ') or 'every month'}"


def _of_week(field: str) -> list[int] | None:
    """Return the days of the week of a cron's field, from Monday on."""
    for number, name in enumerate(_OF_CRON):
        field = field.replace(name, str(number))
    numbers = _numbers(field)
    if numbers is None or any(each > 7 for each in numbers):
        return None
    return sorted({(each + 6) % 7 for each in numbers})


def _numbers(field: str) -> list[int] | None:
    """Return the numbers of a field such as `1,3` or `1-5`; None where it is another one."""
    found: list[int] = []
    for part in field.split(","):
        first, dash, last = part.partition("-")
        if not (first.isdecimal() and (last.isdecimal() or not dash)):
            return None
        found += range(int(first), int(last or first) + 1)
    return found


def _ordinal(number: int) -> str:
    suffix = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if 10 < number < 20 else suffix}"
