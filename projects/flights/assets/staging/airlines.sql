/*---
description: The airlines under the names that people call them by.
kind: view
primary_key: [carrier]
columns:
  carrier:
    type: varchar
    description: Two-letter code, as flights carry it.
    matches: '[0-9A-Z]{2}'
  airline:
    type: varchar
    description: The name without the form of the company.
---*/

SELECT
    carrier,
    regexp_replace(name, ' (Inc\.|Co\.|Corporation)$', '') AS airline
FROM raw.airlines
