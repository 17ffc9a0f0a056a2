SELECT *
FROM int.enriched
