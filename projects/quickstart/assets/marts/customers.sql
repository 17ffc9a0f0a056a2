/*---
description: What each cafe bought, and which coffee it likes best.
primary_key: [customer_id]
---*/

SELECT
    customer_id,
    name,
    city,
    count(*) AS orders,
    sum(amount) AS revenue,
    -- The name decides where two coffees were ordered equally often.
    mode(coffee ORDER BY coffee) AS favourite_coffee,
    max(order_date) AS last_order
FROM staging.orders
JOIN raw.customers USING (customer_id)
WHERE status <> 'cancelled'
GROUP BY customer_id, name, city
ORDER BY revenue DESC
