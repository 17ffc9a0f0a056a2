"""Locations at work: their interpreters, the processes that run their code, what those say."""
