/*---
description: >
  Which airline to take from which airport, the best of each first. Read points_above: it compares
  an airline with all flights of the same airport, so that Newark's troubles are not held against
  those who fly from Newark.
primary_key: [origin, airline]
columns:
  origin:
    type: varchar
    in: [EWR, JFK, LGA]
  airline: varchar
  flights:
    type: bigint
    description: In the year; airlines with less than a flight a day from there are left out.
    between: {min: 365}
  share_percent:
    type: double
    description: Of the airport's flights.
    between: [0, 100]
  on_time_percent: double
  points_above:
    type: double
    description: Percentage points more or less than the airport as a whole.
    between: [-50, 50]
---*/

WITH counted AS (
    SELECT
        origin,
        carrier,
        count(*) AS flights,
        count(*) FILTER (arrived_on_time) AS on_time
    FROM staging.flights
    GROUP BY origin, carrier
),

compared AS (
    SELECT
        origin,
        carrier,
        flights,
        100 * flights / sum(flights) OVER of_airport AS share_percent,
        100 * on_time / flights AS on_time_percent,
        100 * sum(on_time) OVER of_airport / sum(flights) OVER of_airport AS airport_percent
    FROM counted
    WINDOW of_airport AS (PARTITION BY origin)
)

SELECT
    origin,
    airline,
    flights,
    round(share_percent, 1) AS share_percent,
    round(on_time_percent, 1) AS on_time_percent,
    round(on_time_percent - airport_percent, 1) AS points_above
FROM compared
JOIN staging.airlines USING (carrier)
WHERE flights >= 365
ORDER BY origin, points_above DESC, airline
