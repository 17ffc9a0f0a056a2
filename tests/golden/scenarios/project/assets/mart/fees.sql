SELECT order_id, euros(amount) AS fee
FROM int.enriched
