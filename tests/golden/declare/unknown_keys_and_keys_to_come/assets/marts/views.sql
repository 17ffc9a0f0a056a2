/*---
kind: history
sql: SELECT 2
---*/
SELECT 1 AS one
