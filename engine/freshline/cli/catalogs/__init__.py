"""Catalogs of several teams: what is asked of others, and what is handed over to them."""
