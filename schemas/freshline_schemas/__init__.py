"""The published JSON Schemas of everything people and programs write for Freshline or read from it."""
