select id, customer_id as ID from raw.orders
