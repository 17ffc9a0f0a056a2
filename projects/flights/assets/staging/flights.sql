/*---
description: >
  One row for each flight that was to leave New York City in 2013, with real types.
  A flight is on time as the US Department of Transportation counts it: less than 15 minutes late.
tags: [monthly]
primary_key: [scheduled_hour_utc, carrier, flight_number]
checks:
  - name: no_missing_day
    description: A day without a single flight is a file that did not arrive in full.
    sql: |
      SELECT CAST(day AS DATE) AS missing_day
      FROM (SELECT min(flight_date) AS first, max(flight_date) AS last FROM ${this}) AS year,
        generate_series(year.first, year.last, INTERVAL 1 DAY) AS days(day)
      WHERE CAST(day AS DATE) NOT IN (SELECT flight_date FROM ${this})
columns:
  flight_date:
    type: date!
    description: Day of the scheduled departure, in New York.
  carrier:
    type: varchar
    description: Two-letter code of the airline.
    references: staging.airlines.carrier
  flight_number: integer
  tail_number:
    type: varchar
    description: The aircraft; missing for many a cancelled flight.
  origin:
    type: varchar
    in: [EWR, JFK, LGA]
  destination: varchar!
  miles:
    type: integer!
    description: Distance between the two airports.
    between: {min: 1}
  scheduled_departure:
    type: timestamp
    description: New York's local time.
  scheduled_hour_utc:
    type: timestamp
    description: The full hour of the scheduled departure in UTC, as the weather is kept.
  departure_delay:
    type: integer
    description: Minutes, negative when early; missing when cancelled.
    between: [-60, 1440]
    severity: warn
  arrival_delay:
    type: integer
    description: Minutes, negative when early; missing when cancelled or diverted.
  status:
    type: varchar!
    description: A diverted flight took off but has no arrival on record.
    in: [flown, diverted, cancelled]
  left_on_time: boolean
  arrived_on_time: boolean
---*/

-- NULLIF names the one spelling of "unknown" that we know. Any other text that is no number stops
-- the build here, where TRY_CAST would let it through as one more missing value.
WITH typed AS (
    SELECT
        make_date(CAST(year AS INTEGER), CAST(month AS INTEGER), CAST(day AS INTEGER))
            AS flight_date,
        carrier,
        CAST(flight AS INTEGER) AS flight_number,
        NULLIF(tailnum, 'NA') AS tail_number,
        origin,
        dest AS destination,
        CAST(distance AS INTEGER) AS miles,
        CAST(hour AS INTEGER) * 60 + CAST(minute AS INTEGER) AS minute_of_day,
        CAST(time_hour AS TIMESTAMP) AS scheduled_hour_utc,
        CAST(NULLIF(dep_delay, 'NA') AS INTEGER) AS departure_delay,
        CAST(NULLIF(arr_delay, 'NA') AS INTEGER) AS arrival_delay
    FROM raw.flights
)

SELECT
    flight_date,
    carrier,
    flight_number,
    tail_number,
    origin,
    destination,
    miles,
    flight_date + to_minutes(minute_of_day) AS scheduled_departure,
    scheduled_hour_utc,
    departure_delay,
    arrival_delay,
    CASE
        WHEN departure_delay IS NULL THEN 'cancelled'
        WHEN arrival_delay IS NULL THEN 'diverted'
        ELSE 'flown'
    END AS status,
    -- A flight that never left, or never arrived, was not on time.
    coalesce(departure_delay < 15, FALSE) AS left_on_time,
    coalesce(arrival_delay < 15, FALSE) AS arrived_on_time
FROM typed
