/*---
description: What the roastery sold, day by day.
---*/

SELECT
    order_date,
    count(*) AS orders,
    sum(kilograms) AS kilograms,
    sum(amount) AS revenue
FROM staging.orders
WHERE status <> 'cancelled'
GROUP BY order_date
ORDER BY order_date
