/*---
columns:
  customer_id: {references: broken.customer_id}
---*/
SELECT id, customer_id FROM raw.orders
