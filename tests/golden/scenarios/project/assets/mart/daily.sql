SELECT order_date, sum(amount) AS revenue, count(*) AS orders
FROM int.enriched
GROUP BY order_date
