SELECT DISTINCT country
FROM stg.customers
