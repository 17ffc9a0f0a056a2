"""The asset catalog: the event log and the tables folded from it."""
