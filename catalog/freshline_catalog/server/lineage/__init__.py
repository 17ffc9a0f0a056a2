"""Lineage as people look at it: what is near, what is drawn of it, and what breaks."""
