/*---
description: Here.
---*/
SELECT 1 AS one
