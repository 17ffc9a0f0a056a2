/*---
description: From data/*.csv.
---*/
SELECT 1 AS one
