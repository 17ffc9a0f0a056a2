/*---
was: m.former
---*/
SELECT 6 AS six
