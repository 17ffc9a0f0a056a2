from lib.churn import score

LIMIT = int("many")
rows = score
