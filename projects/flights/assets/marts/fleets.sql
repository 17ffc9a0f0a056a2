/*---
description: >
  How old each airline's aircraft are, oldest fleet first. Read average_age together with
  known_percent: where the register knows less than half of the aircraft, no age is given.
primary_key: [airline]
columns:
  airline: varchar
  aircraft:
    type: bigint
    description: Tail numbers seen in New York in the year.
    between: {min: 1}
  known_percent:
    type: double
    description: Of them, how many have a year in the register.
    between: [0, 100]
  average_age:
    type: double
    description: Years, at the end of 2013.
    between: [0, 45]
  oldest_built_in: integer
  mostly:
    type: varchar
    description: The maker of most of them.
  on_time_percent:
    type: double
    description: Of all flights of the airline, for comparison.
    between: [0, 100]
---*/

WITH seen AS (
    SELECT
        carrier,
        tail_number,
        count(*) AS flights,
        count(*) FILTER (arrived_on_time) AS on_time
    FROM staging.flights
    GROUP BY carrier, tail_number
),

fleets AS (
    SELECT
        carrier,
        -- A flight without a tail number counts as a flight, not as an aircraft.
        count(tail_number) AS aircraft,
        count(built_in) AS known,
        avg(2013 - built_in) AS average_age,
        min(built_in) AS oldest_built_in,
        mode(maker ORDER BY maker) AS mostly,
        sum(on_time) / sum(flights) AS on_time
    FROM seen
    LEFT JOIN staging.aircraft USING (tail_number)
    GROUP BY carrier
)

SELECT
    airline,
    aircraft,
    round(100 * known / aircraft, 1) AS known_percent,
    CASE WHEN 2 * known >= aircraft THEN round(average_age, 1) END AS average_age,
    CASE WHEN 2 * known >= aircraft THEN oldest_built_in END AS oldest_built_in,
    CASE WHEN 2 * known >= aircraft THEN mostly END AS mostly,
    round(100 * on_time, 1) AS on_time_percent
FROM fleets
JOIN staging.airlines USING (carrier)
ORDER BY average_age DESC NULLS LAST, airline
