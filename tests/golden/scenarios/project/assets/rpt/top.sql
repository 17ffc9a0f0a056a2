SELECT customer_id, ltv
FROM mart.ltv
ORDER BY ltv DESC, customer_id
LIMIT 10
