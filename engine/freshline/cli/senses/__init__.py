"""What sensors look at, fetched: files, other catalogs, queries, functions."""
