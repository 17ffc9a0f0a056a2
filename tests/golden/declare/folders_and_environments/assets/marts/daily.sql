SELECT 1 AS status
