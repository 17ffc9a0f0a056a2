/*---
description: Airports with their place on the map.
kind: view
primary_key: [airport]
checks:
  - between: {latitude: [-90, 90], longitude: [-180, 180]}
columns:
  airport:
    type: varchar
    description: FAA code, as flights carry it.
  airport_name: varchar
  latitude: double
  longitude: double
  feet_above_sea: integer
  time_zone:
    type: varchar
    description: Name in the time zone database; missing for two airports.
---*/

SELECT
    faa AS airport,
    name AS airport_name,
    CAST(lat AS DOUBLE) AS latitude,
    CAST(lon AS DOUBLE) AS longitude,
    CAST(alt AS INTEGER) AS feet_above_sea,
    tzone AS time_zone
FROM raw.airports
-- The register holds one airport in New Hampshire with its latitude and longitude exchanged, beyond
-- the polar circle. No flight of ours goes there; a map would still show it.
WHERE NOT (faa = 'EEN' AND CAST(lat AS DOUBLE) > 72)
