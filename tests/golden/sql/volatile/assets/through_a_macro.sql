SELECT age_of(DATE '2024-01-01') AS days
