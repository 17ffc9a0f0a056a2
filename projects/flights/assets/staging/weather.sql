/*---
description: The weather at New York's airports, one row for each airport and hour.
primary_key: [airport, hour_utc]
columns:
  airport: varchar
  hour_utc: timestamp
  temperature:
    type: decimal(5,2)
    description: Degrees Fahrenheit.
  wind_speed:
    type: decimal(6,2)
    description: Miles an hour; missing where the instrument cannot be believed.
  rain:
    type: decimal(4,2)
    description: Inches within the hour, melted where it fell as snow.
  visibility:
    type: decimal(5,2)
    description: Miles; the instruments see no farther than ten.
---*/

WITH typed AS (
    SELECT
        origin AS airport,
        CAST(time_hour AS TIMESTAMP) AS hour_utc,
        CAST(temp AS DECIMAL(5, 2)) AS temperature,
        CAST(wind_speed AS DECIMAL(6, 2)) AS wind_speed,
        CAST(precip AS DECIMAL(4, 2)) AS rain,
        CAST(visib AS DECIMAL(5, 2)) AS visibility
    FROM raw.weather
)

SELECT
    airport,
    hour_utc,
    temperature,
    -- Newark reports 1048 miles an hour for one morning in February. The strongest gust ever
    -- measured outside a tornado had 253.
    CASE WHEN wind_speed <= 253 THEN wind_speed END AS wind_speed,
    rain,
    visibility
FROM typed
