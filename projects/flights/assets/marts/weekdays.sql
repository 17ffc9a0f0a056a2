/*---
description: >
  Which day of the week to fly on, Monday to Sunday. Read on_time_percent with flights_a_day
  beside: where there are fewer flights there is room to catch up.
primary_key: [weekday]
checks:
  - rows: 7
columns:
  weekday:
    type: bigint
    description: 1 is Monday, 7 is Sunday.
  name:
    type: varchar
    in: [Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday]
  flights_a_day: double
  on_time_percent:
    type: double
    between: [0, 100]
  cancelled_percent: double
  days_under_half:
    type: bigint
    description: Days of the year on which not even half of the flights were on time.
---*/

SELECT
    weekday,
    dayname(any_value(flight_date)) AS name,
    round(sum(flights) / count(*), 1) AS flights_a_day,
    round(100 * sum(on_time) / sum(flights), 1) AS on_time_percent,
    round(100 * sum(cancelled) / sum(flights), 1) AS cancelled_percent,
    count(*) FILTER (2 * on_time < flights) AS days_under_half
FROM marts.days
GROUP BY weekday
ORDER BY weekday
