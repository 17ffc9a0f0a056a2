/*---
lifecycle: deprecated
owner: ada
---*/
SELECT 2 AS id
