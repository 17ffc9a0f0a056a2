/*---
was: m.gone
---*/
SELECT 4 AS four
