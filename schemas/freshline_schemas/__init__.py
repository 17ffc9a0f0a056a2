"""The published JSON Schemas of what people and programs write for Freshline, or read from it."""
