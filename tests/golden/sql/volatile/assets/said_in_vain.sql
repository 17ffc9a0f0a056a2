/*---
volatile: hour
---*/
SELECT id FROM stamp
