/*---
description: >
  Whether a late start can be made good in the air, by the length of the flight. Read
  saved_percent: of the flights that left late, how many were on time after all.
primary_key: [from_miles]
columns:
  from_miles:
    type: integer
    description: The band begins here and ends where the next one begins.
  flights:
    type: bigint
    description: That arrived where they were to go.
    between: {min: 1}
  minutes_gained:
    type: double
    description: On average between leaving and arriving, against the schedule.
    between: [-60, 60]
  left_late:
    type: bigint
    description: By 15 minutes or more.
  saved_percent:
    type: double
    description: Of those that left late, arrived less than 15 minutes late.
    between: [0, 100]
---*/

SELECT
    -- Beyond California there are only eight flights to Anchorage, and those to Honolulu.
    least(miles // 500 * 500, 2500) AS from_miles,
    count(*) AS flights,
    round(avg(departure_delay - arrival_delay), 1) AS minutes_gained,
    count(*) FILTER (NOT left_on_time) AS left_late,
    round(
        100 * count(*) FILTER (NOT left_on_time AND arrived_on_time)
        / count(*) FILTER (NOT left_on_time),
        1
    ) AS saved_percent
FROM staging.flights
WHERE status = 'flown'
GROUP BY ALL
ORDER BY from_miles
