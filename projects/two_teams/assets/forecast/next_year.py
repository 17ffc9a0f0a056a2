"""How many flights there will be. This team's interpreter has a newer version of the library."""

from collections import defaultdict
from datetime import date, timedelta
from importlib.metadata import version
from statistics import mean

import holidays

from freshline import Context, Input, asset

YEAR = 2014


@asset(
    inputs={
        "calendar": "calendar.days",
        "flown": Input("raw.days", columns=["flight_date", "flights"]),
    },
    primary_key=["flight_date"],
    checks=[{"rows": 365}],
)
def next_year(context: Context, calendar: list[dict], flown: list[dict]) -> list[dict]:
    """The flights to expect on each day of the next year, by weekday and holiday."""
    context.metadata(library=f"holidays {version('holidays')}")
    kinds = {row["flight_date"]: (row["weekday"], row["holiday"] is not None) for row in calendar}
    seen = defaultdict(list)
    for row in flown:
        seen[kinds[row["flight_date"]]].append(row["flights"])
    ahead = holidays.country_holidays("US", years=YEAR)
    first = date(YEAR, 1, 1)
    found = []
    for day in (first + timedelta(days=n) for n in range(365)):
        like = seen.get((day.isoweekday(), day in ahead)) or seen[day.isoweekday(), False]
        found.append({"flight_date": day, "holiday": ahead.get(day), "flights": round(mean(like))})
    return found
