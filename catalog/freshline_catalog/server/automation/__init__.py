"""Automation as pages and API see it: the queue, what moves it, and what was decided."""
