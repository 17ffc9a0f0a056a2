/*---
was: m.itself
---*/
SELECT 5 AS five
