SELECT country, sum(amount) AS revenue
FROM int.enriched
GROUP BY country
