/*---
description: >
  The ten days on which most went wrong, worst first, with the weather beside. Read
  least_visibility: in the worst hour of such a day one could hardly see a mile.
primary_key: [flight_date]
checks:
  - rows: 10
columns:
  rank: bigint
  flight_date: date
  on_time_percent: double
  cancelled_percent: double
  rain:
    type: double
    description: Inches of the day, averaged over the airports.
  least_visibility:
    type: double
    description: Miles in the worst hour at any of the airports.
---*/

SELECT
    -- The earlier of two days that were equally bad comes first.
    row_number() OVER (ORDER BY on_time / flights, flight_date) AS rank,
    flight_date,
    on_time_percent,
    cancelled_percent,
    rain,
    least_visibility
FROM marts.days
QUALIFY rank <= 10
ORDER BY rank
