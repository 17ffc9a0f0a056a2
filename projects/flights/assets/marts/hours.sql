/*---
description: >
  When to fly, hour by hour of the scheduled departure in New York. Read it downwards: what is late
  in the morning is later in the afternoon, until the night makes an end of it.
primary_key: [hour]
columns:
  hour:
    type: bigint
    description: From 5 in the morning to 23 at night.
    between: [5, 23]
  flights: bigint
  left_on_time_percent: double
  arrived_on_time_percent: double
  cancelled_percent: double
  bad_day_wait:
    type: integer
    description: Minutes late in leaving that nine of ten flights stay within.
---*/

SELECT
    hour(scheduled_departure) AS hour,
    count(*) AS flights,
    round(100 * count(*) FILTER (left_on_time) / count(*), 1) AS left_on_time_percent,
    round(100 * count(*) FILTER (arrived_on_time) / count(*), 1) AS arrived_on_time_percent,
    round(100 * count(*) FILTER (status = 'cancelled') / count(*), 1) AS cancelled_percent,
    quantile_disc(departure_delay, 0.9) AS bad_day_wait
FROM staging.flights
-- One flight of the year was planned for the small hours, and did not go.
WHERE hour(scheduled_departure) >= 5
GROUP BY ALL
ORDER BY hour
