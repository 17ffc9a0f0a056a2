"""What is stale, why, and in which order to mend it."""
