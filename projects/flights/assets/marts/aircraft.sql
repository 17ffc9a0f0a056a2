/*---
description: Whether old aircraft are to blame (they are not).
tags: [answers]
columns:
  built_in:
    type: varchar
    description: The decade of the aircraft, or unknown where the register has no such number.
  aircraft: bigint
  flights: bigint
  on_time_percent:
    type: double
    description: Of the flights for which an aircraft is on record.
  bad_day_delay:
    type: integer
    description: Minutes late on arrival that nine of ten flights stay within.
---*/

SELECT
    coalesce(CAST(CAST(year AS INTEGER) // 10 * 10 AS VARCHAR) || 's', 'unknown') AS built_in,
    count(DISTINCT tail_number) AS aircraft,
    count(*) AS flights,
    round(100 * count(*) FILTER (arrived_on_time) / count(*), 1) AS on_time_percent,
    quantile_disc(arrival_delay, 0.9) AS bad_day_delay
FROM staging.flights
LEFT JOIN raw.planes ON tailnum = tail_number
WHERE tail_number IS NOT NULL
GROUP BY ALL
ORDER BY built_in
