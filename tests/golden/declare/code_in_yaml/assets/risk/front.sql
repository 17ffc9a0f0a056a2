/*---
run: lib.churn:score
limits: {memory: 2GiB}
inputs: [marts.ltv]
---*/
SELECT 1 AS one
