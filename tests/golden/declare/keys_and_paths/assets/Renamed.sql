/*---
key: marts.renamed
---*/
SELECT 1 AS one
