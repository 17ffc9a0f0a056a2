"""The API where no page stands behind it: what happens, as it happens, and what the API is."""
