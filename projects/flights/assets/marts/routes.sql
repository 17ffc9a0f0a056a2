/*---
description: >
  Every route out of New York City, busiest first, and who flies it best. Read
  best_airline_on_time_percent against on_time_percent: the difference is what choosing well gains.
primary_key: [origin, destination]
columns:
  origin: varchar
  destination: varchar
  destination_name: varchar
  miles: integer
  flights: bigint
  flights_a_day: double
  airlines:
    type: bigint
    description: How many share the route.
  on_time_percent: double
  best_airline:
    type: varchar
    description: Most often on time among those with a flight a week or more.
  best_airline_on_time_percent: double
---*/

WITH offers AS (
    SELECT
        origin,
        destination,
        airline,
        -- Records differ by a mile where the gate did; the shorter one is the route's.
        min(miles) AS miles,
        count(*) AS flights,
        count(*) FILTER (arrived_on_time) AS on_time
    FROM staging.flights
    JOIN staging.airlines USING (carrier)
    GROUP BY origin, destination, airline
),

routes AS (
    SELECT
        origin,
        destination,
        min(miles) AS miles,
        CAST(sum(flights) AS BIGINT) AS flights,
        count(*) AS airlines,
        round(100 * sum(on_time) / sum(flights), 1) AS on_time_percent,
        -- The name decides between airlines that were equally good.
        first(airline ORDER BY on_time / flights DESC, airline)
            FILTER (flights >= 52) AS best_airline,
        round(100 * max(on_time / flights) FILTER (flights >= 52), 1)
            AS best_airline_on_time_percent
    FROM offers
    GROUP BY origin, destination
)

SELECT
    origin,
    destination,
    airport_name AS destination_name,
    miles,
    flights,
    round(flights / 365, 1) AS flights_a_day,
    airlines,
    on_time_percent,
    best_airline,
    best_airline_on_time_percent
FROM routes
LEFT JOIN staging.airports ON airport = destination
ORDER BY flights DESC, origin, destination
