/*---
description: The ten days of the next year on which the airports will have the most room.
---*/
SELECT flight_date, dayname(flight_date) AS weekday, holiday, flights
FROM forecast.next_year
ORDER BY flights, flight_date
LIMIT 10
