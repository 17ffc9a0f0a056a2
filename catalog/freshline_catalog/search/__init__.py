"""Search over a survey's entries: an index that is written with them, and questions to it."""
