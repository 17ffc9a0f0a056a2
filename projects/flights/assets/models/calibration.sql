/*---
description: >
  The flights of October to December in bands of what the model expected of them. Read late_percent
  against expected_percent: where they agree, a chance of one in five means one in five.
primary_key: [band]
checks:
  - rows: 10
columns:
  band:
    type: bigint
    description: 1 are the flights that the model was least afraid for, 10 those it was most.
    between: [1, 10]
  flights: bigint
  expected_percent: double
  late_percent: double
---*/

WITH banded AS (
    SELECT late, probability, ntile(10) OVER (ORDER BY probability, flight_date, carrier, flight_number) AS band
    FROM models.late_flight_scores
)

SELECT
    band,
    count(*) AS flights,
    round(100 * avg(probability), 1) AS expected_percent,
    round(100 * count(*) FILTER (late) / count(*), 1) AS late_percent
FROM banded
GROUP BY band
ORDER BY band
