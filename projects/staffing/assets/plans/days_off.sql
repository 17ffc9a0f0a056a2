/*---
description: On which days of the next year a third of the staff may be away.
owner: staff
refresh: manual
---*/
SELECT flight_date, weekday, round(flights / 3)::BIGINT AS flights_without
FROM forecast.quiet_days
WHERE holiday IS NULL
ORDER BY flight_date
