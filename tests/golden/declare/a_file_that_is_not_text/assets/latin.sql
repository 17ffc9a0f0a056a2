-- Umsatz je Straﬂe
SELECT 1 AS one
