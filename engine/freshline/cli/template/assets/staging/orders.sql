/*---
description: One row for each order, with exact types and one spelling for each status.
tags: [staging]
primary_key: [order_id]
columns:
  order_id: bigint
  customer_id:
    type: bigint
    references: raw.customers.customer_id
  order_date: date!
  coffee: varchar
  kilograms: decimal(6,1)
  amount:
    type: decimal(10,2)
    description: What the order is worth, in euros.
    between: [0, 1000]
    severity: warn
  status:
    type: varchar!
    in: [new, paid, cancelled]
---*/

SELECT
    order_id,
    customer_id,
    CAST(ordered_at AS DATE) AS order_date,
    coffee,
    CAST(kilograms AS DECIMAL(6, 1)) AS kilograms,
    CAST(kilograms * price_per_kilogram AS DECIMAL(10, 2)) AS amount,
    lower(status) AS status
FROM raw.orders
