/*---
description: >
  What the weather at the airport of departure does to a flight, worst first. Read
  left_on_time_percent against the row "fair": the difference is the weather's, the rest is not.
primary_key: [weather]
checks:
  - in: {weather: [fair, wind, rain, heavy rain, fog or snow]}
columns:
  weather:
    type: varchar
    description: The worst of what the hour had to offer.
  flights: bigint
  flights_percent:
    type: double
    description: How common such weather is.
  left_on_time_percent: double
  cancelled_percent: double
  bad_day_wait:
    type: integer
    description: Minutes late in leaving that nine of ten flights stay within.
---*/

WITH met AS (
    SELECT
        -- The first that applies names the hour, so fog with rain is fog.
        CASE
            WHEN visibility < 1 THEN 'fog or snow'
            WHEN rain >= 0.1 THEN 'heavy rain'
            WHEN rain > 0 THEN 'rain'
            WHEN wind_speed >= 25 THEN 'wind'
            ELSE 'fair'
        END AS weather,
        left_on_time,
        status,
        departure_delay
    FROM staging.flights AS flights
    -- Hours for which the station reported nothing are left out.
    JOIN staging.weather AS stations
        ON stations.airport = flights.origin
        AND stations.hour_utc = flights.scheduled_hour_utc
)

SELECT
    weather,
    count(*) AS flights,
    round(100 * count(*) / sum(count(*)) OVER (), 1) AS flights_percent,
    round(100 * count(*) FILTER (left_on_time) / count(*), 1) AS left_on_time_percent,
    round(100 * count(*) FILTER (status = 'cancelled') / count(*), 1) AS cancelled_percent,
    quantile_disc(departure_delay, 0.9) AS bad_day_wait
FROM met
GROUP BY weather
ORDER BY left_on_time_percent
