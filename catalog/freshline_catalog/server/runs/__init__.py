"""What runs did, as the log tells it: their steps, their chart, and what they said meanwhile."""
