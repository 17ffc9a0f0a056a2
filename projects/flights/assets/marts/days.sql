/*---
description: >
  The year day by day: flights, how many were on time, and the weather over the three airports.
  Read it as a calendar; a day under 50 percent has a reason, and rain or visibility often name it.
tags: [monthly]
primary_key: [flight_date]
checks:
  - between: {on_time_percent: [0, 100], cancelled_percent: [0, 100]}
  - name: on_time_is_not_more_than_flown
    sql: SELECT * FROM ${this} WHERE on_time + cancelled > flights
columns:
  flight_date: date
  weekday:
    type: bigint
    description: 1 is Monday, 7 is Sunday.
    between: [1, 7]
  flights:
    type: bigint
    description: Scheduled, whether they flew or not.
    between: {min: 500, max: 1200}
    severity: warn
  on_time:
    type: bigint
    description: Flights that arrived less than 15 minutes late.
  cancelled:
    type: bigint
    description: Flights that never left.
  on_time_percent: double
  cancelled_percent: double
  rain:
    type: double
    description: Inches of the day, averaged over the airports; missing where none reported.
    between: [0, 12]
  least_visibility:
    type: double
    description: Miles in the worst hour at any of the airports.
---*/

WITH counted AS (
    SELECT
        flight_date,
        count(*) AS flights,
        count(*) FILTER (arrived_on_time) AS on_time,
        count(*) FILTER (status = 'cancelled') AS cancelled
    FROM staging.flights
    GROUP BY flight_date
),

skies AS (
    SELECT
        -- The day in New York, to which an hour in UTC belongs.
        CAST(timezone('America/New_York', timezone('UTC', hour_utc)) AS DATE) AS flight_date,
        round(CAST(sum(rain) AS DOUBLE) / count(DISTINCT airport), 2) AS rain,
        CAST(min(visibility) AS DOUBLE) AS least_visibility
    FROM staging.weather
    GROUP BY ALL
)

SELECT
    flight_date,
    isodow(flight_date) AS weekday,
    flights,
    on_time,
    cancelled,
    round(100 * on_time / flights, 1) AS on_time_percent,
    round(100 * cancelled / flights, 1) AS cancelled_percent,
    rain,
    least_visibility
FROM counted
LEFT JOIN skies USING (flight_date)
ORDER BY flight_date
