"""Python files: what a worker told of them, as definitions."""
