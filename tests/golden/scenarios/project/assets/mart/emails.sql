SELECT customer_id, email
FROM stg.customers
WHERE email IS NOT NULL
