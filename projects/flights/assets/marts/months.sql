/*---
description: >
  How the year went, month by month, with the worst day of each. Read on_time_percent for the
  trend and change for the turns: autumn is the time to fly, summer and the holidays are not.
tags: [monthly]
primary_key: [month]
checks:
  - rows: 12
  - between: {on_time_percent: [0, 100], cancelled_percent: [0, 100]}
columns:
  month:
    type: date
    description: Its first day.
  flights: bigint
  on_time_percent: double
  change:
    type: double
    description: Percentage points more or less than the month before.
  cancelled_percent: double
  worst_day:
    type: date
    description: The day with the fewest flights on time, by share.
  worst_day_on_time_percent: double
---*/

WITH months AS (
    SELECT
        CAST(date_trunc('month', flight_date) AS DATE) AS month,
        CAST(sum(flights) AS BIGINT) AS flights,
        round(100 * sum(on_time) / sum(flights), 1) AS on_time_percent,
        round(100 * sum(cancelled) / sum(flights), 1) AS cancelled_percent,
        -- The date decides between days that were equally bad.
        first(flight_date ORDER BY on_time / flights, flight_date) AS worst_day,
        round(100 * min(on_time / flights), 1) AS worst_day_on_time_percent
    FROM marts.days
    GROUP BY ALL
)

SELECT
    month,
    flights,
    on_time_percent,
    round(on_time_percent - lag(on_time_percent) OVER (ORDER BY month), 1) AS change,
    cancelled_percent,
    worst_day,
    worst_day_on_time_percent
FROM months
ORDER BY month
