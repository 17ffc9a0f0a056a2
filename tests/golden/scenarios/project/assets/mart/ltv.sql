SELECT customer_id, sum(amount) AS ltv
FROM int.enriched
GROUP BY customer_id
HAVING count(*) >= ${var.fewest}
