"""Several projects behind one door: opened apart, and shown side by side."""
