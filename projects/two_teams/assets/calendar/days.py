"""What kind of day it was. This team's interpreter has holidays 0.25 and nothing else."""

from importlib.metadata import version

import holidays

from freshline import Context, Input, asset


@asset(inputs={"flown": Input("raw.days", columns=["flight_date"])}, primary_key=["flight_date"])
def days(context: Context, flown: list[dict]) -> list[dict]:
    """Each day with its holiday, if it is one, under the name that others rely on."""
    context.metadata(library=f"holidays {version('holidays')}")
    known = holidays.US(years={row["flight_date"].year for row in flown})
    return [
        {
            "flight_date": row["flight_date"],
            "weekday": row["flight_date"].isoweekday(),
            "holiday": known.get(row["flight_date"]),
        }
        for row in flown
    ]
