SELECT count(*) AS orders
FROM stg.orders
