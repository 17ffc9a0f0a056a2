/*---
description: One row per order, cleaned.
tags: [staging]
columns:
  order_id: bigint!
  amount:
    type: decimal(18,2)
    description: In euro.
---*/
SELECT order_id, amount
FROM raw.orders
WHERE amount >= ${var.min_amount}
