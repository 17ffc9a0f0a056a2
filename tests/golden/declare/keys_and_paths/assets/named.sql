/*---
key: Marts.Daily
---*/
SELECT 1 AS one
