/*---
refresh: */15 * * * *
---*/
SELECT 1 AS one
