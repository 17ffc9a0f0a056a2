SELECT
    o.order_id,
    o.customer_id,
    c.country,
    o.amount,
    o.status,
    o.order_date
FROM stg.orders AS o
LEFT JOIN stg.customers AS c ON o.customer_id = c.customer_id
WHERE o.status <> 'cancelled'
