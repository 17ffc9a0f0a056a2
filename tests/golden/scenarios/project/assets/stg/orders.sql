/*---
kind: view
description: Orders with one spelling for each status.
---*/
SELECT
    order_id,
    customer_id,
    lower(status) AS status,
    amount,
    CAST(ordered_at AS DATE) AS order_date,
    note
FROM raw.orders
