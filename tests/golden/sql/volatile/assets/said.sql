/*---
volatile: day
---*/
SELECT current_date AS today
