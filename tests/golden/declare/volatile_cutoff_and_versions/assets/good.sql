/*---
volatile: hour
cutoff: {round: 1e-9}
preview: true
---*/
SELECT 1 AS a
