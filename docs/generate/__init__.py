"""The reference, written from what it describes: `python -m docs.generate` makes docs/reference."""
