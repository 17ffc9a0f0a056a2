"""Files of sources: fetched, made ready for DuckDB, read, and their values cast."""
