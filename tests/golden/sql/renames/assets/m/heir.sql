/*---
was: m.kept
---*/
SELECT 2 AS two
