/*---
kind: view
---*/
SELECT id, current_date AS built_at FROM stamp
