"""Declare: the text of a project's files becomes checked definitions, and every finding at once."""
