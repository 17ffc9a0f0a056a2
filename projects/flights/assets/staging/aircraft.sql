/*---
description: >
  The airliners of the register, one row for each tail number, with the year they were built in.
  American and Envoy report numbers of their own for most flights; now and then such a number is
  the tail number of somebody's small aeroplane, and those are left out.
kind: view
primary_key: [tail_number]
checks:
  - rows: {min: 3000}
columns:
  tail_number:
    type: varchar
    description: As flights carry it.
    matches: 'N[0-9A-Z]+'
  built_in:
    type: integer
    description: Year; missing where the register has none, or one that cannot be.
    between: [1970, 2013]
  maker:
    type: varchar!
    description: Under one name, however the register spells it.
    in: [Airbus, Boeing, Bombardier, Embraer, McDonnell Douglas]
  model: varchar
---*/

WITH typed AS (
    SELECT
        tailnum AS tail_number,
        CAST(year AS INTEGER) AS built_in,
        CASE
            WHEN manufacturer LIKE 'AIRBUS%' THEN 'Airbus'
            WHEN manufacturer = 'BOEING' THEN 'Boeing'
            WHEN manufacturer IN ('BOMBARDIER INC', 'CANADAIR') THEN 'Bombardier'
            WHEN manufacturer = 'EMBRAER' THEN 'Embraer'
            WHEN manufacturer LIKE 'MCDONNELL DOUGLAS%' THEN 'McDonnell Douglas'
        END AS maker,
        model
    FROM raw.planes
)

SELECT
    tail_number,
    -- One 737-500 is said to be of 1965, two years before the first 737 flew.
    CASE WHEN NOT (model LIKE '737-%' AND built_in < 1967) THEN built_in END AS built_in,
    maker,
    model
FROM typed
-- Kit planes, helicopters and a freighter of 1956: nobody flew from JFK to Miami in a Cessna 150.
WHERE maker IS NOT NULL
