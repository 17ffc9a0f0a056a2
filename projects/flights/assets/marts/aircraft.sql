/*---
description: >
  Whether old aircraft are to blame (they are not). Read down on_time_percent: it does not rise
  with the decade; marts.fleets says which airlines fly the old ones, and how punctual those are.
primary_key: [decade]
checks:
  - between: {on_time_percent: [0, 100]}
  - name: no_flight_is_lost
    description: Each flight with a tail number is in one decade, or among the unknown.
    sql: |
      SELECT counted, flown
      FROM
        (SELECT sum(flights) AS counted FROM ${this}),
        (SELECT count(*) AS flown FROM staging.flights WHERE tail_number IS NOT NULL)
      WHERE counted <> flown
columns:
  decade:
    type: varchar
    description: In which the aircraft was built, or unknown where the register has no such number.
  aircraft:
    type: bigint
    description: Tail numbers seen in New York in the year.
  flights: bigint
  on_time_percent:
    type: double
    description: Of the flights for which an aircraft is on record.
  bad_day_delay:
    type: integer
    description: Minutes late on arrival that nine of ten flights stay within.
---*/

SELECT
    coalesce(CAST(built_in // 10 * 10 AS VARCHAR) || 's', 'unknown') AS decade,
    count(DISTINCT tail_number) AS aircraft,
    count(*) AS flights,
    round(100 * count(*) FILTER (arrived_on_time) / count(*), 1) AS on_time_percent,
    quantile_disc(arrival_delay, 0.9) AS bad_day_delay
FROM staging.flights
LEFT JOIN staging.aircraft USING (tail_number)
WHERE tail_number IS NOT NULL
GROUP BY ALL
ORDER BY decade
