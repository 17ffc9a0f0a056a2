/*---
kind: view
---*/
SELECT customer_id, name, country, email
FROM raw.customers
