/*---
description: >
  What was known of a flight the day before: the route, the hour, the airline, and the weather as a
  good forecast would have had it. Flights that were cancelled count as late.
columns:
  flight_date: date
  carrier: varchar
  flight_number: integer
  origin: varchar
  destination: varchar
  miles: integer
  hour:
    type: bigint
    description: Of the scheduled departure, in New York.
  weekday: bigint
  wind_speed: double
  rain: double
  visibility: double
  late:
    type: boolean!
    description: Arrived 15 minutes late or more, or not at all.
---*/

SELECT
    flight_date,
    carrier,
    flight_number,
    origin,
    destination,
    miles,
    hour(scheduled_departure) AS hour,
    isodow(flight_date) AS weekday,
    CAST(wind_speed AS DOUBLE) AS wind_speed,
    CAST(rain AS DOUBLE) AS rain,
    CAST(visibility AS DOUBLE) AS visibility,
    NOT arrived_on_time AS late
FROM staging.flights
LEFT JOIN staging.weather ON airport = origin AND hour_utc = scheduled_hour_utc
ORDER BY scheduled_hour_utc, carrier, flight_number
