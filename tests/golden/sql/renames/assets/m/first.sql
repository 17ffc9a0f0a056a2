/*---
was: m.gone
---*/
SELECT 3 AS three
