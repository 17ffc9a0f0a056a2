"""Lineage drawn: a layered layout from left to right, and the pictures made of it."""
