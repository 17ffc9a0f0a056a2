/*---
volatile: hour
cutoff: {round: 1e-9}
---*/
SELECT 1 AS a
