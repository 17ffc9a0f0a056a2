"""A plan carried out: runs, steps, the SQL engine, recovery, views."""
