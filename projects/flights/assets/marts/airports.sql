/*---
description: >
  Where people wait, for each airport as a place to leave for, and to leave from. Read the three
  rows "from" to choose where to start, the rows "to" for what waits at the other end.
primary_key: [direction, airport]
checks:
  - between: {on_time_percent: [0, 100], cancelled_percent: [0, 100]}
columns:
  direction:
    type: varchar
    description: from (where flights left) or to (where they went).
  airport: varchar
  airport_name:
    type: varchar
    description: Missing for Puerto Rico and the Virgin Islands, which the register leaves out.
  flights: bigint
  on_time_percent:
    type: double
    description: Left, or arrived, less than 15 minutes late.
  cancelled_percent: double
  typical_delay:
    type: integer
    description: Minutes late, leaving or arriving, that half of the flights stay within.
  bad_day_delay:
    type: integer
    description: Minutes late, leaving or arriving, that nine of ten flights stay within.
---*/

-- Each flight counts twice: once where it left, by when it left, and once where it went.
WITH calls AS (
    SELECT
        'from' AS direction,
        origin AS airport,
        departure_delay AS delay,
        left_on_time AS on_time,
        status
    FROM staging.flights
    UNION ALL
    SELECT
        'to' AS direction,
        destination AS airport,
        arrival_delay AS delay,
        arrived_on_time AS on_time,
        status
    FROM staging.flights
)

SELECT
    direction,
    airport,
    airport_name,
    count(*) AS flights,
    round(100 * count(*) FILTER (on_time) / count(*), 1) AS on_time_percent,
    round(100 * count(*) FILTER (status = 'cancelled') / count(*), 1) AS cancelled_percent,
    quantile_disc(delay, 0.5) AS typical_delay,
    quantile_disc(delay, 0.9) AS bad_day_delay
FROM calls
LEFT JOIN staging.airports USING (airport)
GROUP BY direction, airport, airport_name
ORDER BY direction, flights DESC, airport
