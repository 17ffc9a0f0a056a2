/*---
description: >
  How punctual each airline was out of New York City in 2013, best first. Read on_time_percent for
  an ordinary day and bad_day_delay for the worst of ten; marts.carriers_by_airport tells the
  airline from the airport.
primary_key: [airline]
checks:
  - between: {on_time_percent: [0, 100], cancelled_percent: [0, 100]}
  - name: no_flight_is_lost
    description: The airlines' flights add up to all flights.
    sql: |
      SELECT counted, flown
      FROM
        (SELECT sum(flights) AS counted FROM ${this}),
        (SELECT count(*) AS flown FROM staging.flights)
      WHERE counted <> flown
columns:
  rank:
    type: bigint
    description: By the share of flights on time; airlines with less than a flight a day have none.
  airline: varchar
  flights:
    type: bigint
    description: Scheduled, whether they flew or not.
  on_time_percent:
    type: double
    description: Arrived less than 15 minutes late.
  cancelled_percent: double
  typical_delay:
    type: integer
    description: Minutes late on arrival that half of the flights stay within.
  bad_day_delay:
    type: integer
    description: Minutes late on arrival that nine of ten flights stay within.
  hours_late:
    type: double
    description: All late arrivals of the year added up.
---*/

WITH counted AS (
    SELECT
        carrier,
        count(*) AS flights,
        count(*) FILTER (arrived_on_time) AS on_time,
        count(*) FILTER (status = 'cancelled') AS cancelled,
        quantile_disc(arrival_delay, 0.5) AS typical_delay,
        quantile_disc(arrival_delay, 0.9) AS bad_day_delay,
        sum(greatest(arrival_delay, 0)) AS minutes_late
    FROM staging.flights
    GROUP BY carrier
)

SELECT
    -- A handful of flights says little about an airline, so a handful gets no rank.
    CASE
        WHEN flights >= 365
            THEN rank() OVER (PARTITION BY flights >= 365 ORDER BY on_time / flights DESC)
    END AS rank,
    airline,
    flights,
    round(100 * on_time / flights, 1) AS on_time_percent,
    round(100 * cancelled / flights, 1) AS cancelled_percent,
    typical_delay,
    bad_day_delay,
    round(minutes_late / 60) AS hours_late
FROM counted
JOIN staging.airlines USING (carrier)
ORDER BY rank NULLS LAST, airline
