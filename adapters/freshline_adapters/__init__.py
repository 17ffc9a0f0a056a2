"""Storages: where versions live."""
