"""Kits and fakes for those who write storages, event logs and tests; public."""
